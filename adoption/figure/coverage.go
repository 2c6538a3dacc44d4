package figure

var coverage = Metric{
	Name:    "coverage",
	Version: 1,
	Words: "Of the eligible people, the share of whom anything was heard in the 28 days that end with the week: an event of any tool, a heartbeat, or a record that is no event. " +
		"Without a heartbeat source it cannot tell \"not used\" from \"not heard\". With Wilson's 95 % interval.",
	Formula:    "eligible people heard of in the 28 days ÷ eligible people",
	Unit:       "share of eligible people, 0 to 1",
	Source:     "our own: what a reader must know before trusting a rate",
	Statistics: []Statistic{covered()},
}

// covered is published by week, and stands beside the other figures of 28 days.
func covered() Statistic {
	s := quotient([]Mark{Eligible, Heard}, []Mark{Eligible})
	s.Grains, s.LookBack = []Grain{Weekly, Window}, 3
	return s
}
