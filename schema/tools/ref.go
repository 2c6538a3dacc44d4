package tools

import (
	"encoding/hex"
	"strings"
)

// ref says where a rule finds a value: NAME is an attribute of the record,
// "resource:NAME" one of its resource, "span:parent", "span:kind", "span:status",
// "span:trace", "span:id" and "span:parent_id" what a span has beside attributes.
// "body:KEY" is what stands under KEY of the text beside a log record's name, where
// its body has both. NAME#KEY is the number or word under KEY of an attribute that is text in JSON
// or a list of keys and values; nothing else of it is read.
type ref struct {
	source source
	slot   Slot
	key    string
	// member is where a list's value under the key is.
	member Slot
}

type source uint8

const (
	fromRecord source = iota
	fromResource
	spanParent
	spanKind
	spanStatus
	spanTrace
	spanID
	spanParentID
	fromName
	fromEventName
	fromBody
	fromDetail
)

var spanSources = map[string]source{
	"parent": spanParent, "kind": spanKind, "status": spanStatus, "trace": spanTrace, "id": spanID, "parent_id": spanParentID,
}

// nameSources are where the name of a record may stand, beside attributes.
var nameSources = map[string]source{"name": fromName, "event_name": fromEventName, "body": fromBody}

func (b *compiler) ref(name string) ref {
	if part, of := strings.CutPrefix(name, "span:"); of {
		if s, known := spanSources[part]; known {
			return ref{source: s}
		}
	}
	if key, of := strings.CutPrefix(name, "body:"); of {
		return ref{source: fromDetail, key: key}
	}
	r := ref{}
	if rest, resource := strings.CutPrefix(name, "resource:"); resource {
		name, r.source = rest, fromResource
	}
	name, r.key, _ = strings.Cut(name, "#")
	r.slot = b.catalogue.slot(name)
	b.read[r.slot] = true
	if r.key != "" {
		r.member = b.catalogue.slot(MemberName(name, r.key))
		b.read[r.member] = true
	}
	return r
}

// MemberName is the name of what stands under a key of an attribute that is a
// list of keys and values.
func MemberName(attribute, key string) string { return attribute + "#" + key }

func (b *compiler) nameRef(name string) ref {
	if s, known := nameSources[name]; known {
		return ref{source: s}
	}
	return b.ref(name)
}

func (b *compiler) refs(names []string) []ref {
	refs := make([]ref, len(names))
	for i, name := range names {
		refs[i] = b.ref(name)
	}
	return refs
}

// in returns the value, which stays valid until the record changes.
func (r *ref) in(rec *Record) *Value {
	var v *Value
	switch r.source {
	case fromRecord:
		v = rec.Attributes.at(r.slot)
	case fromResource:
		v = rec.Resource.at(r.slot)
	default:
		return r.around(rec)
	}
	if r.key != "" {
		if m := rec.Attributes.at(r.member); r.source == fromRecord && m.Kind != KindNone {
			return m
		}
		rec.scratch = rec.text.member(v.Str, r.key)
		return &rec.scratch
	}
	return v
}

// around returns what a record has beside attributes.
func (r *ref) around(rec *Record) *Value {
	word := ""
	switch r.source {
	case spanParent:
		if !rec.HasParent {
			return &noValue
		}
		return &yes
	case spanKind:
		word = spanKinds[min(int(rec.Kind), len(spanKinds)-1)]
	case spanStatus:
		word = spanStatuses[min(int(rec.Status), len(spanStatuses)-1)]
	case spanTrace:
		word = hexOf(rec.TraceID[:])
	case spanID:
		word = hexOf(rec.SpanID[:])
	case spanParentID:
		word = hexOf(rec.ParentID[:])
	case fromName:
		word = rec.Name
	case fromEventName:
		word = rec.EventName
	case fromBody:
		word = rec.Body
	case fromDetail:
		rec.scratch = rec.text.member(rec.Detail, r.key)
		return &rec.scratch
	}
	rec.scratch = Value{Kind: KindString, Str: word}
	return &rec.scratch
}

// hexOf writes an id; zeros are none.
func hexOf(id []byte) string {
	for _, b := range id {
		if b != 0 {
			return hex.EncodeToString(id)
		}
	}
	return ""
}

var (
	noValue Value
	yes     = Value{Kind: KindBool, Bool: true}
)

// The words for a span's kind and status, by their numbers in OTLP.
var (
	spanKinds    = []string{"", "internal", "server", "client", "producer", "consumer", ""}
	spanStatuses = []string{"", "ok", "error", ""}
)

// firstOf returns the first of the attributes that says something, as a word.
func firstOf(refs []ref, rec *Record) string {
	for i := range refs {
		if s := refs[i].in(rec).String(); s != "" {
			return s
		}
	}
	return ""
}
