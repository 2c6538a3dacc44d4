package store

import (
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// insertedAt is the column that is filled in when the rows are sent.
const insertedAt = "inserted_at"

// way holds the columns that tell how a row came, for whoever follows one event.
type way struct {
	collector           []any
	published, inserted []time.Time
	partition           []int32
	offset              []int64
}

func (c *way) add(n *names, e *schema.UsageEvent, from Origin) {
	c.collector = append(c.collector, n.word(e.Collector))
	c.published = append(c.published, published(from.Published))
	c.inserted = append(c.inserted, time.Time{})
	c.partition = append(c.partition, int32(from.Partition))
	c.offset = append(c.offset, from.Offset)
}

// published returns a time that the table can hold. A sender that sets none, or
// an absurd one, must not keep its event from being stored.
func published(t time.Time) time.Time {
	if t.Year() < 1971 || t.Year() > 2261 {
		return time.Unix(0, 0).UTC()
	}
	return t
}

func (c *way) columns() columns {
	return columns{
		{"collector", c.collector}, {"published_at", c.published}, {"partition", c.partition}, {"offset", c.offset},
		{insertedAt, c.inserted},
	}
}

// reset returns the same room, empty.
func (c *way) reset() way {
	return way{
		collector: c.collector[:0], published: c.published[:0], inserted: c.inserted[:0],
		partition: c.partition[:0], offset: c.offset[:0],
	}
}
