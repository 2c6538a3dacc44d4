package figure

import "fmt"

var tierShare = Metric{
	Name:    "tier_share",
	Version: 1,
	Words: "How eligible people spread over the steps from no use to power use. Of the last 12 weeks: power has acts in 9 or more and 15 acts a week on average, habitual acts in 9 or more, novice one act a week on average, " +
		"low any, none none. Who is known for fewer than 12 weeks, on the roster or because the history began, is judged by the last 4: acts in all 4 in place of 9, averages over 4. With Wilson's 95 % interval.",
	Formula:    "eligible people of the tier ÷ eligible people",
	Unit:       "share of eligible people, 0 to 1",
	Source:     "the usage segments of Microsoft's Viva Insights",
	Statistics: tiers(),
}

var tierWords = []struct {
	tier, words string
	// marks hold for any tool too where they hold for one, but for those that begin with not.
	marks []Mark
}{
	{"power", "acts in 9 of 12 weeks and 15 a week", []Mark{Power, Habit}},
	{"habitual", "acts in 9 of 12 weeks", []Mark{Habit, not + Power}},
	{"novice", "an act a week on average", []Mark{Novice, not + Habit}},
	{"low", "fewer acts", []Mark{Low, not + Habit, not + Novice}},
	{"none", "no act", []Mark{Inactive, not + Habit, not + Novice, not + Low}},
}

func tiers() []Statistic {
	var all []Statistic
	for _, t := range tierWords {
		s := tierOf(fmt.Sprintf("tier = '%s'", t.tier), t.marks...)
		s.Dimensions, s.Words = map[string]string{"tier": t.tier}, t.words
		all = append(all, s)
	}
	return all
}

// tierOf is the share of eligible people on some steps of the ladder.
func tierOf(condition string, marks ...Mark) Statistic {
	s := Statistic{
		Grains: []Grain{Weekly}, LookBack: 3, Form: PeopleRate,
		Numerator: "countIf(eligible AND " + condition + ")", Denominator: "countIf(eligible)",
	}
	if marks != nil {
		s.NumeratorOf, s.DenominatorOf = append([]Mark{Eligible}, marks...), []Mark{Eligible}
	}
	return s
}
