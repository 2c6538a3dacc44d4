package figure

var adoptionRate = Metric{
	Name:    "adoption_rate",
	Version: 1,
	Words: "Of the people who could use the tool, the share that did in the week. Eligible is who was on the roster, entitled to a tool of the row and not on long leave " +
		"on three or more working days at once. With Wilson's 95 % interval.",
	Formula:    "eligible people active in the week ÷ eligible people",
	Unit:       "share of eligible people, 0 to 1",
	Source:     "the active users rate of Microsoft's usage reports",
	Statistics: []Statistic{quotient([]Mark{Active, Eligible}, []Mark{Eligible})},
}
