package adoption

import (
	"log/slog"
	"net/http"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/figure"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// Definitions is what `uptake definitions` and the API tell.
type Definitions struct {
	// K is the minimum group.
	K       int                 `json:"k"`
	Metrics []figure.Definition `json:"metrics"`
}

// Define returns the definitions as they are with these settings.
func Define(config Config) Definitions {
	return Definitions{config.Publish.Least(), figure.Definitions()}
}

// MetricNames are those that filters know, in the order of the definitions.
func MetricNames() []string {
	var names []string
	for _, d := range figure.Definitions() {
		names = append(names, d.Metric)
	}
	return names
}

// Handler serves /api/v1/figures and /api/v1/definitions on the web port.
func Handler(config Config, conn driver.Conn, logger *slog.Logger, verifier publish.Verifier) http.Handler {
	return publish.NewHandler(publish.HandlerDeps{
		Conn: conn, Logger: logger.With("component", "api"), Verifier: verifier, Metrics: MetricNames(), Definitions: Define(config),
	})
}
