package tools

import (
	"fmt"

	"github.com/uptake-telemetry/uptake/schema"
)

// Tool is one AI tool of the catalogue, its rules ready for use.
type Tool struct {
	ID, Name, Vendor, Category string

	surface  choices[schema.Surface]
	kind     choices[schema.PersonKind]
	identity []identityRef
	device   []ref
	session  []ref
	version  []ref

	logs, spans records
	metrics     map[string][]*MetricRule

	// authority holds for each fact the signals that tell it, the best first.
	authority map[string][]schema.Signal
	// reads has a bit for each slot that a rule of the tool reads.
	reads      []uint64
	attributes []string
	file       *File
}

type records struct {
	nameFrom    []ref
	stripPrefix string
	rules       map[string][]*Rule
	// others are those of rules for any name.
	others  []*Rule
	besides map[string][]*Rule
}

type identityRef struct {
	ref
	kind  schema.Identity
	notIn []string
}

var identityKinds = map[string]schema.Identity{
	"account": schema.Identity_IDENTITY_ACCOUNT, "attribute": schema.Identity_IDENTITY_ATTRIBUTE,
}

// setByIT are the resource attributes that name a person whatever the tool.
var setByIT = []IdentityFile{
	{Attribute: "resource:enduser.id", Kind: "attribute"}, {Attribute: "resource:user.email", Kind: "attribute"},
	{Attribute: "resource:user.name", Kind: "attribute"},
}

// compiler gathers the slots that one tool reads.
type compiler struct {
	catalogue *Catalogue
	file      *File
	read      map[Slot]bool
}

func (c *Catalogue) compile(file *File) (*Tool, error) {
	b := &compiler{catalogue: c, file: file, read: map[Slot]bool{}}
	b.ref(EventNameAttribute)
	tool := &Tool{ID: file.ID, Name: file.Name, Vendor: file.Vendor, Category: file.Category, authority: file.authority(), file: file}
	steps := []func(*Tool) error{b.persons, b.recordRules, b.metricRules}
	for _, step := range steps {
		if err := step(tool); err != nil {
			return nil, err
		}
	}
	if err := b.readsNoContent(); err != nil {
		return nil, err
	}
	for _, name := range file.Recognise.Attributes {
		b.ref(name)
	}
	for name, slot := range c.slots {
		if b.read[slot] {
			tool.attributes = append(tool.attributes, name)
		}
	}
	tool.reads = make([]uint64, len(c.slots)/64+1)
	for slot := range b.read {
		tool.reads[slot/64] |= 1 << (slot % 64)
	}
	return tool, nil
}

// readsNoContent holds a file to its own word.
func (b *compiler) readsNoContent() error {
	for name, slot := range b.catalogue.slots {
		if b.read[slot] && b.file.IsContent(name) {
			return fmt.Errorf("content: %s is named there, but a rule reads it", name)
		}
	}
	return nil
}

func (b *compiler) persons(tool *Tool) (err error) {
	if tool.surface, err = compileChoices(b, "surface", b.file.Surface, schema.SurfaceByName); err != nil {
		return err
	}
	if tool.kind, err = compileChoices(b, "person_kind", b.file.PersonKind, schema.PersonKindByName); err != nil {
		return err
	}
	identity := b.file.Identity
	if identity == nil {
		identity = setByIT
	}
	for i, id := range identity {
		kind, known := identityKinds[id.Kind]
		if !known || id.Attribute == "" {
			return fmt.Errorf("identity[%d]: name an attribute and its kind, account or attribute", i)
		}
		tool.identity = append(tool.identity, identityRef{b.ref(id.Attribute), kind, id.NotIn})
	}
	tool.device, tool.session, tool.version = b.refs(b.file.Device), b.refs(b.file.Session), b.refs(b.file.Version)
	return nil
}

func (b *compiler) recordRules(tool *Tool) (err error) {
	if tool.logs, err = b.records("logs", &b.file.Logs); err != nil {
		return err
	}
	if b.file.Spans.NameFrom == nil {
		b.file.Spans.NameFrom = []string{"name"}
	}
	tool.spans, err = b.records("spans", &b.file.Spans)
	return err
}

func (b *compiler) records(signal string, file *RecordsFile) (records, error) {
	r := records{stripPrefix: file.StripPrefix, rules: map[string][]*Rule{}, besides: map[string][]*Rule{}}
	for _, from := range file.NameFrom {
		r.nameFrom = append(r.nameFrom, b.nameRef(from))
	}
	for i := range file.Records {
		rule, err := b.rule(signal, &file.Records[i])
		if err != nil {
			return r, fmt.Errorf("%s.records[%d]: %w", signal, i, err)
		}
		set := r.rules
		if rule.Besides {
			set = r.besides
		}
		set[rule.Name] = append(set[rule.Name], rule)
	}
	r.others = r.rules[anyName]
	return r, nil
}

func (b *compiler) metricRules(tool *Tool) error {
	tool.metrics = map[string][]*MetricRule{}
	for i := range b.file.Metrics {
		rule, err := b.metric(&b.file.Metrics[i])
		if err != nil {
			return fmt.Errorf("metrics[%d]: %w", i, err)
		}
		tool.metrics[rule.Name] = append(tool.metrics[rule.Name], rule)
	}
	return nil
}
