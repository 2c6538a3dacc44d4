package figure

import "fmt"

var retention = Metric{
	Name:    "retention",
	Version: 1,
	Words: "Of the people whose first act ever in the row lies in the week, the share that was active four weeks later. The period is the week of the first act; " +
		"the row appears once the later week is final. With Wilson's 95 % interval.",
	Formula:    "of people whose first active week is w, those active in week w + 4 ÷ all of them",
	Unit:       "share of the people who began, 0 to 1",
	Source:     "bounded retention by cohort, as user analytics have it",
	Statistics: []Statistic{retainedAfter(4), retainedAfter(8), retainedAfter(12)},
}

func retainedAfter(weeks int) Statistic {
	s := Statistic{
		Grains: []Grain{Weekly}, Ahead: weeks, Follows: true, Form: PeopleRate,
		Numerator: fmt.Sprintf("countIf(began AND has(back, %d))", weeks), Denominator: "countIf(began)", People: "countIf(began)",
	}
	if weeks != 4 {
		s.Dimensions, s.Words = map[string]string{"statistic": fmt.Sprint("week", weeks)}, fmt.Sprintf("active %d weeks later", weeks)
	}
	return s
}
