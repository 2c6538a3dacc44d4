package figure

import "fmt"

var unattributedShare = Metric{
	Name:    "unattributed_share",
	Version: 1,
	Words: "Of the acts of the week, by days of UTC, the share that belongs to nobody on the roster that day: nobody was named, or somebody who is not on it. " +
		"For the total, any tool and each tool. The target is under 2 %.",
	Formula: "acts of nobody on the roster ÷ all acts",
	Unit:    "share of acts, 0 to 1",
	Source:  "our own: how much of the use the roster does not explain",
	Grains:  []string{"week"},
	ByTool:  unattributedByTool,
}

// unattributedByTool gives tool, numerator and denominator.
func unattributedByTool(week Week) string {
	return fmt.Sprintf(`
SELECT tool, toInt64(sumIf(acts, local_day = toDate(0))) AS numerator, toInt64(sum(acts)) AS denominator
FROM act_day
WHERE day BETWEEN '%s' AND '%s'
GROUP BY tool`, week.Monday(), week.sunday())
}
