package session

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
)

// apply brings the engine's session to the settings of a statement: those that
// came with it, and the defaults for those that came with the one before. A
// SET statement of the client counts until a statement brings the same setting.
func (r *run) apply(settings []native.Setting) error {
	wanted := make(map[string]string, len(settings))
	for _, setting := range settings {
		wanted[setting.Name] = setting.Value
	}
	if comment, ok := wanted["log_comment"]; ok {
		// The tag must stay in front, because a cancel finds the statement by it.
		wanted["log_comment"] = r.Tag + " " + comment
	}
	assignments := r.assignments(wanted)
	if len(assignments) == 0 {
		return nil
	}
	err := r.engine.Exec("SET " + strings.Join(assignments, ", "))
	if err == nil {
		r.changed = wanted
		return nil
	}
	if !unknownSetting(err) {
		return err
	}
	return r.applyEach(settings, wanted)
}

func (r *run) assignments(wanted map[string]string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if value, ok := r.changed[name]; !ok || value != wanted[name] {
			list = append(list, assignment(name, wanted[name]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.changed)) {
		if _, ok := wanted[name]; !ok {
			list = append(list, r.reset(name))
		}
	}
	return list
}

// reset gives a setting back the value it has without the client.
func (r *run) reset(name string) string {
	if name == "log_comment" {
		return assignment(name, r.Tag)
	}
	if value, ok := Base[name]; ok {
		return assignment(name, value)
	}
	return name + " = DEFAULT"
}

// applyEach passes over settings that the engine does not know, as a server
// does, except where the client calls them important.
func (r *run) applyEach(settings []native.Setting, wanted map[string]string) error {
	important := map[string]bool{}
	for _, setting := range settings {
		important[setting.Name] = setting.Important
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		err := r.engine.Exec("SET " + assignment(name, wanted[name]))
		switch {
		case err == nil:
			r.changed[name] = wanted[name]
		case !unknownSetting(err) || important[name]:
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.changed)) {
		if _, ok := wanted[name]; !ok {
			delete(r.changed, name)
			r.report("reset a setting", r.engine.Exec("SET "+r.reset(name)))
		}
	}
	return nil
}

// restoreReadonly opens the engine's session anew after a statement that came
// with readonly, which no SET takes back. The database stays that of the hello.
func (r *run) restoreReadonly() error {
	if _, ok := r.changed["readonly"]; !ok || r.Guard != nil {
		return nil
	}
	r.dropExternal()
	r.external = nil
	r.engine.Close()
	r.changed = map[string]string{}
	if err := r.open(); err != nil {
		return fmt.Errorf("open the session anew: %v", err)
	}
	return nil
}

func unknownSetting(err error) bool {
	var exception *chdb.Error
	return errors.As(err, &exception) && exception.Code == chdb.CodeUnknownSetting
}

// Base are the settings that every session begins with. Inserts are not
// gathered by the engine, because clients of this server send batches; and a
// partition may be replaced by nothing, as in the servers before 26.
var Base = map[string]string{
	"async_insert": "0",
	"allow_replace_partition_from_empty_source": "1",
}

var valueEscapes = strings.NewReplacer("\\", "\\\\", "'", "\\'")

func assignment(name, value string) string {
	return settingName(name) + " = " + quoteValue(value)
}

func quoteValue(value string) string {
	return "'" + valueEscapes.Replace(value) + "'"
}

// settingName keeps a name from being anything but a name.
func settingName(name string) string {
	for _, c := range name {
		if c != '_' && c != '.' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return quoteName(name)
		}
	}
	return name
}
