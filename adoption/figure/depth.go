package figure

var depth = Metric{
	Name:    "depth",
	Version: 1,
	Words: "How many prompts an active person gives on an active day: the median over all days of all people with an act in the row, prompts of the row's tools together. " +
		"A day with acts and no prompt counts with 0. Of an even number it is the mean of the two in the middle.",
	Formula: "median over person-days with an act of their prompts",
	Unit:    "prompts per active day",
	Source:  "medians, as skewed volumes ask for",
	Statistics: []Statistic{
		{
			Grains: []Grain{Weekly}, Form: Level, People: "countIf(active)", PeopleOf: []Mark{Active}, Denominator: "sum(length(depth))",
			Value: "if(empty(groupArrayArray(depth) AS days), nan, (arraySort(days)[intDiv(length(days) + 1, 2)] + arraySort(days)[intDiv(length(days) + 2, 2)]) / 2)",
		},
		{
			Dimensions: map[string]string{"statistic": "p90"}, Words: "the 90th percentile, nearest rank",
			Grains: []Grain{Weekly}, Form: Level, People: "countIf(active)", PeopleOf: []Mark{Active}, Denominator: "sum(length(depth))",
			Value: "if(empty(groupArrayArray(depth) AS days), nan, arraySort(days)[intDiv(9 * length(days) + 9, 10)])",
		},
	},
}
