// Package receivertest is the contract that every receiver keeps towards its
// senders, over HTTP and gRPC, as a test to run against one that serves.
package receivertest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/uptake-telemetry/uptake/schema"
)

// Body is one request that the receiver takes.
type Body struct {
	Name        string
	ContentType string
	Content     []byte
	// Malformed is a body of the content type that cannot be read.
	Malformed []byte
}

// Target is a receiver that serves. Its spool is staged.
type Target struct {
	URL string
	// Send is how requests are sent: Send or SendRPC.
	Send Sender
	// Token may send; ReadToken is good for something else.
	Token, ReadToken string
	// Bodies tell of the same events, each in another form.
	Bodies []Body
	// Events is how many they tell of.
	Events int
	// Canaries are words that are in the bodies and must be nowhere else.
	Canaries []string
	// Stored returns the messages that are safe, all that ever were.
	Stored func() [][]byte
	// SetFull makes the spool refuse.
	SetFull func(full bool)
	// MaxBodyBytes is the bound on inflated bodies.
	MaxBodyBytes int
}

// Run holds the receiver to its contract.
func Run(t *testing.T, target Target) {
	t.Run("every form in every compression gives the same events", target.everyForm)
	t.Run("a repeat gives the same events", target.repeat)
	t.Run("what cannot be taken is refused for good, by its status", target.refusals)
	t.Run("a body that inflates beyond the bound is refused", target.bombs)
	t.Run("a full spool asks to come back and keeps nothing", target.full)
}

// Compressions are the content encodings with what makes them.
var Compressions = map[string]func([]byte) []byte{
	"identity": func(b []byte) []byte { return b },
	"gzip": func(b []byte) []byte {
		return written(b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	},
	"deflate": func(b []byte) []byte {
		return written(b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	},
	"raw deflate": func(b []byte) []byte {
		return written(b, func(w io.Writer) io.WriteCloser {
			f, err := flate.NewWriter(w, flate.DefaultCompression)
			must(err)
			return f
		})
	},
	"zstd": func(b []byte) []byte {
		return written(b, func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			must(err)
			return z
		})
	},
}

func written(b []byte, writer func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := writer(&out)
	_, err := w.Write(b)
	must(err)
	must(w.Close())
	return out.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Sender sends a request and says in the words of HTTP what came back.
type Sender func(method, url, contentType, encoding, token string, content []byte) (Answer, error)

// header of a compression, whose name may say more than the header does.
func header(compression string) string { return strings.TrimPrefix(compression, "raw ") }

func (g *Target) everyForm(t *testing.T) {
	var want []string
	for _, body := range g.Bodies {
		for name, compress := range Compressions {
			before := len(g.Stored())
			answer := g.post(t, body.ContentType, header(name), g.Token, compress(body.Content))
			if answer.Status != http.StatusOK {
				t.Fatalf("%s, %s: status %d: %s", body.Name, name, answer.Status, answer.Body)
			}
			got := g.ids(t, g.Stored()[before:])
			if want == nil {
				want = got
			}
			if len(got) != g.Events || !slices.Equal(got, want) {
				t.Errorf("%s, %s: got events %v, want %d as before: %v", body.Name, name, got, g.Events, want)
			}
			g.clean(t, answer.Body)
		}
	}
	for _, message := range g.Stored() {
		g.clean(t, message)
	}
}

func (g *Target) repeat(t *testing.T) {
	body := g.Bodies[0]
	before := len(g.Stored())
	g.post(t, body.ContentType, "", g.Token, body.Content)
	once := g.ids(t, g.Stored()[before:])
	g.post(t, body.ContentType, "", g.Token, body.Content)
	if again := g.ids(t, g.Stored()[before:]); !slices.Equal(once, again) {
		t.Errorf("once %v, twice %v", once, again)
	}
}

// ids returns the distinct ids of the events, in order.
func (g *Target) ids(t *testing.T, messages [][]byte) []string {
	t.Helper()
	var ids []string
	for _, encoded := range messages {
		m, err := schema.DecodeMessage(encoded)
		if err != nil {
			t.Fatal(err)
		}
		var e schema.UsageEvent
		if m.Kind == schema.EventMessage {
			if err := e.UnmarshalVT(m.Value); err != nil {
				t.Fatal(err)
			}
			if !e.Heard {
				ids = append(ids, hex.EncodeToString(m.ID[:]))
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (g *Target) clean(t *testing.T, b []byte) {
	t.Helper()
	for _, canary := range g.Canaries {
		if bytes.Contains(b, []byte(canary)) {
			t.Errorf("%q got through", canary)
		}
	}
}

func (g *Target) refusals(t *testing.T) {
	for _, body := range g.Bodies {
		for _, tt := range []struct {
			name, contentType, encoding, token string
			content                            []byte
			want                               int
		}{
			{"no token", body.ContentType, "", "", body.Content, http.StatusUnauthorized},
			{"a wrong token", body.ContentType, "", g.Token + "x", body.Content, http.StatusUnauthorized},
			{"a token of another scope", body.ContentType, "", g.ReadToken, body.Content, http.StatusForbidden},
			{"another content type", "text/html", "", g.Token, body.Content, http.StatusUnsupportedMediaType},
			{"no content type", "", "", g.Token, body.Content, http.StatusUnsupportedMediaType},
			{"an unknown compression", body.ContentType, "br", g.Token, body.Content, http.StatusUnsupportedMediaType},
			{"two compressions", body.ContentType, "gzip, gzip", g.Token, body.Content, http.StatusUnsupportedMediaType},
			{"a body that is not its type", body.ContentType, "", g.Token, body.Malformed, http.StatusBadRequest},
			{"a body that is not its compression", body.ContentType, "gzip", g.Token, body.Content, http.StatusBadRequest},
			{"a cut compression", body.ContentType, "zstd", g.Token, Compressions["zstd"](body.Content)[:20], http.StatusBadRequest},
		} {
			before := len(g.Stored())
			answer := g.post(t, tt.contentType, tt.encoding, tt.token, tt.content)
			if answer.Status != tt.want {
				t.Errorf("%s, %s: status %d, want %d", body.Name, tt.name, answer.Status, tt.want)
			}
			if answer.Status == http.StatusUnauthorized && !strings.HasPrefix(answer.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s, %s: WWW-Authenticate is %q", body.Name, tt.name, answer.Header.Get("WWW-Authenticate"))
			}
			if len(g.Stored()) != before {
				t.Errorf("%s, %s: something was stored", body.Name, tt.name)
			}
			g.clean(t, answer.Body)
		}
	}
	if answer := g.do(t, http.MethodGet, g.Bodies[0].ContentType, "", g.Token, nil); answer.Status != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d, want 405", answer.Status)
	}
}

func (g *Target) bombs(t *testing.T) {
	zeros := make([]byte, 4*g.MaxBodyBytes)
	for name, compress := range Compressions {
		answer := g.post(t, g.Bodies[0].ContentType, header(name), g.Token, compress(zeros))
		if answer.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: status %d, want 413", name, answer.Status)
		}
	}
}

func (g *Target) full(t *testing.T) {
	g.SetFull(true)
	body := g.Bodies[0]
	before := len(g.Stored())
	answer := g.post(t, body.ContentType, "", g.Token, body.Content)
	if answer.Status != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q, want 503 and a time", answer.Status, answer.Header.Get("Retry-After"))
	}
	if len(g.Stored()) != before {
		t.Error("something was stored")
	}
	g.SetFull(false)
	if answer := g.post(t, body.ContentType, "", g.Token, body.Content); answer.Status != http.StatusOK {
		t.Errorf("with room again: status %d", answer.Status)
	}
	if got := g.ids(t, g.Stored()[before:]); len(got) != g.Events {
		t.Errorf("with room again: %d events, want %d", len(got), g.Events)
	}
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (g *Target) post(t *testing.T, contentType, encoding, token string, content []byte) Answer {
	t.Helper()
	return g.do(t, http.MethodPost, contentType, encoding, token, content)
}

func (g *Target) do(t *testing.T, method, contentType, encoding, token string, content []byte) Answer {
	t.Helper()
	a, err := g.Send(method, g.URL, contentType, encoding, token, content)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Send sends a request. A server that refuses a body may close the connection
// while it is still being sent; that is tried again.
func Send(method, url, contentType, encoding, token string, content []byte) (a Answer, err error) {
	const tries = 5
	for range tries {
		if a, err = send(method, url, contentType, encoding, token, content); err == nil {
			return a, nil
		}
	}
	return a, fmt.Errorf("send: %w", err)
}

func send(method, url, contentType, encoding, token string, content []byte) (a Answer, err error) {
	r, err := http.NewRequest(method, url, bytes.NewReader(content))
	if err != nil {
		return a, err
	}
	for name, value := range map[string]string{"Content-Type": contentType, "Content-Encoding": encoding} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	a.Status, a.Header = res.StatusCode, res.Header
	a.Body, err = io.ReadAll(res.Body)
	return a, err
}
