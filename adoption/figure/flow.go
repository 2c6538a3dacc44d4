package figure

import "fmt"

var flow = Metric{
	Name:    "flow",
	Version: 1,
	Words: "Where the active people of a week come from and who stayed away. New had no act in the row before, retained were active in one of the four weeks before, returned are the other active ones. " +
		"Lapsed were active in two or more of the weeks -7 to -4 and in none of the last four, and are still on the roster.",
	Formula:    "people of the flow; new + retained + returned = active_people",
	Unit:       "people",
	Source:     "growth accounting, as user analytics have it",
	Statistics: flows(),
}

func flows() []Statistic {
	var all []Statistic
	for _, f := range []struct{ name, words string }{
		{"new", "no act in the row before"}, {"retained", "active in one of the four weeks before"},
		{"returned", "active before, not in the four weeks before"}, {"lapsed", "active in two or more of weeks -7 to -4, in none of the last four"},
	} {
		s := Statistic{
			Dimensions: map[string]string{"flow": f.name}, Words: f.words, Grains: []Grain{Weekly}, LookBack: 7, Form: Count,
			Numerator: fmt.Sprintf("countIf(flow = '%s')", f.name),
		}
		all = append(all, s)
	}
	return all
}
