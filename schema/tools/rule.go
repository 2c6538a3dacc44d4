package tools

import (
	"errors"
	"fmt"

	"github.com/uptake-telemetry/uptake/schema"
)

// Rule makes an event of a log record or a span.
type Rule struct {
	Name string
	// Besides says that the event is a second one of the record.
	Besides bool

	timeless  bool
	atStart   bool
	when      []condition
	action    choices[schema.Action]
	initiator choices[schema.Initiator]
	decision  choices[schema.Decision]
	id        []ref
	model     []ref
	success   success
	tokens    [5]amounts
	numbers   [4]amounts
	// evidence by action.
	evidence []schema.Evidence
}

// success is a fixed truth or an attribute that tells it.
type success struct {
	given, fixed, truth bool
	ref                 ref
}

func (b *compiler) rule(signal string, f *RuleFile) (rule *Rule, err error) {
	if f.Name == "" {
		return nil, errors.New("name: say which records the rule is for")
	}
	if f.At != "" && (f.At != "start" || signal != "spans") {
		return nil, fmt.Errorf("at: %q must be start, of a span; the end needs no word", f.At)
	}
	rule = &Rule{Name: f.Name, Besides: f.Besides, timeless: f.Timeless, atStart: f.At == "start", id: b.refs(f.ID), model: b.refs(f.Model), success: b.success(f.Success)}
	if rule.timeless && len(rule.id) == 0 {
		return nil, errors.New("timeless: needs the attributes of id")
	}
	if rule.when, err = b.conditions(f.When); err != nil {
		return nil, err
	}
	if rule.action, err = compileChoices(b, "action", f.Action, schema.ActionByName); err != nil {
		return nil, err
	}
	if rule.initiator, err = compileChoices(b, "initiator", f.Initiator, schema.InitiatorByName); err != nil {
		return nil, err
	}
	if rule.decision, err = compileChoices(b, "decision", f.Decision, schema.DecisionByName); err != nil {
		return nil, err
	}
	if err := b.ruleNumbers(rule, f); err != nil {
		return nil, err
	}
	return rule, b.ruleEvidence(rule, signal)
}

// ruleEvidence settles for each action of the rule how well the signal knows it.
func (b *compiler) ruleEvidence(rule *Rule, signal string) error {
	if len(rule.action) == 0 {
		return errors.New("action: say what the record is")
	}
	rule.evidence = make([]schema.Evidence, len(schema.Action_name))
	for _, choice := range rule.action {
		evidence, err := b.file.evidence(signal, factOfAction[choice.is])
		if err != nil {
			return err
		}
		rule.evidence[choice.is] = evidence
	}
	return b.tellsFigures(rule, signal)
}

// tellsFigures sees that the signal may tell the numbers of the rule, since each
// counts by an authority of its own.
func (b *compiler) tellsFigures(rule *Rule, signal string) error {
	for _, told := range []struct {
		fact    string
		amounts []amounts
	}{{"tokens", rule.tokens[:]}, {"cost", rule.numbers[:1]}, {"lines", rule.numbers[1:3]}} {
		for _, a := range told.amounts {
			if a == nil {
				continue
			}
			if _, err := b.file.evidence(signal, told.fact); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *compiler) ruleNumbers(rule *Rule, f *RuleFile) (err error) {
	t := &f.Tokens
	for i, a := range []Amounts{t.InputUncached, t.CacheRead, t.CacheWrite, t.Output, t.Reasoning} {
		if rule.tokens[i], err = b.amounts(a); err != nil {
			return fmt.Errorf("tokens: %w", err)
		}
	}
	for i, a := range []Amounts{f.CostMicroUSD, f.LinesAdded, f.LinesRemoved, f.DurationMS} {
		if rule.numbers[i], err = b.amounts(a); err != nil {
			return err
		}
	}
	return nil
}

func (b *compiler) success(word string) success {
	switch word {
	case "":
		return success{}
	case "true", "false":
		return success{given: true, fixed: true, truth: word == "true"}
	default:
		return success{given: true, ref: b.ref(word)}
	}
}

// Fill writes into the event what the record says: action, initiator, decision,
// model, tokens, cost, lines, duration, success and evidence.
func (r *Rule) Fill(rec *Record, e *schema.UsageEvent) {
	e.Action = r.action.of(rec)
	e.Evidence = r.evidence[e.Action]
	e.Initiator = r.initiator.of(rec)
	if e.Initiator == schema.Initiator_INITIATOR_UNSPECIFIED {
		e.Initiator = schema.Initiator_INITIATOR_USER
	}
	e.Decision = r.decision.of(rec)
	e.Model = firstOf(r.model, rec)
	e.TokensInputUncached = r.tokens[0].of(rec)
	e.TokensCacheRead = r.tokens[1].of(rec)
	e.TokensCacheWrite = r.tokens[2].of(rec)
	e.TokensOutput = r.tokens[3].of(rec)
	e.TokensReasoning = r.tokens[4].of(rec)
	e.CostMicroUsd = r.numbers[0].of(rec)
	e.LinesAdded = clampUint32(r.numbers[1].of(rec))
	e.LinesRemoved = clampUint32(r.numbers[2].of(rec))
	e.DurationMs = r.numbers[3].of(rec)
	r.fillSuccess(rec, e)
}

// succeeded and failed are what Success of an event points at, so that none is
// allocated.
var succeeded, failed = new(true), new(false)

func (r *Rule) fillSuccess(rec *Record, e *schema.UsageEvent) {
	if !r.success.given {
		return
	}
	truth, ok := r.success.truth, r.success.fixed
	if !ok {
		v := r.success.ref.in(rec)
		truth, ok = v.Truth()
	}
	switch {
	case ok && truth:
		e.Success = succeeded
	case ok:
		e.Success = failed
	}
}

// Occurred is when the fact happened, in nanoseconds since 1970. Some clients
// set only the time at which their own exporter saw the record.
func (r *Rule) Occurred(rec *Record) uint64 {
	if r.atStart && rec.Start != 0 {
		return rec.Start
	}
	return rec.Occurred()
}

// Timeless says whether the record's native id is enough without its time.
func (r *Rule) Timeless(rec *Record) bool {
	for i := range r.id {
		if r.id[i].in(rec).String() == "" {
			return false
		}
	}
	return r.timeless
}

// NativeID returns the parts of the record's native id, in order.
func (r *Rule) NativeID(rec *Record, parts []Value) []Value {
	for i := range r.id {
		parts = append(parts, *r.id[i].in(rec))
	}
	return parts
}
