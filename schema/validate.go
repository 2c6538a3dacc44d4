package schema

import (
	"math"
	"time"
	"unicode/utf8"
)

// Bounds of an event.
const (
	MaxToolLen    = 64
	MaxVersionLen = 64
	MaxModelLen   = 128
	MaxNameLen    = 64
	// MaxAge and MaxAhead bound the time of an event against its receipt.
	MaxAge   = 400 * 24 * time.Hour
	MaxAhead = 10 * time.Minute
)

// Validate says what keeps the event from being stored: nil, or the first
// thing that is wrong. Times are judged against the time of receipt.
func Validate(e *UsageEvent) *Rejection {
	checks := []func(*UsageEvent) *Rejection{validateID, validateTime, validateTool, validatePseudonyms, validateEnums, validateNumbers}
	for _, check := range checks {
		if r := check(e); r != nil {
			return r
		}
	}
	return nil
}

func validateID(e *UsageEvent) *Rejection {
	if len(e.EventId) != EventIDSize {
		return Reject(CodeBadValue, "event_id", "an event id has %d bytes", EventIDSize)
	}
	return nil
}

func validateTime(e *UsageEvent) *Rejection {
	return ValidateTime(time.Unix(0, int64(e.OccurredAtUnixNano)), time.Unix(0, int64(e.ReceivedAtUnixNano)))
}

// ValidateTime says whether an event of that time can be taken at that moment.
func ValidateTime(occurred, received time.Time) *Rejection {
	switch {
	case occurred.After(received.Add(MaxAhead)):
		return Reject(CodeBadTime, "time", "the time is over 10 minutes ahead; set the clock of the sender")
	case occurred.Before(received.Add(-MaxAge)):
		return Reject(CodeBadTime, "time", "the time is over 400 days ago; events so old are not taken")
	}
	return nil
}

func validateTool(e *UsageEvent) *Rejection {
	if e.Tool == "" {
		return Reject(CodeMissingField, "tool", "name a tool of the catalogue")
	}
	for _, s := range []struct {
		field, value string
		max          int
	}{{"tool", e.Tool, MaxToolLen}, {"tool_version", e.ToolVersion, MaxVersionLen}, {"model", e.Model, MaxModelLen}, {"collector", e.Collector, MaxNameLen}} {
		if len(s.value) > s.max {
			return Reject(CodeTooLong, s.field, "at most %d bytes", s.max)
		}
		if !utf8.ValidString(s.value) {
			return Reject(CodeBadValue, s.field, "send UTF-8")
		}
	}
	return nil
}

func validatePseudonyms(e *UsageEvent) *Rejection {
	for _, p := range []struct {
		field string
		value []byte
	}{{"person", e.Person}, {"device", e.Device}, {"session", e.Session}} {
		if n := len(p.value); n != 0 && n != PseudonymSize {
			return Reject(CodeBadValue, p.field, "a pseudonym has %d bytes", PseudonymSize)
		}
	}
	return nil
}

func validateEnums(e *UsageEvent) *Rejection {
	for _, v := range []struct {
		field string
		value int32
		names map[int32]string
	}{
		{"path", int32(e.Path), Path_name}, {"evidence", int32(e.Evidence), Evidence_name},
		{"surface", int32(e.Surface), Surface_name}, {"person_kind", int32(e.PersonKind), PersonKind_name},
		{"identity", int32(e.Identity), Identity_name}, {"action", int32(e.Action), Action_name}, {"signal", int32(e.Signal), Signal_name},
		{"initiator", int32(e.Initiator), Initiator_name}, {"decision", int32(e.Decision), Decision_name},
	} {
		if _, known := v.names[v.value]; !known {
			return Reject(CodeBadValue, v.field, "a value of a newer version; update ingest first")
		}
	}
	if e.Reading == nil && !e.Heard && e.Action == Action_ACTION_UNSPECIFIED {
		return Reject(CodeMissingField, "action", "an event has an action")
	}
	return nil
}

func validateNumbers(e *UsageEvent) *Rejection {
	if r := e.Reading; r != nil {
		_, measured := Measure_name[int32(r.Measure)]
		switch {
		case len(r.Stream) != EventIDSize:
			return Reject(CodeBadValue, "stream", "a stream id has %d bytes", EventIDSize)
		case !measured || r.Measure == Measure_MEASURE_UNSPECIFIED:
			return Reject(CodeBadValue, "measure", "a measure of a newer version; update ingest first")
		case math.IsNaN(r.Value) || math.IsInf(r.Value, 0) || r.Value < 0:
			return Reject(CodeBadValue, "value", "a counter is a number of 0 or more")
		}
	}
	return nil
}
