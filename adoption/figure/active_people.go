package figure

var activePeople = Metric{
	Name:    "active_people",
	Version: 1,
	Words: "People with at least one act in the week: a prompt of their own, a suggestion, edit or tool use that they accepted, a commit or a pull request. " +
		"Log-ins, heartbeats, what was only shown, and what agents and schedules did do not count. Everybody on the roster in the week, contractors included, whether entitled to the tool or not.",
	Formula:   "people on the roster in the week with acts > 0 on any of its seven local days",
	Unit:      "people",
	Source:    "Microsoft's intentional actions and GitHub's engaged users",
	Grains:    []string{"week"},
	Numerator: []Mark{Active},
}
