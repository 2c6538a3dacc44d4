package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/dashboards/page"
)

// webHandler joins what the web port serves: the page for people, the API for
// programs.
func webHandler(c Config, conn driver.Conn, logger *slog.Logger, verifier publish.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", adoption.Handler(c.Adoption, conn, logger, verifier))
	mux.Handle(ledgerPath, ledgerHandler(conn, logger, c.Adoption.Publish.MinimumGroup))
	mux.Handle("GET /{$}", guarded(c.Listen.Web, verifier, &overview{conn: conn, logger: logger, minimumGroup: c.Adoption.Publish.MinimumGroup}))
	return secured(mux)
}

// secured sets the headers that keep a page to itself.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// guarded lets in whoever sits at this machine when the port is on loopback
// and was asked for as such, which keeps out other sites' scripts; all others
// show the read token as the password of basic authentication.
func guarded(address string, verifier publish.Verifier, next http.Handler) http.Handler {
	host, _, _ := net.SplitHostPort(address)
	local := isLoopback(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			asked = r.Host
		}
		if local && isLoopback(asked) {
			next.ServeHTTP(w, r)
			return
		}
		_, password, _ := r.BasicAuth()
		if status := verifier.VerifyRead(password); status != http.StatusOK {
			w.Header().Set("WWW-Authenticate", `Basic realm="Uptake: a read token as the password"`)
			http.Error(w, "a read token is wanted as the password", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

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
	{"adoption_rate", "Adoption rate"}, {"reach", "Reach"}, {"coverage", "Coverage"}, {"unattributed_share", "Unattributed use"},
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
	for _, h := range headlines {
		shown.Headline = append(shown.Headline, ratesOf(rows, h.metric, "", h.title)...)
	}
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

// lastWeek is the newest final week, else the newest week.
func lastWeek(ctx context.Context, conn driver.Conn) (week time.Time, state string, err error) {
	rows, err := publish.Read(ctx, conn, publish.Filter{Metric: "adoption_rate", By: []string{"total"}, Tool: "any", Grain: "week"})
	if err != nil || len(rows) == 0 {
		return time.Time{}, "", err
	}
	shown := rows[0]
	for _, row := range rows {
		if row.State == publish.Final || row.State == publish.Corrected {
			shown = row
			break
		}
	}
	return shown.Period.Time, shown.State, nil
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
