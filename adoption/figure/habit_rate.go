package figure

var habitRate = Metric{
	Name:       "habit_rate",
	Version:    1,
	Words:      "Of the eligible people, the share for whom the tool is a habit: the tiers power and habitual of tier_share together. Habit, not volume, tells who stays. With Wilson's 95 % interval.",
	Formula:    "(eligible people of tier power + those of tier habitual) ÷ eligible people",
	Unit:       "share of eligible people, 0 to 1",
	Source:     "the usage segments of Microsoft's Viva Insights",
	Statistics: []Statistic{tierOf("tier IN ('power', 'habitual')", Habit)},
}
