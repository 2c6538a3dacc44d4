package figure

var concentration = Metric{
	Name:    "concentration",
	Version: 1,
	Words: "How much of the use hangs on few people: the share of all prompts in 28 days that the most prompting tenth of the eligible people gave, people without any included. " +
		"Below 0.4 use is broad, above 0.7 it is that of a few. Told of 30 people or more.",
	Formula: "prompts of the ceil(0.1 n) people with most ÷ prompts of all n eligible people",
	Unit:    "share of prompts, 0 to 1",
	Source:  "top shares and the Gini coefficient of inequality research",
	Statistics: []Statistic{
		{
			Grains: []Grain{Window}, LookBack: 3, Form: Ratio, Least: 30, Denominator: "sumIf(prompts, eligible)",
			Numerator: "arraySum(arraySlice(arrayReverseSort(groupArrayIf(prompts, eligible)), 1, intDiv(countIf(eligible) + 9, 10)))",
		},
		{
			Dimensions: map[string]string{"statistic": "gini"}, Words: "Gini coefficient of the prompts, with zeros; told of 10 people or more",
			Grains: []Grain{Window}, LookBack: 3, Form: Level, Least: 10,
			// One division of whole numbers, so that a value half-way between two tenths is rounded as such.
			Value: "if(sumIf(prompts, eligible) = 0, nan, " +
				"(sumIf(prompts, eligible) * (countIf(eligible) + 1) - 2 * arraySum((y, i) -> y * (countIf(eligible) + 1 - i), arraySort(groupArrayIf(prompts, eligible) AS all), arrayEnumerate(all)))" +
				" / (countIf(eligible) * sumIf(prompts, eligible)))",
		},
		{
			Dimensions: map[string]string{"statistic": "half_people"}, Words: "how many people, those with most first, make half of the prompts",
			Grains: []Grain{Window}, LookBack: 3, Form: Count, Least: 30,
			Numerator: "if(sumIf(prompts, eligible) = 0, 0, arrayFirstIndex(x -> 2 * x >= sumIf(prompts, eligible), arrayCumSum(arrayReverseSort(groupArrayIf(prompts, eligible)))))",
		},
	},
}
