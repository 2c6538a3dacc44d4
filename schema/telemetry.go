package schema

// How telemetry of Uptake itself is known when it comes to a collector, which
// then leaves no trace of taking it: a collector that traced the taking of its
// own traces would never be done.
const (
	// TelemetryService is the service name that a collector gives itself.
	TelemetryService = "uptake-collector"
	// TelemetryHeader is on every request that carries a collector's telemetry.
	TelemetryHeader = "Uptake-Telemetry"
)
