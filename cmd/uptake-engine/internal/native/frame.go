package native

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/go-faster/city"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// A frame is a checksum of 16 bytes, the method, the length of all after the
// checksum, the length of the data, and the compressed data.
const (
	frameHeader   = 25
	frameChecksum = 16
	frameLimit    = 128 << 20

	// zstdWindow is what the usual encoders take at most.
	zstdWindow = 8 << 20

	methodNone = 0x02
	methodLZ4  = 0x82
	methodZSTD = 0x90
)

// frameReader gives the data of one compressed frame after the other.
type frameReader struct {
	raw    *bufio.Reader
	frame  []byte
	data   []byte
	unread []byte
	zstd   *zstd.Decoder
}

func (r *frameReader) ReadByte() (byte, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	b := r.unread[0]
	r.unread = r.unread[1:]
	return b, nil
}

func (r *frameReader) Read(into []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(into, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

func (r *frameReader) fill() error {
	for len(r.unread) == 0 {
		if err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

func (r *frameReader) next() error {
	head, err := readBytes(r.raw, frameHeader, r.frame[:0])
	if err != nil {
		return err
	}
	packed := int64(binary.LittleEndian.Uint32(head[17:])) - (frameHeader - frameChecksum)
	size := int64(binary.LittleEndian.Uint32(head[21:]))
	if packed < 0 || packed > frameLimit || size > frameLimit {
		return malformed("a frame of %d bytes for %d, limit %d", packed, size, frameLimit)
	}
	if r.frame, err = readBytes(r.raw, int(packed), head); err != nil {
		return err
	}
	sum := city.CH128(r.frame[frameChecksum:])
	if sum.Low != binary.LittleEndian.Uint64(r.frame) || sum.High != binary.LittleEndian.Uint64(r.frame[8:]) {
		return malformed("the checksum of a frame is wrong")
	}
	return r.unpack(r.frame[frameChecksum], r.frame[frameHeader:], int(size))
}

func (r *frameReader) unpack(method byte, packed []byte, size int) (err error) {
	switch method {
	case methodNone:
		r.data = append(r.data[:0], packed...)
	case methodLZ4:
		err = r.unpackLZ4(packed, size)
	case methodZSTD:
		err = r.unpackZSTD(packed, size)
	default:
		return malformed("compression method 0x%02x", method)
	}
	if err != nil {
		return malformed("a frame cannot be unpacked: %v", err)
	}
	if len(r.data) != size {
		return malformed("a frame holds %d bytes instead of %d", len(r.data), size)
	}
	r.unread = r.data
	return nil
}

func (r *frameReader) unpackLZ4(packed []byte, size int) error {
	// LZ4 makes at most 255 bytes of one, so a claim beyond that is false.
	if size > 255*len(packed) {
		return lz4.ErrInvalidSourceShortBuffer
	}
	if cap(r.data) < size {
		r.data = make([]byte, size)
	}
	n, err := lz4.UncompressBlock(packed, r.data[:size])
	r.data = r.data[:max(n, 0)]
	return err
}

// unpackZSTD reads the frame as a stream, which grows as data comes instead of
// by what the frame claims of itself.
func (r *frameReader) unpackZSTD(packed []byte, size int) (err error) {
	if r.zstd == nil {
		r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return err
		}
	}
	if err := r.zstd.Reset(bytes.NewReader(packed)); err != nil {
		return err
	}
	if r.data, err = readBytes(r.zstd, size, r.data[:0]); err != nil {
		return err
	}
	if rest, _ := r.zstd.Read(make([]byte, 1)); rest > 0 {
		return errors.New("it holds more than it says")
	}
	return nil
}

// release gives large buffers back when a statement has ended.
func (r *frameReader) release() {
	if cap(r.frame) > 1<<20 {
		r.frame = nil
	}
	if cap(r.data) > 1<<20 {
		r.data = nil
	}
}

var _ io.ByteReader = (*frameReader)(nil)
