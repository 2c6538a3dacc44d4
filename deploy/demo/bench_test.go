package demo_test

import (
	"testing"

	"github.com/uptake-telemetry/uptake/deploy/demo"
)

func BenchmarkEvents(b *testing.B) {
	company := demo.New(demo.DefaultSeed, days[0])
	events := 0
	b.ReportAllocs()
	for b.Loop() {
		for batch := range company.Events(days[0]) {
			events += batch.Events
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
