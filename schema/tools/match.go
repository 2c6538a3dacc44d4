package tools

import (
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// Rule returns the rule for a log record or span of the tool, or nil where the
// catalogue maps none.
func (t *Tool) Rule(rec *Record) *Rule {
	set := t.recordsOf(rec)
	if rule := firstRule(set.rules[t.NameOf(rec)], rec); rule != nil {
		return rule
	}
	return firstRule(set.others, rec)
}

// RuleBesides returns the rule for the second fact that a log record or span
// tells, or nil where it tells of one at most.
func (t *Tool) RuleBesides(rec *Record) *Rule {
	set := t.recordsOf(rec)
	if len(set.besides) == 0 {
		return nil
	}
	return firstRule(set.besides[t.NameOf(rec)], rec)
}

func (t *Tool) recordsOf(rec *Record) *records {
	if rec.Signal == Spans {
		return &t.spans
	}
	return &t.logs
}

// anyName is the name of rules for records of any name that no other rule is for.
const anyName = "*"

// NameOf returns the name by which rules know the record.
func (t *Tool) NameOf(rec *Record) string {
	switch rec.Signal {
	case Logs:
		return t.logs.nameOf(rec)
	case Spans:
		return t.spans.nameOf(rec)
	default:
		return rec.Name
	}
}

func firstRule(rules []*Rule, rec *Record) *Rule {
	for _, rule := range rules {
		if holdAll(rule.when, rec) {
			return rule
		}
	}
	return nil
}

// MetricRule returns the rule for a point of the tool, or nil where the
// catalogue maps none.
func (t *Tool) MetricRule(rec *Record) *MetricRule {
	for _, rule := range t.metrics[rec.Name] {
		if holdAll(rule.when, rec) {
			return rule
		}
	}
	return nil
}

// ReadsMetric says whether any rule is for the metric.
func (t *Tool) ReadsMetric(name string) bool { return len(t.metrics[name]) > 0 }

// ReadsBody says whether names of log records may stand in the body.
func (t *Tool) ReadsBody() bool {
	for _, from := range t.logs.nameFrom {
		if from.source == fromBody {
			return true
		}
	}
	return false
}

// Reads says whether a rule of the tool reads the attribute.
func (t *Tool) Reads(slot Slot) bool {
	word := int(slot / 64)
	return word < len(t.reads) && t.reads[word]&(1<<(slot%64)) != 0
}

func (r *records) nameOf(rec *Record) string {
	return strings.TrimPrefix(firstOf(r.nameFrom, rec), r.stripPrefix)
}

// Surface returns where the tool was used.
func (t *Tool) Surface(rec *Record) schema.Surface { return t.surface.of(rec) }

// PersonKind says whose use the record tells of: human unless the file says
// otherwise.
func (t *Tool) PersonKind(rec *Record) schema.PersonKind {
	if kind := t.kind.of(rec); kind != schema.PersonKind_PERSON_KIND_UNKNOWN {
		return kind
	}
	return schema.PersonKind_PERSON_KIND_HUMAN
}

// Authority returns the signals that tell the fact, the one to believe first;
// none where the file does not say.
func (t *Tool) Authority(fact string) []schema.Signal { return t.authority[fact] }

// Person returns the identifier that names the person, and how it is known; it
// is empty where nobody is named.
//
// Clients copy resource attributes onto their records, so an account attribute
// that only repeats the resource is what IT set and no login.
func (t *Tool) Person(rec *Record) (string, schema.Identity) {
	for i := range t.identity {
		id := &t.identity[i]
		identifier := id.in(rec).String()
		if strings.TrimSpace(identifier) == "" || slices.Contains(id.notIn, identifier) {
			continue
		}
		kind := id.kind
		if id.source == fromRecord && kind == schema.Identity_IDENTITY_ACCOUNT {
			if copied := rec.Resource.Get(id.slot); copied.String() == identifier {
				kind = schema.Identity_IDENTITY_ATTRIBUTE
			}
		}
		return identifier, kind
	}
	return "", schema.Identity_IDENTITY_NONE
}

// Device returns the identifier of the device or installation.
func (t *Tool) Device(rec *Record) string { return firstOf(t.device, rec) }

// Session returns the identifier of the session.
func (t *Tool) Session(rec *Record) string { return firstOf(t.session, rec) }

// Version returns the version the tool names itself.
func (t *Tool) Version(rec *Record) string { return firstOf(t.version, rec) }
