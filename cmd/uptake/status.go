package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// newStatus is `uptake status`.
func newStatus(s *settings) *cobra.Command {
	var format outputFormat
	var wait string
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "status",
		Short: "Show how far everything has come",
		Long: `Shows how far everything has come. accepted and rejected count over the life of
the collector's data folder, published since it started; stored and dead_lettered
are rows of the tables, erased those that were taken out of them again. With
--wait drained it returns when everything accepted before the call is stored and
the days it touched are rebuilt and published.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wait != "" && wait != "drained" {
				return usagef("--wait: %q is not drained", wait)
			}
			c, err := s.loadRunning()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), timeout, fmt.Errorf("not done within %s", timeout))
			defer cancel()
			probe := newProbe(c)
			if wait != "" {
				if err := probe.waitDrained(ctx, func(status) {}); err != nil {
					return err
				}
			}
			now, err := probe.status(ctx)
			if err != nil {
				return err
			}
			return format.print(cmd.OutOrStdout(), now.table())
		},
	}
	format.flag(c.Flags())
	c.Flags().StringVar(&wait, "wait", "", "drained: wait until all that was accepted is published")
	c.Flags().DurationVar(&timeout, "timeout", time.Minute, "how long to wait")
	return c
}

// status is how far everything has come. Counts are of events, readings and
// dead letters.
type status struct {
	Accepted, Rejected, Waiting, Published int64
	Stored, DeadLettered, Lag              int64
	// Erased is how many rows erasures took out of what was stored.
	Erased   int64
	Appended int64
	Adoption adoption.Status
}

// settled is how many of the accepted events are stored.
func (s status) settled() int64 { return max(s.Accepted-s.Waiting-s.Lag, 0) }

func (s status) table() table {
	return table{
		columns: []string{"accepted", "rejected", "waiting", "published", "stored", "dead_lettered", "lag", "days_to_rebuild", "last_published_week", "erased"},
		rows: [][]any{{s.Accepted, s.Rejected, s.Waiting, s.Published, s.Stored, s.DeadLettered, s.Lag,
			s.Adoption.DaysToRebuild, day(s.Adoption.LastPublishedWeek), s.Erased}},
	}
}

func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

// probe asks the collector's metrics, Kafka and ClickHouse.
type probe struct{ config Config }

func newProbe(c Config) *probe { return &probe{c} }

func (p *probe) status(ctx context.Context) (status, error) {
	var s status
	if err := p.readCollector(ctx, &s); err != nil {
		return s, err
	}
	client, err := p.config.Kafka.Client()
	if err != nil {
		return s, usageError{err}
	}
	defer kafka.CloseClient(client)
	if s.Lag, err = p.lag(ctx, client); err != nil {
		return s, err
	}
	conn, err := p.config.ClickHouse.connect(p.config.ClickHouse.Database, 1)
	if err != nil {
		return s, usageError{err}
	}
	defer conn.Close()
	return s, p.readTables(ctx, conn, &s)
}

// readCollector reads the counts of the collector from its metrics.
func (p *probe) readCollector(ctx context.Context, s *status) error {
	families, err := p.families(ctx)
	if err != nil {
		return err
	}
	s.Accepted = sum(families["uptake_collector_events_accepted_total"])
	s.Rejected = sum(families["uptake_collector_events_rejected_total"])
	s.Published = sum(families["uptake_collector_events_published_total"])
	s.Waiting = sum(families["uptake_collector_spool_entries"])
	s.Appended = sum(families["uptake_collector_spool_appended_entries_total"])
	return nil
}

// families are the collector's metrics by name.
func (p *probe) families(ctx context.Context) (map[string]*dto.MetricFamily, error) {
	address := "http://" + p.config.Listen.Metrics + "/metrics"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the collector's metrics: %w", err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, fmt.Errorf("the collector's metrics: %w", err)
	}
	return families, nil
}

// sum adds up the series of a metric.
func sum(family *dto.MetricFamily) int64 {
	var total float64
	for _, m := range family.GetMetric() {
		total += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return int64(total)
}

func (p *probe) readTables(ctx context.Context, conn driver.Conn, s *status) error {
	var events, readings, letters uint64
	row := conn.QueryRow(ctx, "SELECT (SELECT count() FROM event FINAL), (SELECT count() FROM reading FINAL), (SELECT count() FROM dead_letter FINAL)")
	if err := row.Scan(&events, &readings, &letters); err != nil {
		return fmt.Errorf("count what is stored: %w", err)
	}
	s.Stored, s.DeadLettered = int64(events+readings), int64(letters)
	erased, err := ledger.ErasedRows(ctx, conn)
	if err != nil {
		return err
	}
	s.Erased = int64(erased)
	s.Adoption, err = adoption.ReadStatus(ctx, conn)
	return err
}
