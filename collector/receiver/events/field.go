package events

import (
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// Bounds in characters; those of tool, version and model are the schema's.
const (
	maxID      = 128
	maxPerson  = 320
	maxDevice  = 256
	maxSession = 256
	maxTime    = 64
	maxWord    = 64
)

// maxNumber is the greatest number that every JSON reader has exactly.
const maxNumber = 1 << 53

const maxLines = 1<<32 - 1

// fieldNames are all fields of an event; the place of each is its bit.
var fieldNames = []string{
	"id", "time", "tool", "tool_version", "surface", "person", "person_kind", "device", "session", "action",
	"initiator", "decision", "model", "tokens", "cost_micro_usd", "lines_added", "lines_removed", "duration_ms", "success",
}

var fieldBits = func() map[string]int {
	bits := map[string]int{}
	for bit, name := range fieldNames {
		bits[name] = bit
	}
	return bits
}()

// personKinds that a sender may state; unknown is for us to say.
var personKinds = map[string]schema.PersonKind{
	"human": schema.PersonKind_PERSON_KIND_HUMAN, "service": schema.PersonKind_PERSON_KIND_SERVICE,
}

var truths = map[bool]*bool{true: new(true), false: new(false)}

// eventField reads the field's value into the event.
func (d *Decoder) eventField(name string) (bit int, r *schema.Rejection, err error) {
	bit, known := fieldBits[name]
	if !known {
		return -1, unknownField("", name), d.reader.skip()
	}
	e, u, in := &d.event, &d.event.Usage, &d.reader
	switch name {
	case "id":
		e.ID, r, err = in.string(name, maxID)
	case "time":
		u.OccurredAtUnixNano, r, err = in.time(name)
	case "tool":
		u.Tool, e.UnknownTool, r, err = in.tool(name, d.catalogue)
	case "tool_version":
		u.ToolVersion, r, err = in.string(name, schema.MaxVersionLen)
	case "surface":
		u.Surface, r, err = word(in, name, schema.SurfaceByName)
	case "person":
		e.Person, r, err = in.string(name, maxPerson)
	case "person_kind":
		u.PersonKind, r, err = word(in, name, personKinds)
	case "device":
		e.Device, r, err = in.string(name, maxDevice)
	case "session":
		e.Session, r, err = in.string(name, maxSession)
	case "action":
		u.Action, r, err = word(in, name, schema.ActionByName)
	case "initiator":
		u.Initiator, r, err = word(in, name, schema.InitiatorByName)
	case "decision":
		u.Decision, r, err = word(in, name, schema.DecisionByName)
	case "model":
		u.Model, r, err = in.string(name, schema.MaxModelLen)
	case "tokens":
		r, err = d.tokens()
	default:
		r, err = d.amount(name)
	}
	return bit, r, err
}

// amount reads the fields that are numbers, and success.
func (d *Decoder) amount(name string) (r *schema.Rejection, err error) {
	u, in, n := &d.event.Usage, &d.reader, uint64(0)
	switch name {
	case "cost_micro_usd":
		u.CostMicroUsd, r, err = in.count(name, maxNumber)
	case "lines_added":
		n, r, err = in.count(name, maxLines)
		u.LinesAdded = uint32(n)
	case "lines_removed":
		n, r, err = in.count(name, maxLines)
		u.LinesRemoved = uint32(n)
	case "duration_ms":
		u.DurationMs, r, err = in.count(name, maxNumber)
	case "success":
		var truth bool
		if truth, r, err = in.truth(name); r == nil && err == nil {
			u.Success = truths[truth]
		}
	}
	return r, err
}

// tokens reads the object of the five buckets.
func (d *Decoder) tokens() (*schema.Rejection, error) {
	if d.reader.dec.PeekKind() != '{' {
		return schema.Reject(schema.CodeBadType, "tokens", "send an object of five numbers"), d.reader.skip()
	}
	d.event.seenTokens = 0
	return d.object("tokens.", (*Decoder).tokenField, &d.event.seenTokens)
}

// tokenField reads one of the buckets.
func (d *Decoder) tokenField(name string) (bit int, r *schema.Rejection, err error) {
	u, in := &d.event.Usage, &d.reader
	switch name {
	case "input_uncached":
		u.TokensInputUncached, r, err = in.count("tokens.input_uncached", maxNumber)
	case "cache_read":
		bit = 1
		u.TokensCacheRead, r, err = in.count("tokens.cache_read", maxNumber)
	case "cache_write":
		bit = 2
		u.TokensCacheWrite, r, err = in.count("tokens.cache_write", maxNumber)
	case "output":
		bit = 3
		u.TokensOutput, r, err = in.count("tokens.output", maxNumber)
	case "reasoning":
		bit = 4
		u.TokensReasoning, r, err = in.count("tokens.reasoning", maxNumber)
	default:
		return -1, unknownField("tokens.", name), in.skip()
	}
	return bit, r, err
}

// unknownField names the field to its sender where it is one word.
func unknownField(parent, name string) *schema.Rejection {
	field := ""
	if plainName(strings.ToLower(name)) {
		field = parent + name
	}
	return schema.Reject(schema.CodeUnknownField, field, "the field is not part of an event; leave it out")
}

// Kept is what may be kept of a rejection beyond the answer: a field that is not
// ours is named only where it is a word that we know, since any other name could
// be content.
func Kept(r *schema.Rejection) *schema.Rejection {
	if r.Code != schema.CodeUnknownField || foreignNames[strings.TrimPrefix(r.Field, "tokens.")] {
		return r
	}
	return &schema.Rejection{Code: r.Code, Message: r.Message}
}

// foreignNames are the names that senders are most likely to give to what an
// event has no room for.
var foreignNames = setOf(
	"answer", "args", "arguments", "attributes", "body", "branch", "chat", "code", "command", "completion", "content",
	"conversation", "cost", "cost_usd", "cwd", "data", "diff", "email", "error", "event", "file", "file_path", "filename",
	"host", "hostname", "input", "input_tokens", "ip", "language", "message", "messages", "metadata", "name", "output",
	"output_tokens", "path", "project", "prompt", "prompt_text", "query", "question", "reply", "repo", "repository",
	"request", "response", "result", "source", "tags", "team", "text", "timestamp", "title", "total", "type", "url",
	"user", "user_email", "user_id", "username", "version", "workspace",
)

func setOf(words ...string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[w] = true
	}
	return set
}

// plainName says whether a name looks like that of a field.
func plainName(name string) bool {
	const most = 32
	if name == "" || len(name) > most {
		return false
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// tool reads the id of a tool, or the word that is none.
func (r *reader) tool(field string, catalogue *tools.Catalogue) (id, unknown string, rejection *schema.Rejection, err error) {
	word, rejection, err := r.string(field, schema.MaxToolLen)
	if rejection != nil || err != nil {
		return "", "", rejection, err
	}
	tool := catalogue.Tool(word)
	if tool == nil {
		return "", word, schema.Reject(schema.CodeUnknownTool, field, "no tool of the catalogue has this id"), nil
	}
	return tool.ID, "", nil, nil
}

// time reads a time of RFC 3339.
func (r *reader) time(field string) (uint64, *schema.Rejection, error) {
	s, rejection, err := r.string(field, maxTime)
	if rejection != nil || err != nil {
		return 0, rejection, err
	}
	// T and Z may be written small.
	at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return 0, schema.Reject(schema.CodeBadTime, field, "send a time of RFC 3339, such as 2026-11-20T09:15:02.123Z"), nil
	}
	if at.Year() < 1971 || at.Year() > 2261 {
		return 0, schema.Reject(schema.CodeBadTime, field, "the year cannot be right"), nil
	}
	return uint64(at.UnixNano()), nil, nil
}
