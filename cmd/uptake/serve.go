package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// parseLevel reads a log level's name.
func parseLevel(name string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return level, fmt.Errorf("log.level: %q is none of debug, info, warn, error", name)
	}
	return level, nil
}

// newLogger returns the log on standard error.
func (l Log) newLogger() *slog.Logger {
	level, _ := parseLevel(l.Level)
	options := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: buildInfo, Help: "1, labelled with the version of this program.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// buildInfo is the metric by which one part learns the version of another.
const buildInfo = "uptake_build_info"

// listen opens a port and says in one line what to do when it is taken.
func listen(setting, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot listen on %s (%w); free the port, set another, or use --auto-ports with up", setting, address, err)
	}
	return l, nil
}

// listen opens a port for as long as the mode runs.
func (m *mode) listen(setting, address string) (net.Listener, error) {
	listener, err := listen(setting, address)
	if err == nil {
		m.onStop(setting, func(context.Context) error { listener.Close(); return nil })
	}
	return listener, err
}

// readiness is a named part's word on whether it can work, and what it waits
// for when it cannot.
type readiness struct {
	part  string
	ready func() error
}

// waitsFor says what the parts that cannot work wait for, nil when all can.
func waitsFor(parts []readiness) error {
	var waits []error
	for _, p := range parts {
		if err := p.ready(); err != nil {
			waits = append(waits, fmt.Errorf("%s: %w", p.part, err))
		}
	}
	return errors.Join(waits...)
}

// healthHandler serves /healthz and /readyz for the named parts.
func healthHandler(parts ...readiness) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := waitsFor(parts); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// serveMetrics serves /metrics, /healthz and /readyz of a mode.
func serveMetrics(l *lifecycle, listener net.Listener, registry *prometheus.Registry, parts ...readiness) {
	mux := healthHandler(parts...)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}))
	serve(l, "metrics", listener, mux)
}

// serve runs a small HTTP server until its turn to stop comes.
func serve(l *lifecycle, name string, listener net.Listener, handler http.Handler) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 16,
		ErrorLog:          slog.NewLogLogger(l.logger.Handler(), slog.LevelDebug),
	}
	l.start(name+" server", func(ctx context.Context) error {
		stopped := make(chan error, 1)
		go func() {
			<-ctx.Done()
			grace, cancel := context.WithTimeout(context.Background(), stopTimeout/2)
			defer cancel()
			stopped <- server.Shutdown(grace)
		}()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return <-stopped
	})
}
