package publish

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
)

// Gauges show the last final week to Prometheus, from published rows only: a
// count that is not published has no sample, nor has any count of a cell whose
// active people are not.
type Gauges struct {
	groups   []group
	week     *prometheus.Desc
	usable   *prometheus.Desc
	snapshot atomic.Pointer[snapshot]
}

// group is a gauge with a sample per cell and tool, taken from a kind of row of a metric.
type group struct {
	desc   *prometheus.Desc
	metric string
	// label is a dimension of the rows that stands beside those of the cut, empty for none.
	label string
	count func(r *Row) *float64
}

type snapshot struct {
	week    time.Time
	samples []prometheus.Metric
	// shown are the cells whose active people are, known says that any tool's figures are.
	shown map[string]bool
	known bool
}

// take makes a sample of a row. The rows of active people come first.
func (s *snapshot) take(g *group, r *Row) {
	cell := r.Tool + key(r.cut())
	if g.metric == activeMetric {
		s.shown[cell] = r.Value != nil
	}
	s.known = s.known || r.Tool == "any" && len(r.Dimensions) == 0 && r.State != Unknown
	if n := g.count(r); n != nil && s.shown[cell] && r.Dimensions["statistic"] == "" {
		s.samples = append(s.samples, prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, *n, g.labelsOf(r)...))
	}
}

// NewGauges registers the gauges; they have no samples before Refresh.
func NewGauges(registerer prometheus.Registerer) (*Gauges, error) {
	labels := append([]string{"tool"}, dimensions...)
	describe := func(name, help string, more ...string) *prometheus.Desc {
		return prometheus.NewDesc("ai_adoption_"+name, help, append(more, labels...), nil)
	}
	value := func(r *Row) *float64 { return r.Value }
	numerator := func(r *Row) *float64 { return r.Numerator }
	denominator := func(r *Row) *float64 { return r.Denominator }
	g := &Gauges{
		groups: []group{
			{desc: describe("active_users", "People with an act in the last final week."), metric: activeMetric, count: value},
			{desc: describe("eligible_users", "People eligible for the tool in the last final week."), metric: "adoption_rate", count: denominator},
			{desc: describe("headcount", "People on the roster on 3 or more working days of the last final week."), metric: "reach", count: denominator},
			{desc: describe("habitual_users", "Eligible people with a habit of the tool, habitual and power users, in the last final week."), metric: "habit_rate", count: numerator},
			{desc: describe("tier_users", "Eligible people of a tier of use in the last final week.", "tier"), metric: "tier_share", label: "tier", count: numerator},
			{desc: describe("seats", "Named seats of the tool on the Friday of the last final week whose holder is on the roster."), metric: "seat_use", count: denominator},
			{desc: describe("idle_seats", "Named seats that nobody used in the 28 days that end with the last final week."), metric: "idle_seats", count: value},
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
	s := &snapshot{week: week, shown: map[string]bool{}}
	for i := range g.groups {
		take := func(r Row) error {
			s.take(&g.groups[i], &r)
			return nil
		}
		if err := Each(ctx, conn, Filter{Metric: g.groups[i].metric, Grain: "week", Period: week}, take); err != nil {
			return err
		}
	}
	end, usable := float64(week.AddDate(0, 0, 7).Unix()), 0.0
	if s.known {
		usable = 1
	}
	s.samples = append(s.samples, prometheus.MustNewConstMetric(g.week, prometheus.GaugeValue, end),
		prometheus.MustNewConstMetric(g.usable, prometheus.GaugeValue, usable))
	g.snapshot.Store(s)
	return nil
}

func (g *group) labelsOf(r *Row) []string {
	var labels []string
	if g.label != "" {
		labels = append(labels, r.Dimensions[g.label])
	}
	labels = append(labels, r.Tool)
	for _, name := range dimensions {
		labels = append(labels, r.Dimensions[name])
	}
	return labels
}
