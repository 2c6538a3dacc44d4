package store

import (
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

const heardBytes = 80

// heard holds rows of the table heard, column by column, each mark once.
type heard struct {
	day            []time.Time
	person, device []string
	tool           []any
	seen           map[mark]struct{}
}

type mark struct {
	day                  int64
	person, device, tool string
}

func (c *heard) add(n *names, e *schema.UsageEvent, occurred time.Time) {
	day := occurred.Truncate(24 * time.Hour)
	m := mark{day.Unix(), n.pseudonym(e.Person), n.pseudonym(e.Device), e.Tool}
	if _, repeated := c.seen[m]; repeated {
		return
	}
	if c.seen == nil {
		c.seen = map[mark]struct{}{}
	}
	c.seen[m] = struct{}{}
	c.day = append(c.day, day)
	c.person = append(c.person, m.person)
	c.device = append(c.device, m.device)
	c.tool = append(c.tool, n.word(e.Tool))
}

func (c *heard) columns() columns {
	return columns{{"day", c.day}, {"person", c.person}, {"device", c.device}, {"tool", c.tool}}
}

func (c *heard) reset() {
	clear(c.seen)
	*c = heard{day: c.day[:0], person: c.person[:0], device: c.device[:0], tool: c.tool[:0], seen: c.seen}
}
