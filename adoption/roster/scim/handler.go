package scim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Prefix is the path under which everything lies.
const Prefix = "/scim/v2"

// MediaType is that of all answers.
const MediaType = "application/scim+json"

// maxBodyBytes bounds a request: a group with a hundred thousand members.
const maxBodyBytes = 16 << 20

// Deps are what the handler works with.
type Deps struct {
	Store Store
	// Verify tells by the token of a request whether it is let in: 200, 401 or 403.
	Verify     func(secret string) (status int)
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Handler serves SCIM under Prefix.
func Handler(deps Deps) http.Handler {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	return &handler{Deps: deps, metrics: newMetrics(deps.Registerer)}
}

type handler struct {
	Deps
	metrics metrics
}

// request is what is asked, its path taken apart.
type request struct {
	*http.Request
	kind Kind
	id   string
	// base is the address of Prefix as the client wrote it.
	base string
}

// answer is a success.
type answer struct {
	status   int
	body     any
	version  string
	location string
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint, id := split(r.URL.Path)
	a, err := h.answer(w, r, endpoint, id)
	var refused *Error
	switch {
	case err == nil:
	case errors.As(err, &refused):
		a = answer{status: refused.Status, body: refused.body()}
	case errors.Is(err, context.Canceled):
		a = answer{status: http.StatusServiceUnavailable}
	default:
		h.Logger.Error("a change of the directory was not taken", "error", err)
		w.Header().Set("Retry-After", "5")
		again := &Error{Status: http.StatusServiceUnavailable, Detail: "it cannot be stored now; send it again"}
		a = answer{status: again.Status, body: again.body()}
	}
	h.metrics.count(endpoint, r.Method, a.status)
	a.write(w)
}

// split takes the path apart into the endpoint and an id.
func split(path string) (endpoint, id string) {
	endpoint, id, _ = strings.Cut(strings.Trim(strings.TrimPrefix(path, Prefix), "/"), "/")
	return strings.ToLower(endpoint), id
}

func (h *handler) answer(w http.ResponseWriter, r *http.Request, endpoint, id string) (answer, error) {
	if err := h.letIn(w, r); err != nil {
		return answer{}, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
	q := request{Request: r, id: id, base: baseOf(r)}
	switch endpoint {
	case "users":
		q.kind = User
	case "groups":
		q.kind = Group
	default:
		return discover(q, endpoint)
	}
	switch {
	case id == ".search" && r.Method == http.MethodPost:
		return h.search(q)
	case id == "":
		return h.all(q)
	case strings.Contains(id, "/"):
		return answer{}, &Error{Status: http.StatusNotFound, Detail: "there is nothing at this path"}
	}
	return h.one(q)
}

func (h *handler) all(q request) (answer, error) {
	switch q.Method {
	case http.MethodGet:
		return h.list(q, q.URL.Query())
	case http.MethodPost:
		return h.create(q)
	}
	return answer{}, notAllowed
}

func (h *handler) one(q request) (answer, error) {
	switch q.Method {
	case http.MethodGet:
		return h.get(q)
	case http.MethodPut:
		return h.replace(q)
	case http.MethodPatch:
		return h.patch(q)
	case http.MethodDelete:
		if err := h.Store.Delete(q.Context(), q.kind, q.id, q.unchanged); err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusNoContent}, nil
	}
	return answer{}, notAllowed
}

var notAllowed = &Error{Status: http.StatusMethodNotAllowed, Detail: "this method is not served here"}

// letIn checks the token, before the body is read.
func (h *handler) letIn(w http.ResponseWriter, r *http.Request) error {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	status := http.StatusUnauthorized
	if strings.EqualFold(scheme, "Bearer") && secret != "" {
		status = h.Verify(strings.TrimSpace(secret))
	}
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusForbidden:
		return &Error{Status: status, Detail: "the token has another scope; make one with: uptake token create --scope scim"}
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
	return &Error{Status: http.StatusUnauthorized, Detail: "a token with the scope scim is wanted: Authorization: Bearer TOKEN"}
}

// baseOf is the address that the client sees, also behind a proxy that ends TLS.
func baseOf(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme + "://" + r.Host + Prefix
}

// object reads the body as a JSON object.
func (q request) object() (map[string]any, error) {
	body, err := q.body()
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if json.Unmarshal(body, &object) != nil || object == nil {
		return nil, refuse(invalidSyntax, "the body is no JSON object")
	}
	return object, nil
}

func (q request) body() ([]byte, error) {
	media, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if err != nil || media != MediaType && media != "application/json" {
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Detail: "Content-Type: " + MediaType + " or application/json is wanted"}
	}
	body, err := io.ReadAll(q.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "the body is too large"}
	case err != nil:
		return nil, refuse(invalidSyntax, "the body was cut short")
	}
	return body, nil
}

// unchanged refuses where the client knows another state than the current one.
func (q request) unchanged(r Resource) error {
	wanted := q.Header.Get("If-Match")
	if wanted == "" || wanted == "*" || hasTag(wanted, r.Version()) {
		return nil
	}
	return &Error{Status: http.StatusPreconditionFailed, Detail: "the resource has changed; read it again"}
}

// hasTag compares entity tags weakly.
func hasTag(header, version string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == strings.TrimPrefix(version, "W/") {
			return true
		}
	}
	return false
}

func (a answer) write(w http.ResponseWriter) {
	header := w.Header()
	if a.version != "" {
		header.Set("ETag", a.version)
	}
	if a.location != "" {
		header.Set("Location", a.location)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	b, err := json.Marshal(a.body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", MediaType)
	w.WriteHeader(a.status)
	// An error here means that the client has gone.
	_, _ = w.Write(b)
}
