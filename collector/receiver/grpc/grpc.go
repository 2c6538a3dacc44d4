// Package grpc is the envelope of gRPC's unary calls on HTTP/2: five bytes
// before the message of a request, and a status after that of an answer.
//
// It promises
//   - that it knows how long a message claims to be before any of it is read,
//     and that memory grows with what has arrived alone;
//   - that a body of anything but one whole message is an error;
//   - that an answer is either a message and the status OK, or another status
//     and no message.
//
// Connections, streams, deadlines and flow control are those of net/http. A call
// is thus admitted, paced, bounded and inflated by the same code as a request of
// OTLP/HTTP, which a server of its own would have to repeat.
package grpc

import (
	"encoding/binary"
	"errors"
	"io"
)

// Content types of calls. The second says what the first means.
const (
	ContentType      = "application/grpc"
	ProtoContentType = "application/grpc+proto"
)

// prefixBytes come before a message: whether it is compressed, and its length.
const prefixBytes = 5

var (
	errPrefix = errors.New("grpc: no message is marked so")
	errMore   = errors.New("grpc: more than one message")
)

// Message reads the one message of a call.
type Message struct {
	// Compressed says that it is in the encoding that the headers name.
	Compressed bool
	// Length is what it claims to be.
	Length int64

	from io.Reader
	left int64
}

// Open reads what comes before the message.
func Open(body io.Reader) (*Message, error) {
	var prefix [prefixBytes]byte
	if _, err := io.ReadFull(body, prefix[:]); err != nil {
		return nil, err
	}
	if prefix[0] > 1 {
		return nil, errPrefix
	}
	length := int64(binary.BigEndian.Uint32(prefix[1:]))
	return &Message{Compressed: prefix[0] == 1, Length: length, from: body, left: length}, nil
}

// Read reads the message and ends with it.
func (m *Message) Read(b []byte) (int, error) {
	if m.left == 0 {
		return 0, m.end()
	}
	n, err := m.from.Read(b[:min(int64(len(b)), m.left)])
	m.left -= int64(n)
	if err == io.EOF && m.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// end returns io.EOF where nothing follows the message.
func (m *Message) end() error {
	var more [1]byte
	n, err := io.ReadFull(m.from, more[:])
	if n > 0 {
		return errMore
	}
	return err
}
