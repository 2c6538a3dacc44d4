package main

import (
	"fmt"
	"strings"

	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// unit says how a value is written for a reader: where what is nil, shares are
// per cent.
type unit struct {
	// format takes the value, times scale.
	format string
	scale  float64
	// after stands behind a value.
	after string
}

var (
	share     = unit{"%.1f", 100, " %"}
	points    = unit{"%+.1f", 100, " points"}
	whole     = unit{"%.0f", 1, ""}
	decimal   = unit{"%.2f", 1, ""}
	dollars   = unit{"%.2f", 1, " USD"}
	afterDays = unit{"%.0f", 1, " days"}
	factor    = unit{"%.2f", 1, " times"}
)

// units of kinds of rows whose values are no shares, by metric and statistic.
var units = map[string]unit{
	"active_people": whole, "flow": whole,
	"concentration gini": decimal, "concentration half_people": whole,
	"breadth": decimal, "depth": decimal, "depth p90": whole,
	"time_to_first_use median": afterDays,
	"idle_seats":               whole, "idle_seats never_used": whole, "idle_seats dormant": whole, "idle_seats left": whole, "idle_seats monthly_usd": dollars,
	"role_gap": points, "role_gap standardised": points, "role_gap ratio": factor,
	"training_effect": points, "training_effect pre_trend": points,
}

func unitOf(r publish.Row) unit {
	kind := r.Metric
	if statistic := r.Dimensions["statistic"]; statistic != "" {
		kind += " " + statistic
	}
	if u, named := units[kind]; named {
		return u
	}
	return share
}

func (u unit) value(v float64) string { return fmt.Sprintf(u.format, u.scale*v) + u.after }

// interval leaves the unit to the value before it.
func (u unit) interval(low, high float64) string {
	return fmt.Sprintf(u.format+" to "+u.format, u.scale*low, u.scale*high)
}

// rowName names the metric and the kind of row, as in "tier_share power",
// "concentration gini 28d".
func rowName(r publish.Row) string {
	parts := []string{r.Metric, r.Dimensions["tier"], r.Dimensions["flow"], r.Dimensions["statistic"]}
	if r.Grain != "week" {
		parts = append(parts, r.Grain)
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
