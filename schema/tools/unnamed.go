package tools

import (
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

// joinUnnamed makes the tool that stands in while a record is decoded of which
// neither service nor scope is known.
func (c *Catalogue) joinUnnamed() {
	c.unnamed = &Tool{reads: make([]uint64, len(c.slots)/64+1)}
	for _, m := range c.attributes {
		for word, bits := range m.tool.reads {
			c.unnamed.reads[word] |= bits
		}
	}
}

// Unnamed is the tool of records whose service and scope are not known. Settle
// says whose they are once their attributes are read.
func (c *Catalogue) Unnamed() *Tool { return c.unnamed }

// Settle gives a record of the unnamed tool its own, told by the attributes that
// it has; nil where they tell none. Of several tools the file read last wins,
// because conventions build on each other.
func (c *Catalogue) Settle(rec *Record) {
	if rec.Tool != c.unnamed {
		return
	}
	rec.Tool = nil
	for i := range c.attributes {
		if v := rec.Attributes.Get(c.attributes[i].slot); v.Kind != KindNone {
			rec.Tool = c.attributes[i].tool
		}
	}
}

// OfMetric returns the tool whose convention the metric's name follows, or nil.
func (c *Catalogue) OfMetric(name string) *Tool { return firstPrefix(c.metricPrefixes, name) }

// Orders returns for each tool and fact the signals that tell it, the best first.
func (c *Catalogue) Orders() map[string]map[string][]schema.Signal {
	orders := make(map[string]map[string][]schema.Signal, len(c.tools))
	for _, tool := range c.tools {
		orders[tool.ID] = tool.authority
	}
	return orders
}

// Signals names the signals from which the tool is counted.
func (t *Tool) Signals() []string {
	var names []string
	for _, has := range []struct {
		name string
		any  bool
	}{{"logs", len(t.logs.rules) > 0}, {"spans", len(t.spans.rules) > 0}, {"metrics", len(t.metrics) > 0}} {
		if has.any {
			names = append(names, has.name)
		}
	}
	return names
}

// File returns the tool's file as it was read, for those who explain it. It must
// not be changed.
func (t *Tool) File() *File { return t.file }

// IsContent says whether the name is that of content that is never read.
func (f *File) IsContent(name string) bool {
	for _, content := range f.Content {
		if prefix, all := strings.CutSuffix(content, "*"); name == content || all && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Attributes names all attributes that the tool's rules read, in no order.
func (t *Tool) Attributes() []string { return t.attributes }
