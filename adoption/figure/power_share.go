package figure

var powerShare = Metric{
	Name:       "power_share",
	Version:    1,
	Words:      "Of the eligible people, the share of power users, as tier_share counts them. With Wilson's 95 % interval.",
	Formula:    "eligible people of tier power ÷ eligible people",
	Unit:       "share of eligible people, 0 to 1",
	Source:     "the usage segments of Microsoft's Viva Insights",
	Statistics: []Statistic{tierOf("tier = 'power'", Power, Habit)},
}
