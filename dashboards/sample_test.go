package dashboards_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine"
	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/table"
)

// lastFinal is the last final week of the sample; one provisional week follows.
var lastFinal = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

const sampleWeeks = 8

// sampleRow is a published figure without what all rows share.
type sampleRow struct {
	metric, tool string
	dimensions   map[string]string
	value        *float64
	exact        bool
	group        *string
	band         string
	state        string // Overrides final.
	suppressed   bool
}

func of[T any](value T) *T { return &value }

// rate is an exact rate that falls by a point a week.
func rate(tool string, dimensions map[string]string, value float64) sampleRow {
	return sampleRow{metric: "adoption_rate", tool: tool, dimensions: dimensions, value: &value, exact: true, group: of("40")}
}

// sample has every way in which a figure can be shown.
func sample() []sampleRow {
	rows := []sampleRow{
		rate("any", nil, 0.5), rate("codex", nil, 0.2), rate("category:coding", nil, 0.3),
		rate("any", map[string]string{"department": "marketing"}, 0.45),
		rate("any", map[string]string{"seniority": "executive"}, 0.61),
		rate("any", map[string]string{"seniority": "entry"}, 0.42),
		rate("any", map[string]string{"role": "copywriter"}, 0.55),
		rate("any", map[string]string{"team": "brand"}, 0.4),
		rate("any", map[string]string{"department": "marketing", "role": "copywriter"}, 0.99),
		{metric: "adoption_rate", tool: "any", dimensions: map[string]string{"role": "designer"}, value: of(0.4), group: of("10-19")},
		{metric: "adoption_rate", tool: "any", dimensions: map[string]string{"role": "analyst"}, group: of("5-9"), band: "<=0.2"},
		{metric: "adoption_rate", tool: "any", dimensions: map[string]string{"role": "lawyer"}, suppressed: true},
		{metric: "adoption_rate", tool: "any", dimensions: map[string]string{"team": "legal"}, suppressed: true},
		{metric: "adoption_rate", tool: "gemini-cli", state: "unknown"},
	}
	for _, metric := range []string{"active_people", "reach", "coverage", "unattributed_share"} {
		rows = append(rows, sampleRow{metric: metric, tool: "any", value: of(0.9), exact: true, group: of("300")})
	}
	return rows
}

// filled gives a database whose tables hold the sample for some weeks.
func filled(t *testing.T) driver.Conn {
	t.Helper()
	ctx := context.Background()
	conn, reader := served(t)
	if err := migrate.Run(ctx, conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO figure (metric, definition, grain, period, dimensions, tool, value, low, high, numerator, denominator, `group`, band, coverage, state, watermark, suppressed)")
	if err != nil {
		t.Fatal(err)
	}
	for ago := -1; ago < sampleWeeks-1; ago++ {
		for _, r := range sample() {
			if err := batch.Append(r.columns(ago)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
	return reader
}

// served starts an engine as `uptake up` does, and connects to it as its owner
// and as the user of dashboards, who may read the published tables only.
func served(t *testing.T) (owner, reader driver.Conn) {
	t.Helper()
	config := enginetest.Config(t)
	config.Path, config.PasswordFile = filepath.Join(t.TempDir(), "clickhouse"), filepath.Join(t.TempDir(), "password")
	config.ReadonlyUser, config.ReadonlyPasswordFile = "dashboards", config.PasswordFile
	for _, name := range table.Published() {
		config.ReadonlyTables = append(config.ReadonlyTables, "uptake."+name)
	}
	if err := os.WriteFile(config.PasswordFile, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	started, err := engine.Start(context.Background(), config, engine.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = started.Stop(context.Background()) })
	as := func(user, database string) driver.Conn {
		return enginetest.Open(t, &clickhouse.Options{Addr: []string{started.Addr()}, Auth: clickhouse.Auth{Database: database, Username: user, Password: "secret"}})
	}
	if err := as(config.User, "default").Exec(context.Background(), "CREATE DATABASE uptake"); err != nil {
		t.Fatal(err)
	}
	return as(config.User, "uptake"), as("dashboards", "uptake")
}

// columns gives the row as of a number of weeks before the last final one.
func (r sampleRow) columns(ago int) []any {
	state := "final"
	switch {
	case r.state != "":
		state = r.state
	case ago < 0:
		state = "provisional"
	}
	dimensions := r.dimensions
	if dimensions == nil {
		dimensions = map[string]string{}
	}
	var value, low, high, numerator, denominator, coverage *float64
	if r.value != nil {
		value = of(*r.value + float64(ago)/100)
	}
	if r.exact {
		low, high, numerator, denominator = of(*value-0.1), of(*value+0.1), of(20.0), of(40.0)
	}
	if !r.suppressed {
		coverage = of(0.9)
	}
	return []any{
		r.metric, r.metric + ".v1", "week", lastFinal.AddDate(0, 0, -7*ago), dimensions, r.tool,
		value, low, high, numerator, denominator, r.group, r.band, coverage, state, lastFinal, r.suppressed,
	}
}
