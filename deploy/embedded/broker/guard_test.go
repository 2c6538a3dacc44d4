package broker

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestWhatIsNotKafkaIsClosed(t *testing.T) {
	b := start(t, testConfig(""))
	for name, bytes := range map[string]string{
		"a browser":              "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a length of 4 GiB":      "\xff\xff\xff\xff",
		"a length of nothing":    "\x00\x00\x00\x00",
		"a key that is not used": "\x00\x00\x00\x0a\x7f\xff\x00\x00\x00\x00\x00\x01\xff\xff",
		"rubbish in a request":   "\x00\x00\x00\x0e\x00\x03\x00\x0c\x00\x00\x00\x01\xff\xff\x7f\x7f\x7f\x7f",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", b.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.WriteString(conn, bytes); err != nil {
				t.Fatal(err)
			}
			var timeout net.Error
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the connection is not closed: %v", err)
			}
		})
	}
	produce(t, clientOf(t, b), "still there")
}

// FuzzGuard cuts the same bytes in two ways: what is let through must not
// depend on it.
func FuzzGuard(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x0a\x00\x03\x00\x00\x00\x00\x00\x01\xff\xff\x00\x00\x00\x09"))
	f.Fuzz(func(t *testing.T, b []byte) {
		whole, pieces := new(guardedConn), new(guardedConn)
		want := whole.follow(b)
		var got error
		for i := 0; i < len(b) && got == nil; i++ {
			got = pieces.follow(b[i : i+1])
		}
		if (got == nil) != (want == nil) {
			t.Errorf("in pieces %v, as a whole %v", got, want)
		}
	})
}
