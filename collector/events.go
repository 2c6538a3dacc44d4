package collector

import (
	"context"
	"net/http"
	"sync"

	"github.com/uptake-telemetry/uptake/collector/normalize"
	"github.com/uptake-telemetry/uptake/collector/receiver"
	"github.com/uptake-telemetry/uptake/collector/receiver/events"
	"github.com/uptake-telemetry/uptake/schema"
)

// eventsEndpoint takes events as JSON.
type eventsEndpoint struct {
	intake   *intake
	decoders sync.Pool
}

func newEventsEndpoint(intake *intake) *eventsEndpoint {
	e := &eventsEndpoint{intake: intake}
	e.decoders.New = func() any { return events.NewDecoder(intake.catalogue) }
	return e
}

const eventsAnswerType = "application/json"

// Accepts says whether the content type is one of the four.
func (e *eventsEndpoint) Accepts(contentType string) bool {
	_, known := events.FormOf(contentType)
	return known
}

// Decode turns the body's events into a batch.
func (e *eventsEndpoint) Decode(r *receiver.Request) func(context.Context) receiver.Answer {
	form, _ := events.FormOf(r.ContentType)
	path := schema.Path_PATH_API
	if r.FromExtension {
		path = schema.Path_PATH_EXTENSION
	}
	c := &claims{batch: e.intake.begin(r, path)}
	d := e.decoders.Get().(*events.Decoder)
	err := d.Decode(form, r.Body, c)
	e.decoders.Put(d)
	switch {
	case err != nil:
		c.batch.Close(false)
		return answered(e.Refusal(r.ContentType, http.StatusBadRequest, "the body is not valid JSON of its content type"))
	case c.tooMany:
		c.batch.Close(false)
		return answered(e.Refusal(r.ContentType, http.StatusRequestEntityTooLarge, "there are too many events in the body; send smaller batches"))
	}
	r.Passage.Decoded(form.String(), c.batch.Accepted(), c.batch.Rejected())
	return func(ctx context.Context) receiver.Answer { return e.finish(ctx, r, c) }
}

func answered(a receiver.Answer) func(context.Context) receiver.Answer {
	return func(context.Context) receiver.Answer { return a }
}

func (e *eventsEndpoint) finish(ctx context.Context, r *receiver.Request, c *claims) receiver.Answer {
	c.answer.Accepted = c.batch.Accepted()
	if err := e.intake.store(ctx, c.batch, r.Passage); err != nil {
		return unstored(e, r.ContentType, err)
	}
	status := http.StatusOK
	if c.answer.Accepted == 0 && c.answer.Rejected() > 0 {
		status = http.StatusBadRequest
	}
	return receiver.Answer{Status: status, ContentType: eventsAnswerType, Body: c.answer.JSON()}
}

// Refusal has the form of an answer: of a body that cannot be read the first
// event is refused, of a request that was not looked at none.
func (e *eventsEndpoint) Refusal(_ string, status int, message string) receiver.Answer {
	var answer events.Answer
	if status == http.StatusBadRequest {
		answer.Reject(0, schema.Reject(schema.CodeBadValue, "", "%s", message))
	} else {
		answer.Message = message
	}
	return receiver.Answer{Status: status, ContentType: eventsAnswerType, Body: answer.JSON()}
}

// claims is where the decoder's events become a batch and an answer.
type claims struct {
	batch   *normalize.Batch
	answer  events.Answer
	tooMany bool
}

// maxAnswerBytes bounds what a body of tiny faults can make of itself.
const maxAnswerBytes = 16 << 20

// Event takes an event that reads well.
func (c *claims) Event(index int, e *events.Event) {
	if c.full() {
		return
	}
	if r := c.batch.Claim(&e.Usage, namesOf(e)); r != nil {
		c.Reject(index, r, e)
	}
}

// Reject takes one that does not.
func (c *claims) Reject(index int, r *schema.Rejection, e *events.Event) {
	if c.full() {
		return
	}
	c.answer.Reject(index, r)
	c.batch.RefuseClaim(events.Kept(r), &e.Usage, namesOf(e))
}

func (c *claims) full() bool {
	c.tooMany = c.tooMany || c.answer.Size() > maxAnswerBytes
	return c.tooMany
}

func namesOf(e *events.Event) normalize.Names {
	return normalize.Names{ID: e.ID, Person: e.Person, Device: e.Device, Session: e.Session, UnknownTool: e.UnknownTool}
}
