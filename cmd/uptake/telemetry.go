package main

import (
	"context"
	"net"

	"github.com/uptake-telemetry/uptake/collector/telemetry"
)

// startTelemetry starts what the collector tells of itself, where the settings
// give an endpoint. It is started before the collector and so stops after it,
// with all that there is to tell.
func (m *mode) startTelemetry(listeners ...net.Listener) error {
	if !m.config.Telemetry.Enabled() {
		return nil
	}
	var listens []string
	for _, l := range listeners {
		listens = append(listens, l.Addr().String())
	}
	t, err := telemetry.New(m.config.Telemetry, telemetry.Deps{
		Version: version, Listen: listens, Gatherer: m.registry, Registerer: m.registry, Logger: m.logger,
	})
	if err != nil {
		return usageError{under("telemetry", err)}
	}
	m.tracer = t.Tracer()
	m.start("telemetry", t.Run)
	return nil
}

func (u *up) startTelemetry(_ context.Context, m *mode) error {
	return m.startTelemetry(u.listeners.otlpHTTP, u.listeners.otlpGRPC)
}

// refuseLoop finds telemetry that would go to the collector it is from.
func (c Config) refuseLoop() error {
	if err := c.Telemetry.RefuseLoop(c.Listen.OTLPHTTP, c.Listen.OTLPGRPC); err != nil {
		return usageError{under("telemetry", err)}
	}
	return nil
}
