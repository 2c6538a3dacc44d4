package scim

import (
	"maps"
	"slices"
)

// changeSelected changes the values of an attribute that match the path's filter.
func changeSelected(in map[string]any, op string, target path, value any) error {
	values, several := in[target.attribute].([]any)
	if !several && in[target.attribute] != nil {
		return refuse(invalidPath, "%s: it has not several values", target.attribute)
	}
	matched := false
	var kept []any
	for _, one := range values {
		object := objectOf(one)
		if !target.filter.matches(object) {
			kept = append(kept, one)
			continue
		}
		matched = true
		if op == "remove" && target.sub == "" {
			continue
		}
		changed, err := changeOne(object, op, target, value)
		if err != nil {
			return err
		}
		if len(changed) > 0 {
			kept = append(kept, map[string]any(changed))
		}
	}
	switch {
	case !matched && op == "replace":
		return refuse(noTarget, "path: no value of %s matches the filter", target.attribute)
	case !matched && op == "add":
		made, err := changeOne(madeFor(target.filter), op, target, value)
		if err != nil {
			return err
		}
		kept = append(kept, map[string]any(made))
	}
	store(in, target.attribute, kept)
	return nil
}

func changeOne(object values, op string, target path, value any) (values, error) {
	if target.sub != "" {
		return object, setPart(object, op, target, value)
	}
	now, err := tidy(target.attribute, value, 1)
	if err != nil {
		return nil, err
	}
	parts, is := now.(map[string]any)
	if !is {
		if list, several := now.([]any); several && len(list) == 1 {
			parts, is = list[0].(map[string]any)
		}
	}
	if !is {
		return nil, refuse(invalidValue, "%s: an object is wanted", target.attribute)
	}
	maps.Copy(object, parts)
	return object, nil
}

// madeFor is a new value that the filter selects, where it compares by eq: Entra
// ID adds emails[type eq "work"].value to whom has no address yet.
func madeFor(filter expression) values {
	made := values{}
	switch f := filter.(type) {
	case comparison:
		if f.op == "eq" && f.path.sub == "" && f.value != nil {
			made[f.path.attribute] = f.value
			if b, is := truth(f.value); is && f.path.attribute == "primary" {
				made["primary"] = b
			}
		}
	case all:
		for _, part := range f {
			maps.Copy(made, madeFor(part))
		}
	}
	return made
}

// changeMembers changes who belongs to a group. Okta names who leaves by a
// filter, Entra ID by a list of values.
func (p *patched) changeMembers(op string, target path, value any) error {
	if target.filter != nil {
		return p.changeMembersSelected(op, target)
	}
	if target.sub != "" && target.sub != "value" {
		return refuse(mutability, "members.%s: it cannot be written", target.sub)
	}
	ids, err := memberIDs(value)
	if err != nil {
		return err
	}
	if op == "replace" || op == "remove" && ids == nil {
		for _, id := range p.membersNow() {
			p.members[id] = false
		}
	}
	for _, id := range ids {
		p.members[id] = op != "remove"
	}
	return nil
}

func (p *patched) changeMembersSelected(op string, target path) error {
	if op != "remove" || target.sub != "" {
		return refuse(mutability, "members: a member can be added or removed, not changed")
	}
	if c, is := target.filter.(comparison); is && c.op == "eq" && c.path.attribute == "value" {
		if id, is := c.value.(string); is {
			p.members[id] = false
			return nil
		}
	}
	for _, id := range p.membersNow() {
		if target.filter.matches(values{"value": id, "type": string(User)}) {
			p.members[id] = false
		}
	}
	return nil
}

// membersNow is who belongs to the group after the operations so far.
func (p *patched) membersNow() []string {
	belongs := map[string]bool{}
	if p.current != nil {
		for _, id := range p.current() {
			belongs[id] = true
		}
	}
	maps.Copy(belongs, p.members)
	maps.DeleteFunc(belongs, func(_ string, joins bool) bool { return !joins })
	return slices.Sorted(maps.Keys(belongs))
}

// deepCopy copies what JSON can hold.
func deepCopy(value any) any {
	switch v := value.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, part := range v {
			c[name] = deepCopy(part)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, part := range v {
			c[i] = deepCopy(part)
		}
		return c
	}
	return value
}
