package publish

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Verifier judges the token of a request: http.StatusOK lets it read,
// http.StatusUnauthorized says that it is missing, unknown, revoked or expired,
// http.StatusForbidden that it is for something else. A function will do.
type Verifier interface {
	VerifyRead(token string) (status int)
}

// VerifierFunc is a function that verifies.
type VerifierFunc func(token string) (status int)

// VerifyRead calls the function.
func (f VerifierFunc) VerifyRead(token string) int { return f(token) }

// HandlerDeps is what the API needs.
type HandlerDeps struct {
	Conn     driver.Conn
	Logger   *slog.Logger
	Verifier Verifier
	// Metrics are the names that the filter "metric" knows.
	Metrics []string
	// Definitions is what /api/v1/definitions answers.
	Definitions any
}

// NewHandler serves GET /api/v1/figures and /api/v1/definitions.
func NewHandler(deps HandlerDeps) http.Handler {
	h := &handler{deps}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/figures", h.figures)
	mux.HandleFunc("GET /api/v1/definitions", h.definitions)
	return h.verified(mux)
}

type handler struct{ HandlerDeps }

// verified asks for a token before anything else is looked at.
func (h *handler) verified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		status := http.StatusUnauthorized
		if strings.EqualFold(scheme, "Bearer") && token != "" {
			status = h.Verifier.VerifyRead(strings.TrimSpace(token))
		}
		switch status {
		case http.StatusOK:
			next.ServeHTTP(w, r)
		case http.StatusForbidden:
			refuse(w, status, "the token has another scope than read")
		default:
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, "a valid token with the scope read is wanted")
		}
	})
}

func (h *handler) figures(w http.ResponseWriter, r *http.Request) {
	parameters := map[string]string{}
	for name, values := range r.URL.Query() {
		if len(values) > 1 {
			refuse(w, http.StatusBadRequest, name+": given twice")
			return
		}
		parameters[name] = values[0]
	}
	filter, err := ParseFilter(parameters, h.Metrics)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	out := &array{w: w}
	if err := Each(r.Context(), h.Conn, filter, out.add); err != nil {
		h.failed(w, r, err, out.begun)
		return
	}
	out.end()
}

// array writes a JSON array element by element, so that an answer of any
// length takes little memory.
type array struct {
	w     http.ResponseWriter
	begun bool
}

func (a *array) add(r Row) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	lead := ",\n"
	if !a.begun {
		a.begin()
		lead = ""
	}
	_, err = a.w.Write(append([]byte(lead), text...))
	return err
}

func (a *array) begin() {
	a.begun = true
	a.w.Header().Set("Content-Type", "application/json")
	// The status is out: a reader that went away is all that can fail.
	_, _ = io.WriteString(a.w, "[")
}

func (a *array) end() {
	if !a.begun {
		a.begin()
	}
	_, _ = io.WriteString(a.w, "]\n")
}

func (h *handler) definitions(w http.ResponseWriter, _ *http.Request) { answer(w, h.Definitions) }

// failed says that the tables cannot be read now; the reason goes to the log.
// An answer that has begun is cut off, so that nobody takes it for whole.
func (h *handler) failed(w http.ResponseWriter, r *http.Request, err error, begun bool) {
	if r.Context().Err() == nil {
		h.Logger.Error("figures cannot be read", "error", err)
	}
	if begun {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Retry-After", "5")
	refuse(w, http.StatusServiceUnavailable, "the tables cannot be read now")
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	// The status is out: a reader that went away is all that can fail.
	_ = encoder.Encode(body)
}

func refuse(w http.ResponseWriter, status int, problem string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": problem})
}
