// Package tools is the catalogue of AI tools: one YAML file a tool, and the
// reader of those files.
//
// A file says how a tool is recognised (service name or scope, never the name
// of an event alone), which signal is the authority for which fact, and by
// which rules its records become facts: what is read, and nothing else. The
// reader is strict: an unknown key or value is an error that names the file and
// the place. A site's own folder of files is read beside the built-in ones.
//
// A Catalogue is made once and is safe for concurrent use; a Record belongs to
// one goroutine.
package tools

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"
	"strings"
)

//go:embed *.yaml
var builtin embed.FS

// Unknown is the label under which records of no known tool are counted.
const Unknown = "unknown"

// Catalogue holds the tools by what tells them apart.
type Catalogue struct {
	byID  map[string]*Tool
	tools []*Tool
	slots map[string]Slot
	index slotIndex

	services, scopes               map[string]*Tool
	servicePrefixes, scopePrefixes []prefixed

	// What tells tools of which neither service nor scope is known.
	attributes     []marker
	metricPrefixes []prefixed
	// unnamed reads what any of those tools reads.
	unnamed *Tool
}

// marker is an attribute that only telemetry of the tool has.
type marker struct {
	slot Slot
	tool *Tool
}

type prefixed struct {
	prefix string
	tool   *Tool
}

// LoadWith reads the built-in files and those of a site's own folder, empty for none.
func LoadWith(folder string) (*Catalogue, error) {
	if folder == "" {
		return Load()
	}
	return Load(os.DirFS(folder))
}

// Load reads the built-in files and then those at the top of each of the site's
// folders. Two files that claim the same id, service name or scope are an error.
func Load(sites ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{
		byID: map[string]*Tool{}, slots: map[string]Slot{},
		services: map[string]*Tool{}, scopes: map[string]*Tool{},
	}
	for _, name := range append([]string{EventNameAttribute, ServiceNameAttribute}, processAttributes...) {
		c.slot(name)
	}
	for _, folder := range append([]fs.FS{builtin}, sites...) {
		if err := c.readFolder(folder); err != nil {
			return nil, err
		}
	}
	c.sortPrefixes()
	c.joinUnnamed()
	return c, nil
}

func (c *Catalogue) readFolder(folder fs.FS) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("read the folder of tool files: %w", err)
	}
	for _, entry := range entries {
		if entry.IsDir() || (path.Ext(entry.Name()) != ".yaml" && path.Ext(entry.Name()) != ".yml") {
			continue
		}
		content, err := fs.ReadFile(folder, entry.Name())
		if err != nil {
			return fmt.Errorf("read tool file: %w", err)
		}
		if err := c.add(content); err != nil {
			return fmt.Errorf("%s: %w", entry.Name(), err)
		}
	}
	return nil
}

func (c *Catalogue) add(content []byte) error {
	file, err := parse(content)
	if err != nil {
		return err
	}
	if _, taken := c.byID[file.ID]; taken {
		return fmt.Errorf("id: %q is the id of another file", file.ID)
	}
	tool, err := c.compile(file)
	if err != nil {
		return err
	}
	if err := c.claim(tool, &file.Recognise); err != nil {
		return err
	}
	c.byID[tool.ID] = tool
	c.tools = append(c.tools, tool)
	return nil
}

// claim enters what a tool is recognised by.
func (c *Catalogue) claim(tool *Tool, r *Recognise) error {
	for _, exact := range []struct {
		key   string
		names []string
		index map[string]*Tool
	}{{"services", r.Services, c.services}, {"scopes", r.Scopes, c.scopes}} {
		for _, name := range exact.names {
			if other, taken := exact.index[name]; taken {
				return fmt.Errorf("recognise.%s: %q already means %s", exact.key, name, other.ID)
			}
			exact.index[name] = tool
		}
	}
	for _, name := range r.Attributes {
		c.attributes = append(c.attributes, marker{c.slot(name), tool})
	}
	for _, p := range r.MetricPrefixes {
		c.metricPrefixes = append(c.metricPrefixes, prefixed{p, tool})
	}
	for _, p := range r.ServicePrefixes {
		c.servicePrefixes = append(c.servicePrefixes, prefixed{p, tool})
	}
	for _, p := range r.ScopePrefixes {
		c.scopePrefixes = append(c.scopePrefixes, prefixed{p, tool})
	}
	return nil
}

// sortPrefixes puts the longest first, so that the closest match wins.
func (c *Catalogue) sortPrefixes() {
	longest := func(a, b prefixed) int { return len(b.prefix) - len(a.prefix) }
	slices.SortStableFunc(c.servicePrefixes, longest)
	slices.SortStableFunc(c.scopePrefixes, longest)
	slices.SortStableFunc(c.metricPrefixes, longest)
	sort.Slice(c.tools, func(i, j int) bool { return c.tools[i].ID < c.tools[j].ID })
}

// Tool returns the tool of the id, or nil.
func (c *Catalogue) Tool(id string) *Tool { return c.byID[id] }

// Tools returns all tools in the order of their ids.
func (c *Catalogue) Tools() []*Tool { return c.tools }

// Recognise returns the tool that sent telemetry of the service name and scope,
// or nil. Exact names come before prefixes, and the service before the scope,
// because several tools of a vendor may share a scope.
func (c *Catalogue) Recognise(service, scope string) *Tool {
	if tool := c.services[service]; tool != nil {
		return tool
	}
	if tool := c.scopes[scope]; tool != nil {
		return tool
	}
	if tool := firstPrefix(c.servicePrefixes, service); tool != nil {
		return tool
	}
	return firstPrefix(c.scopePrefixes, scope)
}

func firstPrefix(known []prefixed, name string) *Tool {
	for _, p := range known {
		if strings.HasPrefix(name, p.prefix) {
			return p.tool
		}
	}
	return nil
}

// Slot returns the place of an attribute that some tool reads. The name is only
// compared, never kept.
func (c *Catalogue) Slot(name string) (Slot, bool) { return c.index.find(name) }

// slot returns the attribute's place, and makes one when it has none.
func (c *Catalogue) slot(name string) Slot {
	slot, known := c.slots[name]
	if !known {
		slot = Slot(len(c.slots))
		c.slots[name] = slot
		c.index.add(name, slot)
	}
	return slot
}
