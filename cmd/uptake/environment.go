package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
)

// environmentPrefix begins the variables that set settings: the path in the
// file in capitals, with underscores, such as UPTAKE_KAFKA_BROKERS.
const environmentPrefix = "UPTAKE_"

// Variables that are no settings: where parts and test material lie.
var otherVariables = []string{"UPTAKE_ENGINE_LIBRARY", "UPTAKE_ENGINE_BINARY", "UPTAKE_KAFKA_LIBS", "UPTAKE_BENCH", "UPTAKE_TEST_"}

// applyEnvironment sets what the environment names. A variable that names no
// setting is an error, so that a slip of the pen is not overlooked.
func applyEnvironment(c *Config, environ []string) error {
	fields := map[string]reflect.Value{}
	collectFields(reflect.ValueOf(c).Elem(), "", fields)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, environmentPrefix) || isOtherVariable(name) {
			continue
		}
		field, known := fields[strings.TrimPrefix(name, environmentPrefix)]
		if !known {
			return fmt.Errorf("environment: %s names no setting; nearest: %s", name, nearest(name, fields))
		}
		if err := setField(field, value); err != nil {
			return fmt.Errorf("environment: %s: %w", name, err)
		}
	}
	return nil
}

func isOtherVariable(name string) bool {
	for _, other := range otherVariables {
		if name == other || strings.HasSuffix(other, "_") && strings.HasPrefix(name, other) {
			return true
		}
	}
	return false
}

func collectFields(v reflect.Value, prefix string, fields map[string]reflect.Value) {
	for i := range v.NumField() {
		tag, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if !v.Field(i).CanSet() || tag == "-" {
			continue
		}
		if v.Field(i).Kind() == reflect.Struct && !isLeaf(v.Field(i)) {
			next := prefix
			if options != "inline" {
				next += strings.ToUpper(tag) + "_"
			}
			collectFields(v.Field(i), next, fields)
			continue
		}
		fields[prefix+strings.ToUpper(tag)] = v.Field(i)
	}
}

// isLeaf tells a struct that is one value from a group of settings.
func isLeaf(v reflect.Value) bool {
	_, text := v.Addr().Interface().(interface{ UnmarshalText([]byte) error })
	return text
}

func setField(field reflect.Value, value string) error {
	switch {
	case field.Kind() == reflect.String:
		field.SetString(value)
		return nil
	case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String:
		field.Set(reflect.ValueOf(strings.Split(value, ",")).Convert(field.Type()))
		return nil
	}
	if err := yaml.Unmarshal([]byte(value), field.Addr().Interface()); err != nil {
		return fmt.Errorf("not a value of this setting (%s)", field.Type())
	}
	return nil
}

// nearest names the setting whose variable shares the longest beginning.
func nearest(name string, fields map[string]reflect.Value) string {
	names := make([]string, 0, len(fields))
	for field := range fields {
		names = append(names, environmentPrefix+field)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := sharedPrefix(name, names[i]), sharedPrefix(name, names[j])
		return a > b || a == b && names[i] < names[j]
	})
	return names[0]
}

func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
