package receiver

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

var (
	errTooLarge = errors.New("body too large")
	errSlow     = errors.New("body too slow")
	errBusy     = errors.New("too many bytes in flight")
	errBody     = errors.New("body cannot be read")
)

// buffer is a body in memory that is used again.
type buffer struct {
	bytes []byte
	// borrowed bytes are another buffer's to put back.
	borrowed bool
}

const (
	// smallBytes is the size of most buffers, largeBytes that of the largest
	// kept for reuse: a larger one is given back to the runtime.
	smallBytes = 32 << 10
	largeBytes = 2 << 20
)

// Small and large buffers are kept apart, so that a small request does not hold
// the memory of a large one.
var (
	smallBuffers = sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, smallBytes)} }}
	largeBuffers sync.Pool
)

func getBuffer() *buffer { return smallBuffers.Get().(*buffer) }

func (b *buffer) put() {
	size := cap(b.bytes)
	if b.borrowed || size > largeBytes {
		return
	}
	b.bytes = b.bytes[:0]
	if size > smallBytes {
		largeBuffers.Put(b)
	} else {
		smallBuffers.Put(b)
	}
}

// grow makes room for more than b holds, up to most, and takes it from the
// budget. Doubling beyond most would ask the budget for bytes that no body may have.
func (b *buffer) grow(most int64, held *hold) error {
	had := cap(b.bytes)
	if had == smallBytes {
		if large, _ := largeBuffers.Get().(*buffer); large != nil && b.moveTo(large, held) {
			return nil
		}
	}
	size := min(2*had, int(most))
	if !held.take(int64(size - had)) {
		return errBusy
	}
	b.bytes = append(make([]byte, 0, size), b.bytes...)
	return nil
}

// moveTo goes on in a larger buffer, where the budget has room for it.
func (b *buffer) moveTo(large *buffer, held *hold) bool {
	if !held.take(int64(cap(large.bytes) - cap(b.bytes))) {
		large.put()
		return false
	}
	small := &buffer{bytes: b.bytes}
	b.bytes = append(large.bytes[:0], b.bytes...)
	small.put()
	return true
}

// fill reads all of r. It grows with what has arrived, never with what was
// announced, and takes each growth from the budget.
func (b *buffer) fill(r io.Reader, most int64, held *hold) error {
	b.bytes = b.bytes[:0]
	if !held.take(int64(cap(b.bytes))) {
		return errBusy
	}
	for {
		if len(b.bytes) == cap(b.bytes) {
			if int64(len(b.bytes)) >= most {
				return atEnd(r)
			}
			if err := b.grow(most, held); err != nil {
				return err
			}
		}
		n, err := r.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case int64(len(b.bytes)) > most:
			return errTooLarge
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// atEnd returns nil where r has nothing more. It is also what checks the sum of
// a compressed body that fills its bound.
func atEnd(r io.Reader) error {
	var more [1]byte
	switch n, err := io.ReadFull(r, more[:]); {
	case n > 0:
		return errTooLarge
	case err == io.EOF:
		return nil
	default:
		return err
	}
}

// readBody reads the message as it is on the wire, as fast as is asked of it, and
// returns its encoding.
func (t *route) readBody(w http.ResponseWriter, r *http.Request, into *buffer, held *hold) (encoding, error) {
	config := &t.front.config
	paced := &pacedReader{from: r.Body, control: http.NewResponseController(w), config: config, begun: time.Now()}
	message, e, err := t.protocol.open(r.Header, paced, r.ContentLength, config.MaxBodyBytes)
	if err == nil {
		err = into.fill(message, config.MaxBodyBytes, held)
	}
	if err == nil {
		paced.end()
	}
	t.front.metrics.bytes.Add(float64(paced.n))
	switch {
	case err == nil, errors.Is(err, errTooLarge), errors.Is(err, errBusy), errors.Is(err, errUnknownEncoding), errors.Is(err, errEncoding):
		return e, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return e, errSlow
	default:
		return e, errBody
	}
}

// pacedReader moves the connection's deadline on as bytes arrive.
type pacedReader struct {
	from    io.Reader
	control *http.ResponseController
	config  *Config
	begun   time.Time
	n       int64
}

func (p *pacedReader) Read(b []byte) (int, error) {
	earned := time.Duration(p.n) * time.Second / time.Duration(p.config.MinBodyRate)
	// Not every connection has deadlines; one that has none is a test's.
	_ = p.control.SetReadDeadline(p.begun.Add(p.config.BodyGrace + earned))
	n, err := p.from.Read(b)
	p.n += int64(n)
	return n, err
}

// end gives the connection back without a deadline.
func (p *pacedReader) end() { _ = p.control.SetReadDeadline(time.Time{}) }
