package store

import (
	"slices"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// insertedAt is the column that is filled in when the rows are sent.
const insertedAt = "inserted_at"

// way holds the columns that tell how a row came, for whoever follows one event.
// Its times are in milliseconds, as clickhouse-go takes them without boxes.
type way struct {
	collector           []any
	published, inserted []int64
	partition           []int32
	offset              []int64
}

func (c *way) add(n *names, e *schema.UsageEvent, from Origin) {
	c.collector = append(c.collector, n.word(e.Collector))
	c.published = append(c.published, published(from.Published))
	c.partition = append(c.partition, int32(from.Partition))
	c.offset = append(c.offset, from.Offset)
}

// published returns a time that the table can hold. A sender that sets none, or
// an absurd one, must not keep its event from being stored.
func published(t time.Time) int64 {
	const year2100 = 4_102_444_800_000
	if at := t.UnixMilli(); at > 0 && at < year2100 {
		return at
	}
	return 0
}

// columns makes room for the times of insertion, which are not known yet.
func (c *way) columns() columns {
	rows := len(c.offset)
	c.inserted = slices.Grow(c.inserted[:0], rows)[:rows]
	return columns{
		{"collector", c.collector}, {"published_at", c.published}, {"partition", c.partition}, {"offset", c.offset},
		{insertedAt, c.inserted},
	}
}

// reset returns the same room, empty.
func (c *way) reset() way {
	return way{
		collector: c.collector[:0], published: c.published[:0], inserted: c.inserted,
		partition: c.partition[:0], offset: c.offset[:0],
	}
}
