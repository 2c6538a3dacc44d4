package receiver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// route answers the requests of one endpoint over one protocol.
type route struct {
	front      *Front
	protocol   protocol
	path       string
	name       string
	endpoint   Endpoint
	extensions bool
}

// finishTimeout bounds the wait for the disk.
const finishTimeout = 20 * time.Second

// writeTimeout bounds how long a sender may take to read its answer.
const writeTimeout = 10 * time.Second

// lingerTimeout and lingerBytes bound how long and how much of a refused body is
// still read: many senders look for the answer only when they have sent all.
const (
	lingerTimeout = 2 * time.Second
	lingerBytes   = 128 << 20
)

const retryAfter = time.Second

func (t *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	extension := isExtension(r.Header.Get("Origin"))
	if t.extensions && t.cors(w, r, extension) {
		return
	}
	answer := t.answer(w, r, begun, extension && t.extensions)
	t.protocol.write(w, answer)
	t.front.metrics.observe(t.name, answer.Status, time.Since(begun))
	if w.Header().Get("Connection") == "close" {
		linger(w, r)
	}
}

// answer runs the request through its gates; each returns the answer that ends it.
func (t *route) answer(w http.ResponseWriter, r *http.Request, begun time.Time, extension bool) (answer Answer) {
	contentType, spoken := t.protocol.contentType(r.Header)
	sender, refused := t.admit(w, r, contentType, spoken)
	if refused != nil {
		return *refused
	}
	request := &Request{ContentType: contentType, Sender: sender, FromExtension: extension, Received: t.front.now(), Passage: t.front.passage(r.Header, begun)}
	defer func() { request.Passage.end(t, answer.Status) }()
	held := t.front.budget.hold()
	defer held.release()
	finish, err := t.take(w, r, request, held)
	if err != nil {
		return t.refuse(w, contentType, err)
	}
	// A sender that goes away now gets no answer, but its events are kept.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTimeout)
	defer cancel()
	return finish(ctx)
}

// take reads, inflates and decodes the body. Its memory is free again when it returns.
func (t *route) take(w http.ResponseWriter, r *http.Request, request *Request, held *hold) (func(context.Context) Answer, error) {
	passage := request.Passage
	wire := getBuffer()
	defer wire.put()
	begun := passage.Now()
	encoding, err := t.readBody(w, r, wire, held)
	passage.received(begun, wire, encoding)
	if err != nil {
		return nil, err
	}
	begun = passage.Now()
	err = t.front.slot(r.Context())
	passage.pass(stageWait, begun)
	if err != nil {
		return nil, err
	}
	defer func() { <-t.front.slots }()
	begun = passage.Now()
	body, err := t.front.inflater.inflate(encoding, wire, held)
	passage.inflated(begun, body)
	if err != nil {
		return nil, err
	}
	defer body.put()
	request.Body = body.bytes
	return t.decode(request)
}

// slot waits for a place to decode, which is free as soon as a CPU is.
func (f *Front) slot(ctx context.Context) error {
	select {
	case f.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errDecoder = errors.New("the decoder failed")

// decode guards the process against a fault in a decoder: the request fails alone.
func (t *route) decode(request *Request) (finish func(context.Context) Answer, err error) {
	begun := request.Passage.Now()
	defer func() {
		request.Passage.pass(stageDecode, begun)
		if request.Own {
			t.front.metrics.own.Inc()
			request.Passage.forget()
		}
		if fault := recover(); fault != nil {
			t.front.metrics.panics.Inc()
			t.front.log.Error("a decoder failed on a request", "endpoint", t.name, "bytes", len(request.Body))
			err = errDecoder
		}
	}()
	return t.endpoint.Decode(request), nil
}

// admit checks what is known before the body is read.
func (t *route) admit(w http.ResponseWriter, r *http.Request, contentType string, spoken bool) (sender Sender, refused *Answer) {
	refuse := func(status int, message string) (Sender, *Answer) {
		t.protocol.abandon(w.Header())
		answer := t.endpoint.Refusal(contentType, status, message)
		return Sender{}, &answer
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return refuse(http.StatusMethodNotAllowed, "send with POST")
	}
	secret, bearer := bearerToken(r.Header)
	sender, valid := t.front.authorize(secret)
	switch {
	case !bearer || !valid:
		w.Header().Set("WWW-Authenticate", `Bearer realm="uptake"`)
		return refuse(http.StatusUnauthorized, "send a valid token as Authorization: Bearer TOKEN")
	case !sender.MaySend:
		return refuse(http.StatusForbidden, "the token has another scope; sending wants one of the scope ingest")
	case !spoken || !t.endpoint.Accepts(contentType):
		return refuse(http.StatusUnsupportedMediaType, "the content type is none that is taken here")
	}
	return sender, nil
}

func bearerToken(h http.Header) (string, bool) {
	scheme, secret, found := strings.Cut(h.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	secret = strings.TrimSpace(secret)
	return secret, secret != ""
}

// refuse translates a failure into an answer, in this one place.
func (t *route) refuse(w http.ResponseWriter, contentType string, err error) Answer {
	status, message := http.StatusBadRequest, "the body cannot be read"
	switch {
	case errors.Is(err, errTooLarge):
		status, message = http.StatusRequestEntityTooLarge, "the body is larger than is taken at once; send smaller batches"
	case errors.Is(err, errUnknownEncoding):
		status, message = http.StatusUnsupportedMediaType, "the encoding of the body must be identity, gzip, zstd or deflate"
	case errors.Is(err, errBusy), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		status, message = http.StatusServiceUnavailable, "too much is under way; send it again in a moment"
	case errors.Is(err, errSlow):
		status, message = http.StatusRequestTimeout, "the body came too slowly"
	case errors.Is(err, errEncoding):
		message = "the body is not what its content encoding says"
	case errors.Is(err, errDecoder):
		status, message = http.StatusInternalServerError, "the body could not be decoded"
	}
	t.protocol.abandon(w.Header())
	answer := t.endpoint.Refusal(contentType, status, message)
	if status == http.StatusServiceUnavailable && answer.RetryAfter == 0 {
		answer.RetryAfter = retryAfter
	}
	return answer
}

// linger gets the answer out and passes over the rest of the body. Closed with
// bytes unread, the connection would be reset and the answer lost with it.
func linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.Flush()
	_ = control.SetReadDeadline(time.Now().Add(lingerTimeout))
	_, _ = io.CopyN(io.Discard, r.Body, lingerBytes)
}
