package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/dashboards/page"
)

// overview serves the page from the published figures.
type overview struct {
	conn         driver.Conn
	logger       *slog.Logger
	minimumGroup int
}

// ServeHTTP draws the last final week, or the newest one while none is final.
func (o *overview) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shown, err := o.read(r.Context())
	if err != nil {
		o.logger.Error("the page cannot be drawn", "error", err)
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the published figures cannot be read now", http.StatusServiceUnavailable)
		return
	}
	var b bytes.Buffer
	if err := page.Write(&b, shown); err != nil {
		o.logger.Error("the page cannot be drawn", "error", err)
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// An error here means that the reader has gone.
	_, _ = w.Write(b.Bytes())
}

// cuts of the page, in its order.
var cuts = []struct{ dimension, title string }{
	{"seniority", "By seniority"}, {"department", "By department"}, {"role", "By role"}, {"team", "By team"},
}

// headlines of the page: what is said of the whole company.
var headlines = []struct{ metric, title string }{
	{"adoption_rate", "Adoption rate"}, {"habit_rate", "Made it a habit"}, {"power_share", "Power users"}, {"reach", "Reach"},
	{"coverage", "Coverage"}, {"unattributed_share", "Unattributed use"},
}

func (o *overview) read(ctx context.Context) (page.Overview, error) {
	shown := page.Overview{MinimumGroup: o.minimumGroup}
	week, state, err := lastWeek(ctx, o.conn)
	if err != nil || week.IsZero() {
		return shown, err
	}
	shown.Week, shown.State = week, state
	rows, err := publish.Read(ctx, o.conn, publish.Filter{Tool: "any", Grain: "week", Period: week})
	if err != nil {
		return shown, err
	}
	gaps, err := publish.Read(ctx, o.conn, publish.Filter{Metric: "role_gap", Tool: "any", Grain: "28d", Period: week})
	if err != nil {
		return shown, err
	}
	for _, h := range headlines {
		shown.Headline = append(shown.Headline, ratesOf(rows, h.metric, "", h.title)...)
	}
	shown.Numbers = append(widestGap(gaps), idleSeats(rows)...)
	for _, cut := range cuts {
		rates := ratesOf(rows, "adoption_rate", cut.dimension, "")
		page.Sort(rates)
		shown.Sections = append(shown.Sections, page.Section{Title: cut.title, Rates: rates})
	}
	tools, err := publish.Read(ctx, o.conn, publish.Filter{Metric: "adoption_rate", By: []string{"total"}, Grain: "week", Period: week})
	if err != nil {
		return shown, err
	}
	shown.Sections = append(shown.Sections, page.Section{Title: "By tool", Rates: toolRates(tools)})
	return shown, nil
}

// ratesOf picks the rows of a metric's cut. A title stands for the name of the
// total's only row.
func ratesOf(rows []publish.Row, metric, dimension, title string) []page.Rate {
	var rates []page.Rate
	for _, row := range rows {
		value, cut := row.Dimensions[dimension]
		if row.Metric != metric || dimension == "" && len(row.Dimensions) > 0 || dimension != "" && (!cut || len(row.Dimensions) != 1) {
			continue
		}
		name := title
		if name == "" {
			name = value
		}
		rates = append(rates, rateOf(row, name))
	}
	return rates
}

func toolRates(rows []publish.Row) []page.Rate {
	var rates []page.Rate
	for _, row := range rows {
		if row.Tool != "any" && len(row.Dimensions) == 0 {
			rates = append(rates, rateOf(row, row.Tool))
		}
	}
	page.Sort(rates)
	return rates
}

func rateOf(row publish.Row, name string) page.Rate {
	r := page.Rate{
		Name: name, Value: row.Value, Low: row.Low, High: row.High, Band: row.Band,
		Coverage: row.Coverage, Suppressed: row.Suppressed, Unknown: row.State == publish.Unknown,
	}
	if row.Group != nil {
		r.Group = string(*row.Group)
	}
	return r
}
