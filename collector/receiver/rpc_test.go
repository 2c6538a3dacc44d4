package receiver

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// rpcEcho refuses as gRPC's endpoints do, with HTTP's own codes.
type rpcEcho struct{ echo }

func (e *rpcEcho) Refusal(_ string, status int, message string) Answer {
	body := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), uint64(status))
	body = protowire.AppendString(protowire.AppendTag(body, 2, protowire.BytesType), message)
	return Answer{Status: status, Body: body}
}

// caller calls over one connection of HTTP/2.
type caller struct {
	*fixture
	transport *http.Transport
}

func (f *fixture) caller(t *testing.T) *caller {
	c := &caller{f, &http.Transport{Protocols: new(http.Protocols)}}
	c.transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(c.transport.CloseIdleConnections)
	return c
}

// call sends the body and returns the code of the answer, and its message or details.
func (c *caller) call(t *testing.T, body io.Reader, header ...string) (code int, says string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+c.rpcAddress+"/test.Service/Send", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer good")
	r.Header.Set("Content-Type", "application/grpc")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if code, err = strconv.Atoi(res.Header.Get("Grpc-Status")); err == nil {
		details, err := base64.RawStdEncoding.DecodeString(res.Header.Get("Grpc-Status-Details-Bin"))
		if err != nil {
			t.Error(err)
		}
		return code, string(details)
	}
	if code, err = strconv.Atoi(res.Trailer.Get("Grpc-Status")); err != nil || len(answer) < 5 {
		t.Fatalf("no answer of gRPC: %v, %q, %v", res.Header, answer, res.Trailer)
	}
	return code, string(answer[5:])
}

func framed(flag byte, message string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flag}, uint32(len(message))), message...)
}

func TestAnEnvelopeHoldsOneMessage(t *testing.T) {
	f := serve(t, &rpcEcho{}, nil)
	c := f.caller(t)
	_, zipped := packers["gzip"](t, []byte("zipped"))
	for name, tt := range map[string]struct {
		body []byte
		want int
		says string
	}{
		"a message":                           {framed(0, "x"), 0, "sender false x"},
		"an empty message":                    {framed(0, ""), 0, "sender false "},
		"a compressed one":                    {framed(1, string(zipped)), 0, "sender false zipped"},
		"one that is not compressed":          {framed(0, string(zipped)), 0, "sender false " + string(zipped)},
		"nothing":                             {nil, 400, ""},
		"half a prefix":                       {framed(0, "x")[:3], 400, ""},
		"no message":                          {framed(0, "x")[:5], 400, ""},
		"half a message":                      {framed(0, "xx")[:6], 400, ""},
		"another mark":                        {framed(2, "x"), 400, ""},
		"more than a message":                 {append(framed(0, "x"), 'x'), 400, ""},
		"two messages":                        {slices.Concat(framed(0, "x"), framed(0, "x")), 400, ""},
		"one that is said to be compressed":   {framed(1, "x"), 400, ""},
		"one that claims more than is taken":  {[]byte{0, 0xff, 0xff, 0xff, 0xff}, 413, ""},
		"one that inflates to more than that": {framed(1, string(bomb(t))), 413, ""},
	} {
		code, says := c.call(t, bytes.NewReader(tt.body), "Grpc-Encoding", "gzip")
		if code != tt.want || !strings.HasPrefix(says, tt.says) {
			t.Errorf("%s: code %d, %.100q", name, code, says)
		}
	}
	if code, _ := c.call(t, bytes.NewReader(framed(1, "x"))); code != 400 {
		t.Errorf("compressed without a word of how: code %d", code)
	}
	if code, _ := c.call(t, bytes.NewReader(framed(0, "x")), "Content-Type", "application/grpc+json"); code != 415 {
		t.Errorf("another content type: code %d", code)
	}
	f.awaitNothingHeld(t)
	f.connections.mu.Lock()
	defer f.connections.mu.Unlock()
	if f.connections.all != 1 {
		t.Errorf("%d connections, want one: a refusal must not cost the others theirs", f.connections.all)
	}
}

func bomb(t *testing.T) []byte {
	_, wire := packers["gzip"](t, make([]byte, DefaultConfig().MaxBodyBytes+1))
	return wire
}

func TestWhatIsRefusedAtOnceIsNotRead(t *testing.T) {
	f := serve(t, &rpcEcho{}, nil)
	c := f.caller(t)
	for token, want := range map[string]int{"bad": 401, "reader": 403} {
		waiting, more := io.Pipe()
		if code, _ := c.call(t, waiting, "Authorization", "Bearer "+token); code != want {
			t.Errorf("%s: code %d, want %d", token, code, want)
		}
		more.Close()
	}
	waiting, more := io.Pipe()
	go func() { _, _ = more.Write([]byte{0, 0xff, 0, 0, 0}) }()
	if code, _ := c.call(t, waiting); code != 413 {
		t.Errorf("a message that claims 4 GB: code %d, want 413", code)
	}
	more.Close()
}

func TestSlowMessagesAreCut(t *testing.T) {
	f := serve(t, &rpcEcho{}, func(c *Config) { c.BodyGrace = 50 * time.Millisecond })
	waiting, more := io.Pipe()
	defer more.Close()
	go func() { _, _ = more.Write([]byte{0, 0, 0, 0, 9, 'x'}) }()
	if code, _ := f.caller(t).call(t, waiting); code != http.StatusRequestTimeout {
		t.Errorf("code %d, want 408", code)
	}
}

func TestBytesInFlightOfCallsAreBounded(t *testing.T) {
	f := serve(t, &rpcEcho{}, func(c *Config) { c.MaxBodyBytes, c.InFlightBytes = 64<<10, 128<<10 })
	c, message := f.caller(t), framed(0, strings.Repeat("x", 60<<10))
	others := f.budget.hold()
	others.take(100 << 10)
	code, says := c.call(t, bytes.NewReader(message))
	if code != http.StatusServiceUnavailable || !strings.Contains(says, "google.rpc.RetryInfo") {
		t.Errorf("code %d, %q, want 503 and when to come again", code, says)
	}
	others.release()
	f.awaitNothingHeld(t)
	if code, _ := c.call(t, bytes.NewReader(message)); code != 0 {
		t.Errorf("code %d with room again", code)
	}
}

func TestAFaultOfADecoderFailsItsCallAlone(t *testing.T) {
	faulty := true
	f := serve(t, &rpcEcho{echo{decode: func(*Request) {
		if faulty {
			panic("fault")
		}
	}}}, nil)
	c := f.caller(t)
	if code, _ := c.call(t, bytes.NewReader(framed(0, "x"))); code != http.StatusInternalServerError {
		t.Errorf("code %d, want 500", code)
	}
	faulty = false
	if code, _ := c.call(t, bytes.NewReader(framed(0, "x"))); code != 0 {
		t.Errorf("code %d after a fault", code)
	}
}

func TestConnectionsOfHTTPAndRPCAreBoundedTogether(t *testing.T) {
	f := serve(t, &rpcEcho{}, func(c *Config) { c.MaxConnections = 1 })
	f.caller(t).call(t, bytes.NewReader(framed(0, "x")))
	second, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if b, _ := io.ReadAll(second); len(b) != 0 {
		t.Errorf("got %q", b)
	}
}

func TestOtherProtocolsAreClosed(t *testing.T) {
	f := serve(t, &rpcEcho{}, nil)
	c, err := net.Dial("tcp", f.rpcAddress)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /test.Service/Send HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// Closed with bytes unread, the connection may be reset.
	if b, _ := io.ReadAll(c); len(b) != 0 {
		t.Errorf("got %q", b)
	}
}
