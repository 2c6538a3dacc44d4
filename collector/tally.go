package collector

import (
	"bytes"
	"slices"

	"github.com/uptake-telemetry/uptake/collector/spool"
	"github.com/uptake-telemetry/uptake/schema"
)

// The classes by which the spool counts what was ever taken: events and
// readings, then dead letters by code. Their places stand in its checkpoint, so
// a new code goes to the end.
const acceptedClass = 0

var rejectedClasses = []schema.Code{
	schema.CodeMissingField, schema.CodeUnknownField, schema.CodeBadType, schema.CodeBadValue,
	schema.CodeUnknownTool, schema.CodeBadTime, schema.CodeTooLong, schema.CodeClosedDay, schema.CodeUndecodable,
}

// uncounted is the class of marks that somebody was heard, which are no events.
const uncounted = -1

// classOf returns the class of a message in the spool.
func classOf(entry []byte) int {
	m, err := schema.DecodeMessage(entry)
	if err != nil {
		return uncounted
	}
	if m.Kind == schema.DeadLetterMessage {
		return classOfLetter(m.Value)
	}
	if isMark(m.Value) {
		return uncounted
	}
	return acceptedClass
}

func classOfLetter(value []byte) int {
	var letter schema.DeadLetter
	if letter.UnmarshalVT(value) != nil {
		return uncounted
	}
	code := slices.Index(rejectedClasses, schema.Code(letter.Code))
	if code < 0 {
		return uncounted
	}
	return acceptedClass + 1 + code
}

// markEnd is the field heard, the last of an event and so the end of its
// encoding. Events that do not end so, which is nearly all, need not be decoded.
var markEnd = func() []byte {
	end, err := (&schema.UsageEvent{Heard: true}).MarshalVT()
	if err != nil {
		panic("collector: an event in memory cannot be encoded: " + err.Error())
	}
	return end
}()

func isMark(value []byte) bool {
	if !bytes.HasSuffix(value, markEnd) {
		return false
	}
	var event schema.UsageEvent
	return event.UnmarshalVT(value) == nil && event.Heard
}

// resume lets the metrics go on where the last process on this folder ended.
func (c *Collector) resume(counts spool.Counts) {
	c.intake.normalizer.Resume(counts[acceptedClass], func(yield func(schema.Code, uint64) bool) {
		for i, code := range rejectedClasses {
			if n := counts[acceptedClass+1+i]; n > 0 && !yield(code, n) {
				return
			}
		}
	})
}
