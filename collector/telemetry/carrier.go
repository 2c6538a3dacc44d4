package telemetry

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/uptake-telemetry/uptake/schema"
)

// carrier carries exports to the endpoint. The exporters of OpenTelemetry would
// do so too, but bring all of gRPC with them, as large as half of this program.
type carrier struct {
	endpoint *url.URL
	headers  http.Header
	client   *http.Client
}

// Bounds of one request.
const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
	maxAnswer      = 64 << 10
)

func newCarrier(config Config, endpoint *url.URL) (*carrier, error) {
	headers, err := readHeaders(config.HeadersFile)
	if err != nil {
		return nil, err
	}
	headers.Set("Content-Type", "application/x-protobuf")
	headers.Set("Content-Encoding", "gzip")
	headers.Set(schema.TelemetryHeader, "1")
	encryption, err := config.TLS.Client()
	if err != nil {
		return nil, fmt.Errorf("tls.%w", err)
	}
	return &carrier{endpoint: endpoint, headers: headers, client: &http.Client{
		Timeout: requestTimeout,
		// A redirect could lead the headers elsewhere, and the telemetry back to us.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig: encryption, TLSHandshakeTimeout: dialTimeout, ForceAttemptHTTP2: true,
			MaxIdleConns: 2, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: maxAnswer,
		},
	}}, nil
}

// passing is a failure after which the same request may succeed.
type passing struct{ error }

// post sends one request. Its errors hold neither headers nor what was answered.
func (c *carrier) post(ctx context.Context, path string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = c.headers.Clone()
	res, err := c.client.Do(r)
	if err != nil {
		return passing{reasonOf(err)}
	}
	defer res.Body.Close()
	// Read to its end, the connection can be used again.
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer)
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent:
		return nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return passing{fmt.Errorf("the endpoint answers with status %d", res.StatusCode)}
	default:
		return fmt.Errorf("the endpoint answers with status %d", res.StatusCode)
	}
}

// reasonOf is why nothing was answered, without the whole URL, which settings tell.
func reasonOf(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// insist sends again what may succeed later, as long as patience and ctx last.
func (c *carrier) insist(ctx, patience context.Context, path string, body []byte) error {
	for wait := time.Second; ; wait *= 2 {
		err := c.post(ctx, path, body)
		if again := (passing{}); !errors.As(err, &again) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-patience.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// encode returns the message as it goes over the wire.
func encode(m proto.Message) ([]byte, error) {
	plain, err := proto.Marshal(m)
	if err != nil {
		return nil, err
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	err = w.Close()
	return zipped.Bytes(), err
}
