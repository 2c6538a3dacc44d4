package normalize

import "github.com/uptake-telemetry/uptake/schema"

// Names are the identifiers of an event that its sender states.
type Names struct {
	// ID is the sender's own; with it a repeat is harmless at any later time.
	ID                      string
	Person, Device, Session string
	// UnknownTool is the word of a tool that no catalogue file has, where that is
	// all that is wrong with the event.
	UnknownTool string
}

// Claim takes an event that its sender states field by field, each checked by
// the decoder. The event holds what it stated but for the names; what it left
// out is filled in here.
func (b *Batch) Claim(claimed *schema.UsageEvent, names Names) *schema.Rejection {
	b.complete(claimed, names)
	if r := validWords(claimed); r != nil {
		return r
	}
	if r := b.timely(claimed); r != nil {
		return r
	}
	b.accepted++
	b.encoded = schema.AppendEvent(b.encoded, claimed)
	b.ends = append(b.ends, len(b.encoded))
	return nil
}

// validWords refuses text where a name is meant, and takes it out, since the
// event may become a dead letter.
func validWords(e *schema.UsageEvent) *schema.Rejection {
	if !ModelName(e.Model) {
		e.Model = ""
		return schema.Reject(schema.CodeBadValue, "model", "send the name of a model, without blanks")
	}
	if !VersionName(e.ToolVersion) {
		e.ToolVersion = ""
		return schema.Reject(schema.CodeBadValue, "tool_version", "send a version of letters, digits, dots, dashes, + and _")
	}
	return nil
}

// complete fills in defaults, pseudonyms and the id. It is also used on what is
// known of a refused event.
func (b *Batch) complete(e *schema.UsageEvent, names Names) {
	kind := e.PersonKind
	b.identify(e, names.Person, schema.Identity_IDENTITY_CLAIMED)
	if kind != schema.PersonKind_PERSON_KIND_UNKNOWN {
		e.PersonKind = kind
	}
	if e.Initiator == schema.Initiator_INITIATOR_UNSPECIFIED {
		e.Initiator = schema.Initiator_INITIATOR_USER
	}
	e.Device = b.pseudonym(deviceKind, names.Device)
	e.Session = b.pseudonym(sessionKind, names.Session)
	e.Evidence = schema.Evidence_EVIDENCE_OBSERVED
	if names.ID != "" {
		b.id = b.claimedID(e.Device, names.ID)
	} else {
		b.id = derivedID(e)
	}
	e.EventId = b.id[:]
	e.Path = b.sender.Path
	e.ReceivedAtUnixNano = b.receivedUnixNano()
	e.Collector = b.n.collector
}

// RefuseClaim adds the dead letter of a claimed event. The event holds the
// fields that were good, or is nil when nothing could be read.
func (b *Batch) RefuseClaim(r *schema.Rejection, claimed *schema.UsageEvent, names Names) {
	if claimed == nil {
		b.refuse(r, nil, nil)
		return
	}
	whole := validWords(claimed) == nil && (names.UnknownTool != "" || r.Code == schema.CodeBadTime && claimed.OccurredAtUnixNano != 0)
	tool := claimed.Tool
	if names.UnknownTool != "" {
		// The word becomes part of an id that is derived, and stays in nothing else.
		claimed.Tool = names.UnknownTool
	}
	b.complete(claimed, names)
	claimed.Tool = tool
	if names.ID == "" && !whole {
		// An id of half an event would be that of no event.
		claimed.EventId = nil
	}
	if !whole || b.timely(claimed) != nil {
		names.UnknownTool = ""
	}
	b.refuse(r, claimed, b.unknownTool(names.UnknownTool))
}

// unknownTool returns the pseudonym of a word that names a tool, nil where no
// file can have such an id.
func (b *Batch) unknownTool(word string) []byte {
	if word != schema.NormalizeIdentifier(word) {
		return nil
	}
	return b.n.pseudonymizer.Append(nil, schema.ToolIdentifier, word)
}

// claimedID returns the id of an event that has one of its sender.
func (b *Batch) claimedID(device []byte, id string) [schema.EventIDSize]byte {
	b.ids.Claim(b.sender.Token, device, id)
	return b.ids.Sum()
}

// derivedID is made of the whole event after defaults, but for how it came.
func derivedID(e *schema.UsageEvent) [schema.EventIDSize]byte {
	identity := e.Identity
	e.EventId, e.ReceivedAtUnixNano, e.Path, e.Identity, e.Collector = nil, 0, 0, 0, ""
	content, err := e.MarshalVT()
	if err != nil {
		panic("normalize: an event in memory cannot be encoded: " + err.Error())
	}
	e.Identity = identity
	return schema.EventID("event", string(content))
}
