package scim

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// state is a resource in a test, with its members.
type state struct {
	attributes map[string]any
	members    map[string]bool
}

func (s state) resource(kind Kind) Resource {
	return Resource{Kind: kind, ID: "r", Attributes: s.attributes, Refs: func() []string { return slices.Sorted(maps.Keys(s.members)) }}
}

// patched applies operations, as a Store does with what they make.
func (s state) patched(kind Kind, operations []operation) (state, error) {
	edit, err := applyPatch(s.resource(kind), operations)
	if err != nil {
		return s, err
	}
	members := maps.Clone(s.members)
	for id, joins := range edit.Members {
		if members[id] = joins; !joins {
			delete(members, id)
		}
	}
	return state{edit.Attributes, members}, nil
}

func operationOf(t *rapid.T) operation {
	value := rapid.SampledFrom([]string{
		`"a"`, `"b"`, `true`, `"False"`, `null`, `[]`, `{"value":"a@b.example","type":"work"}`, `[{"value":"x","type":"home","primary":true}]`, `[{"value":"m1"},{"value":"m2"}]`,
		`{"givenName":"g"}`, `{"displayName":"d","name.familyName":"f","active":"True","emails[type eq \"work\"].value":"n@b.example"}`, `{"department":"D"}`,
	}).Draw(t, "value")
	return operation{
		Op: rapid.SampledFrom([]string{"add", "Replace", "remove"}).Draw(t, "op"),
		Path: rapid.SampledFrom([]string{
			"", "displayName", "title", "active", "name", "name.givenName", "emails", `emails[type eq "work"]`, `emails[type eq "work"].value`, `emails[primary eq true].type`,
			"emails.type", "members", `members[value eq "m1"]`, EnterpriseSchema, EnterpriseSchema + ":department", EnterpriseSchema + ":manager", "urn:example:2.0:User:startDate", "password",
		}).Draw(t, "path"),
		Value: json.RawMessage(value),
	}
}

func TestOperationsInPiecesAreThoseAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{User, Group}).Draw(t, "kind")
		start := state{map[string]any{"userName": "u", "displayName": "n", "emails": []any{map[string]any{"type": "work", "value": "old@b.example", "primary": true}}}, map[string]bool{"m1": true, "m3": true}}
		before, _ := json.Marshal(start.attributes)
		operations := rapid.SliceOfN(rapid.Custom(operationOf), 1, 6).Draw(t, "operations")
		whole, wholeErr := start.patched(kind, operations)
		pieces, piecesErr := start, error(nil)
		for _, o := range operations {
			if pieces, piecesErr = pieces.patched(kind, []operation{o}); piecesErr != nil {
				break
			}
		}
		// What is required may be gone in between, so that only the pieces fail.
		if wholeErr != nil && piecesErr == nil {
			t.Fatalf("at once: %v, in pieces it is taken", wholeErr)
		}
		if piecesErr == nil && !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("at once\n%v, in pieces\n%v", whole, pieces)
		}
		if after, _ := json.Marshal(start.attributes); string(after) != string(before) {
			t.Fatalf("the state before was changed: %s", after)
		}
	})
}

func TestPatch(t *testing.T) {
	start := func() state {
		return state{map[string]any{
			"userName": "u", "displayName": "n", "title": "t", "name": map[string]any{"givenName": "g", "familyName": "f"},
			"emails": []any{map[string]any{"type": "work", "value": "w", "primary": true}, map[string]any{"type": "home", "value": "h"}},
		}, map[string]bool{"m1": true, "m2": true}}
	}
	for _, c := range []struct{ operations, want string }{
		{`{"op":"replace","value":{"active":"False"}}`, `"active":false`},
		{`{"op":"remove","path":"title"}`, `"displayName":"n","emails"`},
		{`{"op":"remove","path":"emails[type eq \"home\"]"}`, `"emails":[{"primary":true,"type":"work","value":"w"}]`},
		{`{"op":"remove","path":"emails","value":[{"value":"w"}]}`, `"emails":[{"type":"home","value":"h"}]`},
		{`{"op":"add","path":"emails","value":[{"type":"other","value":"o","primary":true}]}`, `[{"primary":false,"type":"work","value":"w"},{"type":"home","value":"h"},{"primary":true,"type":"other","value":"o"}]`},
		{`{"op":"replace","path":"emails","value":[{"value":"only"}]}`, `"emails":[{"value":"only"}]`},
		{`{"op":"replace","path":"name","value":{"givenName":"new"}}`, `"name":{"familyName":"f","givenName":"new"}`},
		{`{"op":"add","path":"addresses[type eq \"work\"].country","value":"DE"}`, `"addresses":[{"country":"DE","type":"work"}]`},
		{`{"op":"add","path":"` + EnterpriseSchema + `:manager","value":"m"}`, `"` + EnterpriseSchema + `":{"manager":{"value":"m"}}`},
		{`{"op":"replace","value":{"` + EnterpriseSchema + `":{"department":"D"}}}`, `"` + EnterpriseSchema + `":{"department":"D"}`},
		{`{"op":"Add","path":"roles","value":[{"primary":"True","value":"r"}]}`, `"roles":[{"primary":true,"value":"r"}]`},
		{`{"op":"replace","path":"PHONENUMBERS","value":{"value":"1"}}`, `"phoneNumbers":[{"value":"1"}]`},
		{`{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:name.familyName","value":"x"}`, `"familyName":"x"`},
		{`{"op":"replace","path":"password","value":"secret"}`, `"title":"t"`},
	} {
		var o operation
		if err := json.Unmarshal([]byte(c.operations), &o); err != nil {
			t.Fatal(err)
		}
		got, err := start().patched(User, []operation{o})
		if err != nil {
			t.Errorf("%s: %v", c.operations, err)
			continue
		}
		b, _ := json.Marshal(got.attributes)
		if !strings.Contains(string(b), c.want) || strings.Contains(string(b), "secret") {
			t.Errorf("%s gives %s", c.operations, b)
		}
	}
}

func TestPatchRefuses(t *testing.T) {
	for operations, keyword := range map[string]string{
		`{"op":"replace","path":"emails[type eq \"other\"].value","value":"x"}`: noTarget,
		`{"op":"remove"}`:                                             noTarget,
		`{"op":"move","path":"title"}`:                                invalidSyntax,
		`{"op":"replace","path":"emails[type eq","value":"x"}`:        invalidPath,
		`{"op":"replace","path":"a.b.c","value":"x"}`:                 invalidPath,
		`{"op":"replace","path":"title[value eq \"t\"]","value":"x"}`: invalidPath,
		`{"op":"replace","path":"id","value":"x"}`:                    mutability,
		`{"op":"add","path":"groups","value":[{"value":"x"}]}`:        mutability,
		`{"op":"remove","path":"userName"}`:                           mutability,
		`{"op":"replace","path":"userName","value":" "}`:              invalidValue,
		`{"op":"replace","path":"active","value":"perhaps"}`:          invalidValue,
		`{"op":"replace","path":"title","value":{"a":"b"}}`:           invalidValue,
		`{"op":"add","value":"x"}`:                                    invalidValue,
		`{"op":"add","path":"title"}`:                                 invalidValue,
	} {
		list, err := parsePatch([]byte(`{"Operations":[` + operations + `]}`))
		if err == nil {
			_, err = state{attributes: map[string]any{"userName": "u", "title": "t"}}.patched(User, list)
		}
		refused, is := err.(*Error)
		if !is || refused.Type != keyword || refused.Status != 400 {
			t.Errorf("%s: %v (%+v)", operations, err, refused)
		}
	}
}

func TestMembersOfAGroup(t *testing.T) {
	for operations, want := range map[string]string{
		`{"op":"add","path":"members","value":[{"value":"m3"}]}`:                                                                 "[m1 m2 m3]",
		`{"op":"Add","value":{"members":[{"value":"m3"}]}}`:                                                                      "[m1 m2 m3]",
		`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"m1"}]}`:                                                  "[m2]",
		`{"op":"remove","path":"members[value eq \"m2\"]"}`:                                                                      "[m1]",
		`{"op":"remove","path":"members[value eq \"m1\" or value eq \"m2\"]"}`:                                                   "[]",
		`{"op":"remove","path":"members"}`:                                                                                       "[]",
		`{"op":"replace","path":"members","value":[{"value":"m9"}]}`:                                                             "[m9]",
		`{"op":"replace","path":"members","value":[]}`:                                                                           "[]",
		`{"op":"remove","path":"members"},{"op":"add","path":"members","value":[{"value":"m4"}]}`:                                "[m4]",
		`{"op":"add","path":"members","value":[{"value":"m4"}]},{"op":"replace","path":"members","value":[{"value":"m5"}]}`:      "[m5]",
		`{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":{"value":"m4"}}`:                       "[m1 m2 m4]",
		`{"op":"remove","path":"members[value eq \"m1\"]"},{"op":"add","path":"members","value":[{"value":"m1","display":"x"}]}`: "[m1 m2]",
	} {
		list, err := parsePatch([]byte(`{"Operations":[` + operations + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		got, err := state{map[string]any{"displayName": "g"}, map[string]bool{"m1": true, "m2": true}}.patched(Group, list)
		if names := fmt.Sprint(slices.Sorted(maps.Keys(got.members))); err != nil || names != want {
			t.Errorf("%s: %s, want %s (%v)", operations, names, want, err)
		}
	}
}
