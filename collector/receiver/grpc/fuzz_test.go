package grpc

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"
	"testing/iotest"
)

// FuzzMessage holds the reader to its promise: what it returns as a message is
// all of a body but its prefix.
func FuzzMessage(f *testing.F) {
	for _, body := range []string{"", "\x00\x00\x00\x00", "\x00\x00\x00\x00\x00", "\x01\x00\x00\x00\x01x", "\x00\x00\x00\x00\x01xy", "\x02\x00\x00\x00\x00", "\x00\xff\xff\xff\xffx"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		message, err := Open(iotest.OneByteReader(bytes.NewReader(body)))
		if err != nil {
			if len(body) >= prefixBytes && body[0] <= 1 {
				t.Errorf("a prefix is refused: %v", err)
			}
			return
		}
		content, err := io.ReadAll(message)
		whole := int64(len(body)-prefixBytes) == int64(binary.BigEndian.Uint32(body[1:]))
		if whole != (err == nil) || whole && !bytes.Equal(content, body[prefixBytes:]) || int64(len(content)) > message.Length {
			t.Errorf("%d bytes of %d, %v", len(content), message.Length, err)
		}
	})
}

// FuzzStatus reads statuses that nobody has written well.
func FuzzStatus(f *testing.F) {
	f.Add([]byte{1 << 3, 14, 2<<3 | 2, 1, 'x'})
	f.Add([]byte{1 << 3})
	f.Fuzz(func(_ *testing.T, status []byte) { readStatus(status) })
}
