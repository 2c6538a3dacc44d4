package events

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/uptake-telemetry/uptake/schema"
)

// checked is a sink that holds every event to what the decoder promises.
type checked struct {
	t    *testing.T
	next int
}

func (c *checked) Event(index int, e *Event) {
	c.order(index)
	u := &e.Usage
	if u.Tool == "" || u.Action == 0 || u.OccurredAtUnixNano == 0 {
		c.t.Errorf("an event without tool, action or time is taken")
	}
	for _, s := range []string{e.ID, e.Person, e.Device, e.Session, u.Model, u.ToolVersion} {
		if !utf8.ValidString(s) {
			c.t.Errorf("text that is not UTF-8 is taken")
		}
	}
	if utf8.RuneCountInString(e.ID) > maxID || len(u.Tool) > schema.MaxToolLen {
		c.t.Errorf("text that is too long is taken")
	}
}

func (c *checked) Reject(index int, r *schema.Rejection, _ *Event) {
	c.order(index)
	if r.Code == "" || r.Message == "" || len(r.Field) > 64 {
		c.t.Errorf("got %v", r)
	}
}

func (c *checked) order(index int) {
	if index != c.next {
		c.t.Errorf("event %d comes at place %d", index, c.next)
	}
	c.next++
}

// FuzzDecode looks for bodies that stop the decoder or get something past it.
func FuzzDecode(f *testing.F) {
	for form, body := range map[Form]string{
		JSON: full, Lines: "{" + head + "}\n{\"x\"\n" + strings.ReplaceAll(full, "\n", " "),
		CloudEvent: `{"specversion": "1.0", "type": "uptake.usage.v1", "source": "/ci", "id": "ce-1", "data": {` + head + `}}`,
	} {
		f.Add(byte(form), []byte(body))
	}
	f.Add(byte(JSON), []byte(`[{"time": "2026-11-20T09:15:02+01:00", "tokens": {"output": 1e3, "output": 2}, "success": null}, [], 5, "x"]`))
	c := catalogue(f)
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		form := Form(kind%4) + JSON
		err := NewDecoder(c).Decode(form, body, &checked{t: t})
		if err == nil && form != Lines && !json.Valid(body) {
			t.Errorf("no JSON is taken")
		}
	})
}
