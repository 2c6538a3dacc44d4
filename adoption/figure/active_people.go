package figure

var activePeople = Metric{
	Name:    "active_people",
	Version: 1,
	Words: "People with at least one act in the period: a prompt of their own, a suggestion, edit or tool use that they accepted, a commit or a pull request. " +
		"Log-ins, heartbeats, what was only shown, and what agents and schedules did do not count. Everybody on the roster, contractors included, whether entitled to the tool or not. " +
		"By day, by week, and over the 28 days that end with a week; never a sum of days.",
	Formula: "people on the roster with acts > 0 on any local day of the period",
	Unit:    "people",
	Source:  "Microsoft's intentional actions and GitHub's engaged users",
	Statistics: []Statistic{
		{Grains: []Grain{Day, Weekly}, Form: Count, Numerator: "countIf(active)", NumeratorOf: []Mark{Active}},
		{Grains: []Grain{Window}, LookBack: 3, Form: Count, Numerator: "countIf(active)", NumeratorOf: []Mark{Active}},
	},
}
