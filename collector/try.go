package collector

import (
	"errors"
	"time"

	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Tried is what one record of a body would become.
type Tried struct {
	// Service and Scope are what tells whose the record is, Tool whose it is,
	// empty where no file knows.
	Service, Scope, Tool string
	// Record is the name of the log record, span or metric.
	Record string
	// Event is what is made of it, nil where nothing is; Why says why not.
	Event *schema.UsageEvent
	Why   string
}

// Attempt is what a whole body would become.
type Attempt struct {
	Records []Tried
	// Unread counts the attributes by name that nothing read.
	Unread map[string]int
}

// Try says what the collector would make of a body, without storing anything.
// Pseudonyms in the events are made with a key of no meaning.
//
// It is for those who write tool files: names of services, scopes, records and
// attributes are given back, so it belongs on the screen of whoever has the body.
func Try(catalogue *tools.Catalogue, signal tools.Signal, encoding otlp.Encoding, body []byte) (*Attempt, error) {
	key, err := schema.NewPseudonymizer(make([]byte, schema.MinKeySize))
	if err != nil {
		return nil, err
	}
	normalizer, err := normalize.New(normalize.Deps{Catalogue: catalogue, Pseudonymizer: key})
	if err != nil {
		return nil, err
	}
	batch := normalizer.Begin(normalize.Sender{Path: schema.Path_PATH_OTLP}, time.Now())
	defer batch.Close(false)
	t := &trial{batch: batch, attempt: &Attempt{Unread: map[string]int{}}}
	decoder := otlp.NewDecoder(catalogue)
	decoder.Watch(t)
	decode := decoder.Protobuf
	if encoding == otlp.JSON {
		decode = decoder.JSON
	}
	return t.attempt, decode(signal, body, t)
}

// trial is both the sink of a decoder and its watcher.
type trial struct {
	batch          *normalize.Batch
	attempt        *Attempt
	service, scope string
}

// Scope notes whose the records are that follow.
func (t *trial) Scope(service, scope string) { t.service, t.scope = service, scope }

// Unread counts an attribute that nothing read.
func (t *trial) Unread(name string) { t.attempt.Unread[name]++ }

// Unknown notes records of which nothing is read.
func (t *trial) Unknown(_ tools.Origin, n int) {
	for range n {
		t.note(Tried{Why: "no file has this service or scope, and no attribute tells whose it is"})
	}
}

func (t *trial) note(r Tried) {
	r.Service, r.Scope = t.service, t.scope
	t.attempt.Records = append(t.attempt.Records, r)
}

// Telemetry notes what the record becomes.
func (t *trial) Telemetry(rec *tools.Record) {
	before := len(t.batch.Entries())
	t.batch.Telemetry(rec)
	r := Tried{Tool: rec.Tool.ID, Record: rec.Tool.NameOf(rec), Why: why(rec)}
	if entries := t.batch.Entries(); len(entries) > before {
		if err := r.read(entries[len(entries)-1]); err != nil {
			r.Why = err.Error()
		}
	}
	t.note(r)
}

// why says what keeps a record from being an event, for records that are none.
func why(rec *tools.Record) string {
	if rec.Signal != tools.Metrics {
		return "no rule of the tool's file is for it"
	}
	rule := rec.Tool.MetricRule(rec)
	switch {
	case rule == nil:
		return "no rule of the tool's file is for it"
	case rule.Measure(rec) == schema.Measure_MEASURE_UNSPECIFIED:
		return "the rule leaves this point out"
	case rule.Value(rec) == 0:
		return "a point of zero says nothing"
	default:
		return "no counter: a gauge, or a sum that may fall"
	}
}

// read takes the event out of a message. A mark of life is no event.
func (r *Tried) read(entry []byte) error {
	message, err := schema.DecodeMessage(entry)
	if err != nil {
		return err
	}
	if message.Kind == schema.DeadLetterMessage {
		var letter schema.DeadLetter
		if err := letter.UnmarshalVT(message.Value); err != nil {
			return err
		}
		return errors.New("refused: " + letter.Field + ": " + letter.Message)
	}
	event := new(schema.UsageEvent)
	if err := event.UnmarshalVT(message.Value); err != nil || event.Heard {
		return err
	}
	r.Event, r.Why = event, ""
	return nil
}
