package figure

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

var trainingEffect = Metric{
	Name:    "training_effect",
	Version: 1,
	Words: "By how much more use rose among the trained than among those not yet trained at the same time. Each person's share of active weeks of the six after the week of the first training less that of the four before; " +
		"the same of people whose first training is more than seven weeks later or never; the difference of the two means, over the trainings of 26 weeks, weighted by the trained. " +
		"Told of 30 trained people or more. The interval is that of 1000 draws of whole teams.",
	Formula: "mean over the trained of (active weeks of +1 … +6 − of −4 … −1) − the same mean over the not yet trained, stacked over training weeks",
	Unit:    "difference of shares of weeks, -1 to 1",
	Source:  "stacked difference in differences, as for staggered treatments; cluster bootstrap by team",
	Statistics: []Statistic{
		{Grains: []Grain{Weekly}, Form: Level, Rows: AnyTool, Cuts: OnlyTotal, Least: leastTrained, read: readTraining(trainedWeeks)},
		{
			Dimensions: map[string]string{"statistic": "pre_trend"}, Words: "the same from weeks -4 and -3 to weeks -2 and -1: whether the two groups were already moving apart",
			Grains: []Grain{Weekly}, Form: Level, Rows: AnyTool, Cuts: OnlyTotal, Least: leastTrained, read: readTraining(priorWeeks),
		},
	},
}

const (
	leastTrained = 30
	// trainingSpan is over how many weeks trainings are stacked, the last of them
	// followed for six weeks.
	trainingSpan  = 26
	trainingAfter = 6
	trainingPrior = 4
	// untrainedFor is for how many weeks after a training others must be without.
	untrainedFor = 7
	// common is divided by every number of weeks that a person may be there, so that
	// shares add up exactly.
	common = 60
)

// trainingWeeks are those that are compared, relative to that of the training.
type trainingWeeks struct{ before, after []int }

// mask has the bits of weeks around week t; bit 0 is the earliest that any
// training looks at.
func mask(t string, weeks []int) string {
	var all uint64
	for _, n := range weeks {
		all |= 1 << (n + trainingPrior)
	}
	return fmt.Sprintf("bitShiftLeft(toUInt64(%d), %s)", all, t)
}

// trainingSQL has a row per person and training week t, counted from the
// earliest: whether trained then, and the rise of their share of active weeks, in sixtieths.
func (c *calculation) trainingSQL(w trainingWeeks) string {
	earliest := c.Week().Add(-trainingAfter - trainingSpan + 1)
	least := max(0, c.history.First.since(earliest)+trainingPrior)
	weeks := trainingSpan + trainingPrior + trainingAfter
	from := earliest.Add(-trainingPrior)
	return fmt.Sprintf(`
SELECT t, team, trained = t AS treated,
    intDiv(%[1]d, bitCount(bitAnd(there, later))) * bitCount(bitAnd(bitAnd(active, there), later)) - intDiv(%[1]d, bitCount(bitAnd(there, sooner))) * bitCount(bitAnd(bitAnd(active, there), sooner)) AS rise
FROM
(
    SELECT t, team, trained, there, active, %[2]s AS sooner, %[3]s AS later
    FROM
    (
        SELECT person, argMax(team, valid_from) AS team, groupBitOr(%[4]s) AS there
        FROM roster WHERE %[5]s GROUP BY person
    ) AS known
    LEFT JOIN (SELECT person, intDiv(%[12]s - %[6]d, 7) AS trained, true AS once FROM training GROUP BY person) AS course ON course.person = known.person
    LEFT JOIN
    (
        SELECT person, groupBitOr(bitShiftLeft(toUInt64(1), intDiv(toInt32(day) - %[7]d, 7))) AS active
        FROM (%[8]s) GROUP BY person
    ) AS done ON done.person = known.person
    ARRAY JOIN range(%[9]d, %[10]d) AS t
    WHERE NOT once OR trained = t OR trained > t + %[11]d
)
WHERE bitAnd(there, sooner) != 0 AND bitAnd(there, later) != 0
SETTINGS join_use_nulls = 0`, common, mask("t", w.before), mask("t", w.after), weekBits(from, weeks, "valid_from", "valid_to"),
		fmt.Sprintf("valid_from <= '%s' AND valid_to >= '%s'", c.last().Format(time.DateOnly), from.Monday()),
		earliest.number(), from.number(), acts(from.Start(), c.last()), least, max(least, trainingSpan), untrainedFor, mondayOf("toInt32(min(completed_on))"))
}

// weekBits has a bit for each week of some that a row of the roster touches.
func weekBits(first Week, weeks int, from, to string) string {
	a := fmt.Sprintf("greatest(intDiv(toInt32(%s) - %d, 7), 0)", from, first.number())
	b := fmt.Sprintf("least(intDiv(toInt32(%s) - %d, 7), %d)", to, first.number(), weeks-1)
	return fmt.Sprintf("bitShiftLeft(bitShiftLeft(toUInt64(1), %[2]s - %[1]s + 1) - 1, %[1]s)", a, b)
}

// cohort is what people of one team and training week rose by together.
type cohort struct {
	week                int64
	trained, others     int64
	trainedUp, othersUp int64
}

func (c *calculation) cohorts(ctx context.Context, w trainingWeeks) (byTeam map[string][]cohort, err error) {
	rows, err := c.conn.Query(ctx, fmt.Sprintf(`SELECT toString(team), toInt64(t), toInt64(countIf(treated)), toInt64(countIf(NOT treated)), toInt64(sumIf(rise, treated)), toInt64(sumIf(rise, NOT treated))
FROM (%s) GROUP BY team, t ORDER BY team, t`, c.trainingSQL(w)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byTeam = map[string][]cohort{}
	for rows.Next() {
		var team string
		var g cohort
		if err := rows.Scan(&team, &g.week, &g.trained, &g.others, &g.trainedUp, &g.othersUp); err != nil {
			return nil, err
		}
		byTeam[team] = append(byTeam[team], g)
	}
	return byTeam, rows.Err()
}

// stacked adds up cohorts by week.
type stacked [trainingSpan]cohort

func (s *stacked) add(cohorts []cohort) {
	for _, g := range cohorts {
		to := &s[g.week]
		to.trained, to.others = to.trained+g.trained, to.others+g.others
		to.trainedUp, to.othersUp = to.trainedUp+g.trainedUp, to.othersUp+g.othersUp
	}
}

// effect is the mean over weeks in which there are both, weighted by the trained.
func (s *stacked) effect() (value float64, trained int64) {
	for _, g := range s {
		if g.trained > 0 && g.others > 0 {
			value += float64(g.trainedUp) - float64(g.trained)*float64(g.othersUp)/float64(g.others)
			trained += g.trained
		}
	}
	return value / (common * float64(trained)), trained
}

func readTraining(w trainingWeeks) reader {
	return func(ctx context.Context, c *calculation, m Metric, s Statistic) ([]Table, error) {
		var byTeam map[string][]cohort
		if c.history.trained {
			var err error
			if byTeam, err = c.cohorts(ctx, w); err != nil {
				return nil, err
			}
		}
		t := Table{Metric: m, Statistic: s, Dimensions: s.Dimensions, Single: true, Numerator: []int64{0}, Low: []float64{math.NaN()}, High: []float64{math.NaN()}}
		var all stacked
		for _, cohorts := range byTeam {
			all.add(cohorts)
		}
		effect, trained := all.effect()
		t.Values, t.People = []float64{effect}, []int64{trained}
		if trained >= leastTrained {
			t.Low[0], t.High[0] = bootstrap(byTeam)
		}
		return []Table{t}, nil
	}
}

// draws is how often teams are drawn anew.
const draws = 1000

// bootstrap draws as many teams as there are, with repeats, and takes the
// middle 95 % of the effects. The seed is fixed, so that a figure is the same
// whenever it is calculated.
func bootstrap(byTeam map[string][]cohort) (low, high float64) {
	var teams []string
	for team := range byTeam {
		teams = append(teams, team)
	}
	slices.Sort(teams)
	random := rand.New(rand.NewPCG(1, 1))
	var effects []float64
	for range draws {
		var all stacked
		for range teams {
			all.add(byTeam[teams[random.IntN(len(teams))]])
		}
		if effect, _ := all.effect(); !math.IsNaN(effect) {
			effects = append(effects, effect)
		}
	}
	slices.Sort(effects)
	if len(effects) == 0 {
		return math.NaN(), math.NaN()
	}
	return effects[len(effects)*25/1000], effects[min(len(effects)-1, len(effects)*975/1000)]
}
