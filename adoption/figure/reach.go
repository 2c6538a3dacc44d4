package figure

var reach = Metric{
	Name:    "reach",
	Version: 1,
	Words: "Of everybody employed, the share that used the tool in the week; it falls when licences are missing. The head count is who was on the roster on three or more working days, " +
		"leave included. With Wilson's 95 % interval.",
	Formula:    "head count active in the week ÷ head count",
	Unit:       "share of the head count, 0 to 1",
	Source:     "the share of the head count, as reports on the use of a whole company have it",
	Statistics: []Statistic{quotient([]Mark{Active, Employed}, []Mark{Employed})},
}
