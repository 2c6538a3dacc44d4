package telemetry

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// Bounds of one export.
const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
)

// carrier carries exports: it puts on the headers, which so are known to nothing
// that writes logs, and notes why exports fail.
type carrier struct {
	next    *http.Transport
	headers http.Header
	log     *slog.Logger

	mu       sync.Mutex
	reason   string
	reported time.Time
}

func newCarrier(config Config, log *slog.Logger) (*carrier, error) {
	headers, err := readHeaders(config.HeadersFile)
	if err != nil {
		return nil, err
	}
	headers.Set(schema.TelemetryHeader, "1")
	encryption, err := config.TLS.Client()
	if err != nil {
		return nil, fmt.Errorf("tls.%w", err)
	}
	return &carrier{headers: headers, log: log, next: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig: encryption, TLSHandshakeTimeout: dialTimeout, ForceAttemptHTTP2: true,
		MaxIdleConns: 2, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}}, nil
}

// client follows no redirects: they could lead the headers elsewhere, and the
// telemetry back to us.
func (c *carrier) client() *http.Client {
	return &http.Client{
		Transport: c, Timeout: requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RoundTrip sends one export.
func (c *carrier) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range c.headers {
		r.Header[name] = values
	}
	res, err := c.next.RoundTrip(r)
	switch {
	case err != nil:
		c.note(err.Error())
	case res.StatusCode/100 != 2:
		c.note(fmt.Sprintf("the endpoint answers with status %d", res.StatusCode))
	default:
		c.note("")
	}
	return res, err
}

func (c *carrier) note(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reason = reason
}

// reportEvery is how often exports that go on failing are logged.
const reportEvery = 10 * time.Minute

// report logs failing exports when they begin to fail, then at a slow rate, and
// when they are well again. The exporter's error is not logged, because what the
// endpoint answered stands in it.
func (c *carrier) report(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil && !c.reported.IsZero():
		c.reported = time.Time{}
		c.log.Info("telemetry of the collector is exported again")
	case err != nil && time.Since(c.reported) >= reportEvery:
		c.reported = time.Now()
		if c.reason == "" {
			c.reason = "the endpoint took only a part, or was too slow"
		}
		c.log.Warn("telemetry of the collector cannot be exported and is dropped; events are not concerned", "error", errors.New(c.reason))
	}
}
