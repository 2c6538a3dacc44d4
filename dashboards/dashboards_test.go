package dashboards_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/uptake-telemetry/uptake/dashboards"
)

// source is the data source that provisioning makes.
var source = datasource{Type: "grafana-clickhouse-datasource", UID: "clickhouse"}

// units that our figures need, all known to Grafana.
var units = []string{"percentunit", "none", "short", "string", ""}

// transformations that are in the published library, not in Grafana's core alone.
var transformations = []string{
	"filterFieldsByName", "filterByRefId", "filterByValue", "formatString", "formatTime", "organize", "reduce", "concatenate", "calculateField",
	"joinByField", "seriesToRows", "labelsToFields", "groupBy", "sortBy", "merge", "renameByRegex", "histogram", "convertFieldType", "groupingToMatrix", "limit",
	"groupToNestedTable", "transpose",
}

func strict(t *testing.T, from []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(from))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Errorf("%v in %.80s", err, from)
	}
}

// all reads every dashboard of the package.
func all(t *testing.T) map[string]dashboard {
	t.Helper()
	names, err := fs.Glob(dashboards.Files(), "*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	read := map[string]dashboard{}
	for _, name := range names {
		body, err := fs.ReadFile(dashboards.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		strict(t, body, &d)
		read[name] = d
	}
	return read
}

func TestEveryDashboardCanBeProvisioned(t *testing.T) {
	seen := map[string]string{}
	for name, d := range all(t) {
		for _, key := range []string{"uid " + d.UID, "title " + d.Title} {
			if other := seen[key]; other != "" {
				t.Errorf("%s and %s have the same %s", name, other, key)
			}
			seen[key] = name
		}
		if len(d.UID) > 40 || !strings.HasPrefix(d.UID, "uptake-") || d.Title == "" || d.Description == "" {
			t.Errorf("%s: uid %q, title %q, description %q", name, d.UID, d.Title, d.Description)
		}
		if d.SchemaVersion != 41 || d.Timezone != "utc" {
			t.Errorf("%s: schemaVersion %d, time zone %q", name, d.SchemaVersion, d.Timezone)
		}
	}
}

func TestPanelsHaveTheirPlace(t *testing.T) {
	for name, d := range all(t) {
		taken, ids := map[[2]int]int{}, map[int]bool{}
		for _, p := range d.Panels {
			if ids[p.ID] || p.ID == 0 {
				t.Errorf("%s: panel id %d twice or missing", name, p.ID)
			}
			ids[p.ID] = true
			g := p.GridPos
			if g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
				t.Errorf("%s: panel %d lies outside of the page: %+v", name, p.ID, g)
			}
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other := taken[[2]int{x, y}]; other != 0 {
						t.Fatalf("%s: panels %d and %d overlap", name, other, p.ID)
					}
					taken[[2]int{x, y}] = p.ID
				}
			}
		}
	}
}

func TestPanelsCanBeDrawn(t *testing.T) {
	for _, d := range all(t) {
		for _, p := range d.Panels {
			t.Run(p.Title, func(t *testing.T) {
				form, drawn := panelForms[p.Type]
				if !drawn {
					t.Fatalf("%q is none of the plain kinds of panels", p.Type)
				}
				options, custom := form()
				strict(t, p.Options, options)
				if p.Title == "" || len(p.Description) < 30 {
					t.Error("a panel has a title and a description with the definition")
				}
				for _, change := range p.Transformations {
					if !slices.Contains(transformations, change.ID) {
						t.Errorf("transformation %q is in Grafana's core alone", change.ID)
					}
				}
				if p.Type != "text" {
					wantFields(t, p, custom)
					wantTargets(t, p)
				}
			})
		}
	}
}

func wantFields(t *testing.T, p panel, custom any) {
	if !slices.Contains(units, p.FieldConfig.Defaults.Unit) {
		t.Errorf("unit %q", p.FieldConfig.Defaults.Unit)
	}
	if p.FieldConfig.Defaults.NoValue == "" {
		t.Error("say what stands where there is no value: it is not zero")
	}
	if c := p.FieldConfig.Defaults.Custom; (c != nil) != (custom != nil) {
		t.Errorf("custom settings %s", c)
	} else if c != nil {
		strict(t, c, custom)
	}
	for _, o := range p.FieldConfig.Overrides {
		wantOverride(t, o)
	}
}

func wantOverride(t *testing.T, o override) {
	switch o.Matcher.ID {
	case "byName", "byFrameRefID":
	case "byRegexp":
		if _, err := regexp.Compile(strings.Trim(o.Matcher.Options, "/")); err != nil {
			t.Error(err)
		}
	default:
		t.Errorf("unknown matcher %q", o.Matcher.ID)
	}
	for _, property := range o.Properties {
		form, known := overrideForms[property.ID]
		if !known {
			t.Errorf("property %q cannot be overridden", property.ID)
			continue
		}
		value := form()
		strict(t, property.Value, value)
		if unit, ok := value.(*string); ok && property.ID == "unit" && !slices.Contains(units, *unit) {
			t.Errorf("unit %q", *unit)
		}
	}
}

func wantTargets(t *testing.T, p panel) {
	if p.Datasource == nil || *p.Datasource != source || len(p.Targets) == 0 {
		t.Errorf("data source %+v, %d queries", p.Datasource, len(p.Targets))
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if refs[q.RefID] || q.RefID == "" {
			t.Errorf("query %q twice or without a name", q.RefID)
		}
		refs[q.RefID] = true
		// The back end reads format, the editor queryType.
		want := map[string]int{"timeseries": 0, "table": 1}
		if format, known := want[q.QueryType]; !known || format != q.Format || (p.Type == "timeseries") != (format == 0) {
			t.Errorf("query %s: format %d of type %q in a %s", q.RefID, q.Format, q.QueryType, p.Type)
		}
		if q.Datasource != source || q.EditorType != "sql" || q.PluginVersion < "4" || q.Meta.Timezone != "UTC" {
			t.Errorf("query %s: %+v", q.RefID, q)
		}
	}
}

func TestVariables(t *testing.T) {
	for name, d := range all(t) {
		for _, v := range d.Templating.List {
			if v.Type != "query" || v.Datasource == nil || *v.Datasource != source || v.Query != v.Definition || v.Query == "" {
				t.Errorf("%s: variable %q: %+v", name, v.Name, v)
			}
		}
	}
}
