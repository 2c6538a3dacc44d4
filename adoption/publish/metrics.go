package publish

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
)

// Gauges show the last final week to Prometheus, from published rows only: a
// count that is not published has no sample.
type Gauges struct {
	groups   []group
	week     *prometheus.Desc
	usable   *prometheus.Desc
	snapshot atomic.Pointer[snapshot]
}

// group is a gauge with a sample per cell and tool, taken from a metric's rows.
type group struct {
	desc   *prometheus.Desc
	metric string
	count  func(r *Row) *float64
}

type snapshot struct {
	week    time.Time
	samples []prometheus.Metric
}

// NewGauges registers the gauges; they have no samples before Refresh.
func NewGauges(registerer prometheus.Registerer) (*Gauges, error) {
	labels := append([]string{"tool"}, dimensions...)
	describe := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("ai_adoption_"+name, help, labels, nil)
	}
	g := &Gauges{
		groups: []group{
			{describe("active_users", "People with an act in the last final week."), "active_people", func(r *Row) *float64 { return r.Value }},
			{describe("eligible_users", "People eligible for the tool in the last final week."), "adoption_rate", func(r *Row) *float64 { return r.Denominator }},
			{describe("headcount", "People on the roster on 3 or more working days of the last final week."), "reach", func(r *Row) *float64 { return r.Denominator }},
		},
		week:   prometheus.NewDesc("ai_adoption_week_end_timestamp_seconds", "End of the last final week, midnight UTC after its Sunday.", nil, nil),
		usable: prometheus.NewDesc("ai_adoption_week_usable", "1 where the last final week's figures for any tool are known, 0 where all tools were silent.", nil, nil),
	}
	return g, registerer.Register(g)
}

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(descs chan<- *prometheus.Desc) {
	for _, group := range g.groups {
		descs <- group.desc
	}
	descs <- g.week
	descs <- g.usable
}

// Collect implements prometheus.Collector.
func (g *Gauges) Collect(metrics chan<- prometheus.Metric) {
	if s := g.snapshot.Load(); s != nil {
		for _, sample := range s.samples {
			metrics <- sample
		}
	}
}

// Shows tells whether the week is the one that is shown.
func (g *Gauges) Shows(week time.Time) bool {
	s := g.snapshot.Load()
	return s != nil && s.week.Equal(week)
}

// Refresh takes over the rows of the last final week, given by its Monday.
func (g *Gauges) Refresh(ctx context.Context, conn driver.Conn, week time.Time) error {
	s := &snapshot{week: week}
	end := float64(week.AddDate(0, 0, 7).Unix())
	usable := 0.0
	for _, group := range g.groups {
		rows, err := Read(ctx, conn, Filter{Metric: group.metric, Grain: "week", Period: week})
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Tool == "any" && len(rows[i].Dimensions) == 0 && rows[i].State != Unknown {
				usable = 1
			}
			if n := group.count(&rows[i]); n != nil {
				s.samples = append(s.samples, prometheus.MustNewConstMetric(group.desc, prometheus.GaugeValue, *n, labelsOf(&rows[i])...))
			}
		}
	}
	s.samples = append(s.samples, prometheus.MustNewConstMetric(g.week, prometheus.GaugeValue, end),
		prometheus.MustNewConstMetric(g.usable, prometheus.GaugeValue, usable))
	g.snapshot.Store(s)
	return nil
}

func labelsOf(r *Row) []string {
	labels := []string{r.Tool}
	for _, name := range dimensions {
		labels = append(labels, r.Dimensions[name])
	}
	return labels
}
