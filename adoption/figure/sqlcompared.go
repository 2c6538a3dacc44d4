package figure

import "fmt"

// gap compares two roles, or two levels of seniority. Sums run in the order of
// the departments' names, so that the last digit is the same each time.
func (q *sqlOf) gap() string {
	dimension := "role"
	if _, seniority := q.Dimensions["seniority_a"]; seniority {
		dimension = "seniority"
	}
	sides := fmt.Sprintf(`SELECT toString(department) AS department, %[1]s = %[2]s AS of_a,
        toInt64(countIf(eligible AND active)) AS hits, toInt64(countIf(eligible)) AS heads
    FROM (%[4]s
    )
    WHERE %[5]s AND employment = 'employee' AND %[1]s IN (%[2]s, %[3]s)
    GROUP BY department, of_a`, dimension, text(q.Dimensions[dimension+"_a"]), text(q.Dimensions[dimension+"_b"]), q.standing("active"), q.whose())
	value := "sumIf(hits, of_a) / sumIf(heads, of_a) - sumIf(hits, NOT of_a) / sumIf(heads, NOT of_a)"
	switch q.Dimensions["statistic"] {
	case "ratio":
		value = "if(sumIf(hits, of_a) = 0 OR sumIf(hits, NOT of_a) = 0, NULL, (sumIf(hits, of_a) / sumIf(heads, of_a)) / (sumIf(hits, NOT of_a) / sumIf(heads, NOT of_a)))"
	case "standardised":
		return standardisedSQL(sides)
	}
	return fmt.Sprintf("SELECT NULL AS n, NULL AS d, %s AS v\nFROM\n(\n    %s\n)", value, sides)
}

func standardisedSQL(sides string) string {
	return fmt.Sprintf(`SELECT NULL AS n, NULL AS d, if(isNaN(summed.1 / summed.2), NULL, summed.1 / summed.2) AS v
FROM
(
    SELECT arrayFold((sum, one) -> (sum.1 + one.2 * one.3, sum.2 + one.2), arraySort(groupArray((department, weight, difference))), (0., 0.)) AS summed
    FROM
    (
        SELECT department, toFloat64(sum(heads)) AS weight, sumIf(hits, of_a) / sumIf(heads, of_a) - sumIf(hits, NOT of_a) / sumIf(heads, NOT of_a) AS difference
        FROM
        (
    %s
        ) AS side
        GROUP BY department
        HAVING sumIf(side.heads, of_a) > 0 AND sumIf(side.heads, NOT of_a) > 0
    )
)`, sides)
}

// training stacks the trainings by week, in their order.
func (q *sqlOf) training() string {
	w := trainedWeeks
	if q.Dimensions["statistic"] == "pre_trend" {
		w = priorWeeks
	}
	c := calculation{history: q.history, span: q.span}
	return fmt.Sprintf(`SELECT NULL AS n, NULL AS d, if(stacked.2 = 0, NULL, stacked.1 / (%d. * stacked.2)) AS v
FROM
(
    SELECT arrayFold((sum, one) -> (sum.1 + (one.2 - one.3 * one.4 / one.5), sum.2 + one.3), arraySort(groupArray((t, up, trained, others_up, others))), (0., 0.)) AS stacked
    FROM
    (
        SELECT t, toFloat64(sumIf(rise, treated)) AS up, toFloat64(countIf(treated)) AS trained, toFloat64(sumIf(rise, NOT treated)) AS others_up, toFloat64(countIf(NOT treated)) AS others
        FROM (%s)
        GROUP BY t
        HAVING trained > 0 AND others > 0
    )
)`, common, c.trainingSQL(w))
}

// trainedWeeks are those of the effect, priorWeeks those of the trend before.
var (
	trainedWeeks = trainingWeeks{before: []int{-4, -3, -2, -1}, after: []int{1, 2, 3, 4, 5, 6}}
	priorWeeks   = trainingWeeks{before: []int{-4, -3}, after: []int{-2, -1}}
)
