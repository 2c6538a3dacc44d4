package adoption_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// patternProblem holds what is hidden in a period against rules 15 and 17: only
// where a small group is the reason, the same for all metrics, and never one
// number alone of a published sum. It returns "" where all is well.
func patternProblem(rows map[string]publish.Row, want map[string]*exact) string {
	small := false
	for key, r := range rows {
		small = small || r.Suppressed && want[key] != nil && want[key].people < max(k, want[key].least)
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		r, e := rows[key], want[key]
		switch {
		case e == nil:
		case r.Suppressed && e.people >= max(k, e.least) && !small:
			return key + " is hidden without a reason"
		case !r.Suppressed && len(e.veils) == 0 && rows[rowKey("active_people", r.Tool, placeOf(r))].Suppressed:
			return key + " is shown although its cell is hidden"
		}
	}
	return lonely(rows, want)
}

// placeOf are the dimensions of the row's cell.
func placeOf(r publish.Row) map[string]string {
	place := map[string]string{}
	for _, name := range dimensions {
		if value, there := r.Dimensions[name]; there {
			place[name] = value
		}
	}
	return place
}

// lonely finds a cut of which one number alone is hidden while the whole is not.
func lonely(rows map[string]publish.Row, want map[string]*exact) string {
	hidden := map[string]int{}
	whole := map[string]bool{}
	for key, r := range rows {
		e := want[key]
		if e == nil || e.form == level || e.least > 0 || len(e.veils) > 0 {
			continue
		}
		more := maps.Clone(r.Dimensions)
		place := placeOf(r)
		maps.DeleteFunc(more, func(name, _ string) bool { _, is := place[name]; return is })
		of := rowKey(r.Metric, r.Tool, more) + " by "
		if len(place) == 0 {
			whole[of] = !r.Suppressed
			continue
		}
		hidden[of+strings.Join(slices.Sorted(maps.Keys(place)), ",")] += int(oneIf(r.Suppressed))
	}
	for of, n := range hidden {
		if n == 1 && whole[of[:strings.LastIndex(of, " by ")+4]] {
			return "one number alone is hidden in " + of
		}
	}
	return ""
}
