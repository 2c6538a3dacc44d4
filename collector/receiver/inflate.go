package receiver

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

var (
	errEncoding        = errors.New("body does not inflate")
	errUnknownEncoding = errors.New("body in another encoding")
)

type encoding uint8

const (
	identity encoding = iota
	gzipped
	zstandard
	deflated
)

// encodingNames are what traces call the encodings.
var encodingNames = [...]string{identity: "identity", gzipped: "gzip", zstandard: "zstd", deflated: "deflate"}

var encodings = map[string]encoding{
	"": identity, "identity": identity, "gzip": gzipped, "x-gzip": gzipped, "zstd": zstandard, "deflate": deflated,
}

// encodingOf returns the one encoding of a message. Encodings of encodings are
// not taken.
func encodingOf(named []string) (encoding, error) {
	name := ""
	if len(named) > 0 {
		name = strings.ToLower(strings.TrimSpace(named[0]))
	}
	e, known := encodings[name]
	if !known || len(named) > 1 {
		return identity, errUnknownEncoding
	}
	return e, nil
}

// inflater inflates bodies up to a bound.
type inflater struct {
	most int64
	zstd *zstd.Decoder
	// wide takes frames that announce a larger window than a body may be, which
	// says nothing of their size. It is bounded by the room it is given.
	wide  *zstd.Decoder
	gzips sync.Pool
	zlibs sync.Pool
	raws  sync.Pool
}

// maxWindow is the largest window of zstd that common senders can announce.
const maxWindow = 1 << 31

func newInflater(most int64) (*inflater, error) {
	// Whole bodies are decoded at once into the output, which is also the window,
	// so no window takes memory of its own.
	z, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(uint64(most)), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	wide, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	return &inflater{most: most, zstd: z, wide: wide}, nil
}

// inflate returns the body behind the encoding; for identity it is the wire's
// own buffer.
func (i *inflater) inflate(e encoding, wire *buffer, held *hold) (*buffer, error) {
	if e == identity {
		return &buffer{bytes: wire.bytes, borrowed: true}, nil
	}
	out := getBuffer()
	err := i.into(e, wire.bytes, out, held)
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, errTooLarge), errors.Is(err, errBusy):
	default:
		err = errEncoding
	}
	out.put()
	return nil, err
}

func (i *inflater) into(e encoding, wire []byte, out *buffer, held *hold) error {
	from := bytes.NewReader(wire)
	switch e {
	case gzipped:
		return i.gzip(from, out, held)
	case zstandard:
		return i.zstandard(wire, out, held)
	case deflated:
		if isZlib(wire) {
			return i.zlib(from, out, held)
		}
		return i.raw(from, out, held)
	}
	return errEncoding
}

func (i *inflater) gzip(from io.Reader, out *buffer, held *hold) error {
	r, _ := i.gzips.Get().(*gzip.Reader)
	if r == nil {
		r = new(gzip.Reader)
	}
	defer i.gzips.Put(r)
	if err := r.Reset(from); err != nil {
		return err
	}
	return out.fill(r, i.most, held)
}

func (i *inflater) zlib(from io.Reader, out *buffer, held *hold) error {
	r, _ := i.zlibs.Get().(io.ReadCloser)
	if r == nil {
		var err error
		if r, err = zlib.NewReader(from); err != nil {
			return err
		}
	} else if err := r.(zlib.Resetter).Reset(from, nil); err != nil {
		return err
	}
	defer i.zlibs.Put(r)
	return out.fill(r, i.most, held)
}

func (i *inflater) raw(from io.Reader, out *buffer, held *hold) error {
	r, _ := i.raws.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(from)
	} else if err := r.(flate.Resetter).Reset(from, nil); err != nil {
		return err
	}
	defer i.raws.Put(r)
	return out.fill(r, i.most, held)
}

func (i *inflater) zstandard(wire []byte, out *buffer, held *hold) error {
	inflated, err := i.zstd.DecodeAll(wire, out.bytes[:0])
	if errors.Is(err, zstd.ErrWindowSizeExceeded) {
		inflated, err = i.wide.DecodeAll(wire, make([]byte, 0, i.most))
	}
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || int64(len(inflated)) > i.most {
		return errTooLarge
	}
	if err != nil {
		return err
	}
	out.bytes = inflated
	// What its growth left over does not count, or a body of the bound could not fit.
	if !held.take(min(int64(cap(inflated)), i.most)) {
		return errBusy
	}
	return nil
}

// isZlib tells the two things apart that clients call deflate, by zlib's header.
func isZlib(b []byte) bool {
	return len(b) >= 2 && b[0]&0x0f == 8 && (uint(b[0])<<8|uint(b[1]))%31 == 0
}
