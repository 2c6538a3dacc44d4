// Package model is a language model that needs no network and costs nothing: it
// answers real AI clients by a script and counts what it served.
//
// It speaks Anthropic's Messages, OpenAI's Responses and Chat Completions and
// Gemini's generateContent, each as one answer or as a stream. What it says
// depends on the conversation alone, see Scripts, so a run can be repeated; what
// it counts is what the client's telemetry must say.
package model

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
)

// maxRequest is more than any client sends in a scripted conversation.
const maxRequest = 32 << 20

// Model is a running model on a loopback port.
type Model struct {
	server   http.Server
	address  string
	mu       sync.Mutex
	truth    Truth
	answered map[string]bool
	// Observe, when set before the first request, sees every request's path and
	// body and the kind of the answer.
	Observe func(path, kind string, body []byte)
}

// Start returns a model that answers until it is closed.
func Start() (*Model, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Model{address: listener.Addr().String(), truth: newTruth(), answered: map[string]bool{}}
	m.server.Handler = m
	go func() { _ = m.server.Serve(listener) }()
	return m, nil
}

// URL is where the model answers.
func (m *Model) URL() string { return "http://" + m.address }

// Close ends the model and cuts its connections.
func (m *Model) Close() error { return m.server.Close() }

// Truth returns what was served so far.
func (m *Model) Truth() Truth {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.truth.clone()
}

// ServeHTTP finds the protocol of a request by its path.
func (m *Model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return
	}
	protocol := protocolOf(r.URL.Path)
	switch {
	case protocol == nil:
		m.elsewhere(w, r.Method, r.URL.Path)
	case strings.Contains(r.URL.Path, "count"):
		answerJSON(w, http.StatusOK, object{"input_tokens": 1, "totalTokens": 1})
	default:
		m.converse(w, r.URL.Path, protocol, body)
	}
}

// converse answers one call.
func (m *Model) converse(w http.ResponseWriter, path string, protocol protocol, body []byte) {
	talk, err := protocol.read(path, body)
	if err != nil {
		answerJSON(w, http.StatusBadRequest, failure("the request cannot be read"))
		return
	}
	m.mu.Lock()
	reply := m.next(talk)
	m.truth.count(reply, protocol.usage(reply.usage))
	m.mu.Unlock()
	if m.Observe != nil {
		m.Observe(path, reply.kind, body)
	}
	if reply.status != http.StatusOK {
		answerJSON(w, reply.status, failure("scripted failure"))
		return
	}
	if !talk.stream {
		answerJSON(w, http.StatusOK, protocol.whole(talk, reply))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	protocol.stream(w, talk, reply)
}

// elsewhere answers what clients ask beside the conversation: lists of models,
// settings, health. Nothing there is what they must have.
func (m *Model) elsewhere(w http.ResponseWriter, method, path string) {
	m.mu.Lock()
	m.truth.Elsewhere[method+" "+path]++
	m.mu.Unlock()
	if strings.HasSuffix(path, "/models") {
		answerJSON(w, http.StatusOK, object{"object": "list", "data": []any{}, "models": []any{}})
		return
	}
	answerJSON(w, http.StatusNotFound, failure("nothing here"))
}

func failure(text string) object {
	return object{"type": "error", "error": object{"type": "invalid_request_error", "code": "scripted", "message": text}}
}
