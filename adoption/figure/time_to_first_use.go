package figure

import "fmt"

var timeToFirstUse = Metric{
	Name:    "time_to_first_use",
	Version: 1,
	Words: "Of the people whose entitlement to a tool of the row began in the week, the share that had its first act with one within 7 days. It begins with the first named seat, " +
		"or with the start on the roster where everybody has the tool. The row appears once all have had the time. With Wilson's 95 % interval.",
	Formula: "people with an act at most 7 days after the entitlement began ÷ people whose entitlement began in the week",
	Unit:    "share of the people who began, 0 to 1",
	Source:  "time to value, as software vendors measure onboarding",
	Statistics: []Statistic{
		usedWithin(7, 1), usedWithin(28, 4),
		{
			Dimensions: map[string]string{"statistic": "median"}, Words: "days until half of them had used it, by Kaplan and Meier; censored at the last day of the last final week, at most 12 weeks later",
			Grains: []Grain{Weekly}, Ahead: 1, Form: Level, Denominator: "countIf(entitled)", People: "countIf(entitled)",
			Value: "ifNull(arrayFirstOrNull(t -> arrayProduct(arrayMap(u -> 1 - countEqual(uses, u) / arrayCount(x -> x >= u, times), arrayFilter(u -> u <= t, steps))) <= 0.5 + 1e-9, " +
				"arraySort(arrayDistinct(groupArrayIf(first_use, entitled AND first_use >= 0) AS uses)) AS steps), " +
				"if(empty(groupArrayIf(if(first_use >= 0, first_use, followed), entitled) AS times), nan, nan))",
		},
	},
}

func usedWithin(days, weeks int) Statistic {
	s := Statistic{
		Grains: []Grain{Weekly}, Ahead: weeks, Form: PeopleRate,
		Numerator: fmt.Sprintf("countIf(entitled AND first_use BETWEEN 0 AND %d)", days), Denominator: "countIf(entitled)", People: "countIf(entitled)",
	}
	if days != 7 {
		s.Dimensions, s.Words = map[string]string{"statistic": fmt.Sprint("days", days)}, fmt.Sprintf("within %d days", days)
	}
	return s
}
