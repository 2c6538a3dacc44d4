package receiver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// service is a server with its paths.
type service struct {
	mux    *http.ServeMux
	server *http.Server
}

const (
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

func newService(config Config, log *slog.Logger) service {
	mux := http.NewServeMux()
	return service{mux, &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: config.HeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What a broken client does to its connection is no news of ours.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
}

// Bounds of an HTTP/2 connection. What has arrived and no request has asked for
// waits in the receive buffers, beside the budget; senders that follow the
// protocol send no more.
const (
	maxStreams         = 128
	maxFrameBytes      = 64 << 10
	streamBufferBytes  = 256 << 10
	receiveBufferBytes = 512 << 10
	pingAfter          = time.Minute
	pingTimeout        = 15 * time.Second
)

// speakHTTP2 makes the service take HTTP/2 and nothing else.
func (s service) speakHTTP2() {
	s.server.Protocols = new(http.Protocols)
	s.server.Protocols.SetUnencryptedHTTP2(true)
	s.server.HTTP2 = &http.HTTP2Config{
		MaxConcurrentStreams:          maxStreams,
		MaxReadFrameSize:              maxFrameBytes,
		MaxReceiveBufferPerStream:     streamBufferBytes,
		MaxReceiveBufferPerConnection: receiveBufferBytes,
		SendPingTimeout:               pingAfter,
		PingTimeout:                   pingTimeout,
		WriteByteTimeout:              writeTimeout,
	}
}

func (s service) serve(listener net.Listener) error {
	if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s service) shutdown(ctx context.Context) error {
	if err := s.server.Shutdown(ctx); err != nil {
		return errors.Join(err, s.server.Close())
	}
	return nil
}
