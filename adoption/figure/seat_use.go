package figure

var seatUse = Metric{
	Name:    "seat_use",
	Version: 1,
	Words: "Of the named seats of a tool that are valid on the Friday and whose holder is on the roster, the share that was used in the week. One seat per person and tool, however often it is listed. " +
		"With Wilson's 95 % interval.",
	Formula: "holders active with the tool in the week ÷ holders of a seat on the Friday",
	Unit:    "share of seats, 0 to 1",
	Source:  "the use of licences in the vendors' own reports",
	Statistics: []Statistic{{
		Grains: []Grain{Weekly}, Form: PeopleRate, Rows: SingleTools,
		Numerator: "countIf(holder AND held_used)", Denominator: "countIf(holder)", People: "countIf(holder)", PeopleOf: []Mark{Holder},
		NumeratorOf: []Mark{Active, Holder}, DenominatorOf: []Mark{Holder},
	}},
}
