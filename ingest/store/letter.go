package store

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
)

const letterBytes = 200

// Bounds of what a letter may say. Its words are ours, so that longer ones are
// a fault of a collector and are cut, not refused.
const (
	maxLetterName    = 64
	maxLetterMessage = 512
)

// letters holds rows of the table dead_letter, column by column.
type letters struct {
	receivedAt               []time.Time
	path, stage              []int8
	tool, code, field, topic []any
	message                  []string
	eventID, letterID        []uuid.UUID
	partition                []int32
	offset                   []int64
}

func (c *letters) add(n *names, l *schema.DeadLetter, received time.Time, letterID uuid.UUID, place Place) {
	c.receivedAt = append(c.receivedAt, received)
	c.path = append(c.path, known(int32(l.Path), schema.Path_name))
	c.stage = append(c.stage, known(int32(l.Stage), schema.Stage_name))
	c.tool = append(c.tool, n.word(cut(l.Tool, maxLetterName)))
	c.code = append(c.code, n.word(cut(l.Code, maxLetterName)))
	c.field = append(c.field, n.word(cut(l.Field, maxLetterName)))
	c.message = append(c.message, cut(l.Message, maxLetterMessage))
	c.eventID = append(c.eventID, id(l.EventId))
	c.topic = append(c.topic, n.word(place.Topic))
	c.partition = append(c.partition, int32(place.Partition))
	c.offset = append(c.offset, place.Offset)
	c.letterID = append(c.letterID, letterID)
}

// known returns 0 for a value of a newer version: a letter is never refused.
func known(value int32, names map[int32]string) int8 {
	if _, found := names[value]; !found {
		return 0
	}
	return int8(value)
}

func cut(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "")
}

func (c *letters) columns() columns {
	return columns{
		{"received_at", c.receivedAt}, {"path", c.path}, {"tool", c.tool}, {"code", c.code}, {"field", c.field},
		{"message", c.message}, {"event_id", c.eventID}, {"stage", c.stage},
		{"topic", c.topic}, {"partition", c.partition}, {"offset", c.offset}, {"letter_id", c.letterID},
	}
}

func (c *letters) reset() {
	*c = letters{
		receivedAt: c.receivedAt[:0], path: c.path[:0], stage: c.stage[:0],
		tool: c.tool[:0], code: c.code[:0], field: c.field[:0], topic: c.topic[:0],
		message: c.message[:0], eventID: c.eventID[:0], partition: c.partition[:0], offset: c.offset[:0],
		letterID: c.letterID[:0],
	}
}
