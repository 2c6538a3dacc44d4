package tools

import (
	"strings"

	"github.com/uptake-telemetry/uptake/schema"
)

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
