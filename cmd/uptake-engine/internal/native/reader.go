// Package native speaks the server's side of ClickHouse's native TCP protocol
// at revision 54453: packets in and out, compressed frames, and the borders of
// data blocks.
//
// It promises: nothing is allocated by a length that a peer only claims, each
// length has a limit, bytes of blocks pass through unchanged, and malformed
// input ends in an error that wraps ErrMalformed, never in a panic.
package native

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Revision is what the server answers. It is the highest at which a block of
// the Native format is a block of the protocol, so that blocks need no decoding.
const Revision = 54453

// ErrMalformed is wrapped by errors about bytes that are no valid packet. The
// stream cannot be read on after one.
var ErrMalformed = errors.New("malformed packet")

func malformed(format string, arguments ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, arguments...))
}

// source is a stream of bytes that are read one by one and in pieces.
type source interface {
	io.Reader
	io.ByteReader
}

// Reader decodes what a client sends. It is for one goroutine at a time.
type Reader struct {
	raw    *bufio.Reader
	frames frameReader
}

// NewReader reads from the connection of a client.
func NewReader(connection io.Reader) *Reader {
	raw := bufio.NewReaderSize(connection, 32<<10)
	return &Reader{raw: raw, frames: frameReader{raw: raw}}
}

// pieceBytes is how much memory is taken before the bytes for it have come.
const pieceBytes = 64 << 10

func readByte(from source) (byte, error) {
	b, err := from.ReadByte()
	return b, wrapEnd(err)
}

// wrapEnd makes the end of the stream inside a packet an unexpected one.
func wrapEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func readUvarint(from source) (uint64, error) {
	var value uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b, err := readByte(from)
		if err != nil {
			return 0, err
		}
		value |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return value, nil
		}
	}
	return 0, malformed("a number has more than 64 bits")
}

func readString(from source, limit uint64) (string, error) {
	length, err := readUvarint(from)
	if err != nil {
		return "", err
	}
	if length > limit {
		return "", malformed("a text of %d bytes, limit %d", length, limit)
	}
	data, err := readBytes(from, int(length), nil)
	return string(data), err
}

// readBytes appends length bytes to data, growing only as they come.
func readBytes(from io.Reader, length int, data []byte) ([]byte, error) {
	for length > 0 {
		piece := min(length, max(pieceBytes, len(data)))
		end := len(data)
		data = append(data, make([]byte, piece)...)
		if _, err := io.ReadFull(from, data[end:]); err != nil {
			return nil, wrapEnd(err)
		}
		length -= piece
	}
	return data, nil
}

func readUint64(from io.Reader) (uint64, error) {
	var word [8]byte
	_, err := io.ReadFull(from, word[:])
	return binary.LittleEndian.Uint64(word[:]), wrapEnd(err)
}

func skip(from io.Reader, count int64) error {
	_, err := io.CopyN(io.Discard, from, count)
	return wrapEnd(err)
}
