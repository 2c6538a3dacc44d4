package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// maxOperations bounds one PATCH.
const maxOperations = 1000

// operation is one change of a PATCH.
type operation struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// parsePatch reads the body of a PATCH. Names of members are found in any case,
// as Entra ID writes them.
func parsePatch(body []byte) ([]operation, error) {
	var sent struct {
		Operations []operation `json:"Operations"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		return nil, refuse(invalidSyntax, "the body is no JSON of a PATCH")
	}
	switch {
	case len(sent.Operations) == 0:
		return nil, refuse(invalidSyntax, "Operations: at least one is wanted")
	case len(sent.Operations) > maxOperations:
		return nil, refuse(tooMany, "Operations: more than %d", maxOperations)
	}
	return sent.Operations, nil
}

// patched is a resource while operations are applied to it.
type patched struct {
	kind       Kind
	attributes map[string]any
	members    map[string]bool
	current    func() []string
}

// applyPatch applies the operations in their order to a copy.
func applyPatch(r Resource, operations []operation) (Edit, error) {
	p := &patched{kind: r.Kind, attributes: deepCopy(r.Attributes).(map[string]any), members: map[string]bool{}, current: r.Refs}
	for _, o := range operations {
		if err := p.apply(o); err != nil {
			return Edit{}, err
		}
	}
	return Edit{Attributes: p.attributes, Members: p.members}, required(r.Kind, p.attributes)
}

func (p *patched) apply(o operation) error {
	var value any
	if len(o.Value) > 0 {
		if err := json.Unmarshal(o.Value, &value); err != nil {
			return refuse(invalidSyntax, "value: it is no JSON")
		}
	}
	op := strings.ToLower(o.Op)
	switch op {
	case "add", "replace":
		if len(o.Value) == 0 {
			return refuse(invalidValue, "value: %s wants one", op)
		}
	case "remove":
		if strings.TrimSpace(o.Path) == "" {
			return refuse(noTarget, "path: remove wants one")
		}
	default:
		return refuse(invalidSyntax, "op: add, replace or remove is wanted")
	}
	if strings.TrimSpace(o.Path) == "" {
		return p.spread(op, value)
	}
	target, err := parsePath(o.Path)
	if err != nil {
		return err
	}
	if target.attribute == "" && target.extension == "" {
		return p.spread(op, value)
	}
	if target.extension == "" && (target.attribute == "id" || target.attribute == "meta" || p.kind == User && target.attribute == "groups") {
		return refuse(mutability, "%s: it cannot be written", target.attribute)
	}
	return p.change(op, target, value)
}

// spread applies an operation without a path: each member of the value is a path
// of its own. What only this side writes is passed over, because Okta sends the
// id along.
func (p *patched) spread(op string, value any) error {
	object, is := value.(map[string]any)
	if !is {
		return refuse(invalidValue, "value: without a path an object is wanted")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if readOnly[canonical(name)] {
			continue
		}
		target, err := parsePath(name)
		if err != nil {
			return err
		}
		if err := p.change(op, target, object[name]); err != nil {
			return err
		}
	}
	return nil
}

func (p *patched) change(op string, target path, value any) error {
	switch {
	case target.extension == "" && unwanted[strings.ToLower(target.attribute)]:
		return nil
	case p.kind == Group && target.extension == "" && target.attribute == "members":
		return p.changeMembers(op, target, value)
	case target.extension == "":
		return changeIn(p.attributes, op, target, value)
	case target.attribute == "":
		return p.changeExtension(op, target.extension, value)
	}
	extension, _ := p.attributes[target.extension].(map[string]any)
	if extension == nil {
		extension = map[string]any{}
	}
	if err := changeIn(extension, op, target, value); err != nil {
		return err
	}
	p.attributes[target.extension] = extension
	if len(extension) == 0 {
		delete(p.attributes, target.extension)
	}
	return nil
}

// changeExtension changes an extension as a whole.
func (p *patched) changeExtension(op, extension string, value any) error {
	if op == "remove" {
		delete(p.attributes, extension)
		return nil
	}
	object, is := value.(map[string]any)
	if !is {
		return refuse(invalidValue, "%s: an object is wanted", shortName(extension))
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		attribute, sub, _ := strings.Cut(name, ".")
		if err := p.change(op, path{extension: extension, attribute: canonical(attribute), sub: canonical(sub)}, object[name]); err != nil {
			return err
		}
	}
	return nil
}
