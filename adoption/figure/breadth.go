package figure

var breadth = Metric{
	Name:    "breadth",
	Version: 1,
	Words:   "With how many tools of the row an active person worked in the week, on average. For any tool and the categories.",
	Formula: "sum over active people of their tools ÷ active people",
	Unit:    "tools per active person",
	Source:  "our own, as breadth of use in reports on assistants",
	Statistics: []Statistic{
		{Grains: []Grain{Weekly}, Form: Level, Rows: SeveralTools, Numerator: "sum(tools)", Denominator: "countIf(active)", People: "countIf(active)", DenominatorOf: []Mark{Active}, Uses: true},
		{
			Dimensions: map[string]string{"statistic": "two_categories"}, Words: "share of active people with tools of two or more categories",
			Grains: []Grain{Weekly}, Form: PeopleRate, Rows: AnyTool,
			Numerator: "countIf(categories >= 2)", Denominator: "countIf(active)", People: "countIf(active)", PeopleOf: []Mark{Active}, NumeratorOf: []Mark{Active, "twice"}, DenominatorOf: []Mark{Active}, Twice: true,
		},
	},
}
