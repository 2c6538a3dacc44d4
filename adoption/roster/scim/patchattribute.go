package scim

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// changeIn changes an attribute of an object, of the resource or an extension.
func changeIn(in map[string]any, op string, target path, value any) error {
	switch {
	case target.filter != nil:
		return changeSelected(in, op, target, value)
	case target.sub != "":
		return changeSub(in, op, target, value)
	case op == "remove":
		return removeFrom(in, target, value)
	}
	value, err := shaped(target.attribute, value)
	if err != nil {
		return err
	}
	if value == nil {
		if op == "replace" {
			delete(in, target.attribute)
		}
		return nil
	}
	before, there := in[target.attribute]
	switch now := value.(type) {
	case []any:
		if old, is := before.([]any); is && op == "add" {
			value = appendNew(old, now)
		}
	case map[string]any:
		// Parts that are not named stay.
		if old, is := before.(map[string]any); is && there {
			maps.Copy(old, now)
			value = old
		}
	}
	in[target.attribute] = value
	return nil
}

// appendNew appends the values that are not there yet. A new one that is
// preferred takes that from the others.
func appendNew(old, added []any) []any {
	for _, value := range added {
		if slices.ContainsFunc(old, func(v any) bool { return reflect.DeepEqual(v, value) }) {
			continue
		}
		if object, is := value.(map[string]any); is && object["primary"] == true {
			for _, other := range old {
				if o, is := other.(map[string]any); is && o["primary"] == true {
					o["primary"] = false
				}
			}
		}
		old = append(old, value)
	}
	return old
}

// removeFrom removes an attribute, or those of its values that are named.
func removeFrom(in map[string]any, target path, value any) error {
	values, several := in[target.attribute].([]any)
	named, err := shaped(target.attribute, value)
	if err != nil {
		return err
	}
	if !several || named == nil {
		if a := known[strings.ToLower(target.attribute)]; a.required {
			return refuse(mutability, "%s: it is required", a.name)
		}
		delete(in, target.attribute)
		return nil
	}
	gone := func(v any) bool {
		return slices.ContainsFunc(named.([]any), func(n any) bool {
			return reflect.DeepEqual(n, v) || objectOf(n)["value"] != nil && objectOf(n)["value"] == objectOf(v)["value"]
		})
	}
	store(in, target.attribute, slices.DeleteFunc(values, gone))
	return nil
}

func store(in map[string]any, name string, values []any) {
	if len(values) == 0 {
		delete(in, name)
		return
	}
	in[name] = values
}

// changeSub changes a part of an attribute, of each value where it has several.
func changeSub(in map[string]any, op string, target path, value any) error {
	switch before := in[target.attribute].(type) {
	case []any:
		for _, one := range before {
			if object, is := one.(map[string]any); is {
				if err := setPart(object, op, target, value); err != nil {
					return err
				}
			}
		}
		return nil
	case map[string]any:
		if err := setPart(before, op, target, value); err != nil {
			return err
		}
		if len(before) == 0 {
			delete(in, target.attribute)
		}
		return nil
	case nil:
		if op == "remove" {
			return nil
		}
		object := map[string]any{}
		if err := setPart(object, op, target, value); err != nil || len(object) == 0 {
			return err
		}
		made, err := shaped(target.attribute, object)
		if err == nil {
			in[target.attribute] = made
		}
		return err
	}
	return refuse(invalidPath, "%s: it has no parts", target.attribute)
}

func setPart(object map[string]any, op string, target path, value any) error {
	if op == "remove" {
		delete(object, target.sub)
		return nil
	}
	if nested, is := value.(map[string]any); is {
		// Some clients send a single value as an object that has it.
		value = nested["value"]
	}
	value, err := tidy(target.attribute, value, 1)
	if err != nil {
		return err
	}
	if a, is := known[strings.ToLower(target.sub)]; is && value != nil && !a.multi {
		if value, err = single(a, value); err != nil {
			return err
		}
	}
	if value == nil {
		delete(object, target.sub)
		return nil
	}
	object[target.sub] = value
	return nil
}
