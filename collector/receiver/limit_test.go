package receiver

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// packers are the encodings of a body, each with the name in its header.
var packers = map[string]func(*testing.T, []byte) (header string, packed []byte){
	"identity": func(_ *testing.T, b []byte) (string, []byte) { return "identity", b },
	"gzip": func(t *testing.T, b []byte) (string, []byte) {
		return "gzip", packed(t, b, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	},
	"zlib": func(t *testing.T, b []byte) (string, []byte) {
		return "deflate", packed(t, b, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	},
	"raw deflate": func(t *testing.T, b []byte) (string, []byte) {
		return "deflate", packed(t, b, func(w io.Writer) io.WriteCloser {
			z, _ := flate.NewWriter(w, flate.DefaultCompression) // fails for unknown levels only
			return z
		})
	},
	"zstd": func(t *testing.T, b []byte) (string, []byte) {
		return "zstd", packed(t, b, func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			if err != nil {
				t.Fatal(err)
			}
			return z
		})
	},
}

func packed(t *testing.T, b []byte, writer func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := writer(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// sizes asks for bodies of the size and returns the status.
func sizes(t *testing.T, f *fixture, name string, body []byte) int {
	t.Helper()
	header, wire := packers[name](t, body)
	res, _ := do(t, f.request(t, http.MethodPost, string(wire), "Content-Encoding", header))
	return res.StatusCode
}

func TestTheBoundOfABodyIsExactInEveryEncoding(t *testing.T) {
	f := serve(t, &echo{}, nil)
	for name := range packers {
		t.Run(name, func(t *testing.T) {
			most := int(f.config.MaxBodyBytes)
			if got := sizes(t, f, name, make([]byte, most)); got != http.StatusOK {
				t.Errorf("a body of the bound: status %d", got)
			}
			if got := sizes(t, f, name, make([]byte, most+1)); got != http.StatusRequestEntityTooLarge {
				t.Errorf("a byte more: status %d, want 413", got)
			}
			if got := sizes(t, f, name, make([]byte, 3*most)); got != http.StatusRequestEntityTooLarge {
				t.Errorf("three times the bound: status %d, want 413", got)
			}
		})
	}
}

func TestABodyThatDoesNotShrinkFitsAlone(t *testing.T) {
	f := serve(t, &echo{}, nil)
	noise := make([]byte, f.config.MaxBodyBytes-(64<<10))
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
	for name := range packers {
		if got := sizes(t, f, name, noise); got != http.StatusOK {
			t.Errorf("%s: status %d", name, got)
		}
	}
}

func TestALargeWindowIsNoLargeBody(t *testing.T) {
	f := serve(t, &echo{}, nil)
	const window, last = (27 - 10) << 3, 1
	wire := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, window, last | 5<<3, 0, 0, 's', 'm', 'a', 'l', 'l'}
	res, answer := do(t, f.request(t, http.MethodPost, string(wire), "Content-Encoding", "zstd"))
	if res.StatusCode != http.StatusOK || !strings.HasSuffix(answer, "small") {
		t.Errorf("status %d, %s", res.StatusCode, answer)
	}
}

func TestASenderThatReadsLastGetsItsRefusal(t *testing.T) {
	f := serve(t, &echo{}, nil)
	for token, want := range map[string]int{"bad": 401, "reader": 403, "good": 413} {
		c, err := net.Dial("tcp", f.address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		size := f.config.MaxBodyBytes + 1
		fmt.Fprintf(c, "POST /v1/test HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", token, size)
		if _, err := c.Write(make([]byte, size)); err != nil {
			t.Errorf("%s: the body cannot be sent: %v", token, err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", want)) {
			t.Errorf("%s: %.40q, %v, want %d", token, answer, err, want)
		}
	}
}
