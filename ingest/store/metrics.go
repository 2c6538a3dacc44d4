package store

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	events   prometheus.Counter
	rows     *prometheus.CounterVec
	letters  *prometheus.CounterVec
	duration *prometheus.HistogramVec
	retries  *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		events: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "uptake_ingest_events_stored_total", Help: "Events and readings stored; one that was sent twice counts twice here and once in its table."}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_ingest_rows_inserted_total", Help: "Rows inserted, by table."}, []string{"table"}),
		letters: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_ingest_dead_letters_total", Help: "Dead letters stored, by the code of their reason."}, []string{"code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "uptake_ingest_insert_duration_seconds", Help: "Time of one insert, from the statement to the answer.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}}, []string{"table"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "uptake_ingest_insert_retries_total", Help: "Inserts that failed and are tried again, by table."}, []string{"table"}),
	}
	for _, c := range []prometheus.Collector{m.events, m.rows, m.letters, m.duration, m.retries} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register the metrics of the store: %w", err)
		}
	}
	return m, nil
}
