package demo

import "slices"

// seat is a named entitlement from a day on; it is never given back, not even by
// those who leave, which is what idle seats are made of.
type seat struct {
	tool     string
	from     int
	priceUSD float64
}

// Tools that everybody may use, and the monthly price of a named seat of the others.
var (
	freeTools  = []string{"chatgpt", "claude-web", "gemini-web", "copilot-web", "perplexity"}
	seatPrices = map[string]float64{"claude-code": 100, "codex": 60, "gemini-cli": 45, "m365-copilot": 30}
)

// Usual tools by weight.
var (
	codingTools = []string{"claude-code", "claude-code", "claude-code", "codex", "codex", "gemini-cli"}
	chatTools   = []string{"chatgpt", "chatgpt", "chatgpt", "claude-web", "claude-web", "m365-copilot", "m365-copilot", "gemini-web", "perplexity", "copilot-web"}
)

// equip gives everybody tools, the seats for them, and most the extension.
func (c *Company) equip() {
	random := c.random("equip")
	for _, m := range c.members {
		usualTools, spare := chatTools, "m365-copilot"
		if m.github != "" {
			usualTools, spare = codingTools, "claude-code"
		}
		m.extension = random.IntN(100) < 96
		m.tools = []string{usualTools[random.IntN(len(usualTools))]}
		if second := chatTools[random.IntN(len(chatTools))]; random.IntN(100) < 45 && second != m.tools[0] {
			m.tools = append(m.tools, second)
		}
		wanted := slices.Clone(m.tools)
		if random.IntN(100) < 40 {
			wanted = append(wanted, spare)
		}
		c.assign(m, wanted, random.IntN(40))
	}
}

func (c *Company) assign(m *member, wanted []string, week int) {
	slices.Sort(wanted)
	for _, tool := range slices.Compact(wanted) {
		price, named := seatPrices[tool]
		if !named {
			continue
		}
		// Before the first use, so that nobody uses what he is not entitled to.
		from := max(m.spells[0].from, min(m.firstAt, 0)-7*week)
		m.seats = append(m.seats, seat{tool, from, price})
	}
}
