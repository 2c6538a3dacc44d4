package main

import (
	"fmt"
	"math"

	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/dashboards/page"
)

// widestGap is the greatest published difference between two roles; the page
// has no place for all of them.
func widestGap(rows []publish.Row) []page.Number {
	var widest *publish.Row
	for i, r := range rows {
		_, roles := r.Dimensions["role_a"]
		if roles && r.Dimensions["statistic"] == "" && r.Value != nil && (widest == nil || math.Abs(*r.Value) > math.Abs(*widest.Value)) {
			widest = &rows[i]
		}
	}
	if widest == nil {
		return nil
	}
	more, less, low, high := widest.Dimensions["role_a"], widest.Dimensions["role_b"], widest.Low, widest.High
	value := *widest.Value
	if value < 0 {
		more, less, value = less, more, -value
	}
	notes := []string{more + " over " + less}
	if low != nil && high != nil {
		from, to := *low, *high
		if *widest.Value < 0 {
			from, to = -to, -from
		}
		notes = append(notes, fmt.Sprintf("%.0f to %.0f", 100*from, 100*to))
	}
	return []page.Number{{Name: "Widest gap between roles", Value: fmt.Sprintf("%.0f points", 100*value), Notes: notes}}
}

// idleSeats are the seats of the whole company that nobody uses, and what they
// cost.
func idleSeats(rows []publish.Row) []page.Number {
	var n page.Number
	for _, r := range rows {
		if r.Metric != "idle_seats" || r.Value == nil && !r.Suppressed && r.State != publish.Unknown || len(r.Dimensions) > 1 {
			continue
		}
		switch r.Dimensions["statistic"] {
		case "monthly_usd":
			if r.Value != nil && *r.Value > 0 {
				n.Notes = append(n.Notes, fmt.Sprintf("%.0f USD a month", *r.Value))
			}
		case "":
			if len(r.Dimensions) == 0 {
				n.Name, n.Value = "Idle seats", readableValue(r)
			}
		}
	}
	if n.Name == "" {
		return nil
	}
	return []page.Number{n}
}
