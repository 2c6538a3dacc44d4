package scim

import (
	"testing"
)

var grace = values{
	"userName": "Grace@example.com", "externalId": "E1", "active": true, "title": "Head of Brand", "id": "2819c223",
	"name":   map[string]any{"familyName": "O'Malley", "givenName": "Grace"},
	"emails": []any{map[string]any{"type": "work", "value": "grace@example.com", "primary": true}, map[string]any{"type": "home", "value": "g@home.example"}},
	"meta":   map[string]any{"lastModified": "2026-05-13T04:42:34.000Z", "created": "2026-05-13T04:42:34.000Z"},
	"count":  3.0,
	EnterpriseSchema: map[string]any{
		"department": "Brand", "manager": map[string]any{"value": "m1"},
	},
}

// The examples of RFC 7644, figure 2, and what identity providers ask.
func TestFilters(t *testing.T) {
	for filter, want := range map[string]bool{
		`userName eq "grace@EXAMPLE.com"`:                            true,
		`userName Eq "bjensen"`:                                      false,
		`name.familyName co "O'Malley"`:                              true,
		`userName sw "g"`:                                            true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"`: false,
		`title pr`:    true,
		`nickName pr`: false,
		`meta.lastModified gt "2011-05-13T04:42:34Z"`:                                               true,
		`meta.lastModified lt "2026-05-13T06:42:35+02:00"`:                                          true,
		`meta.lastModified le "2026-05-13T06:42:34+02:00"`:                                          true,
		`title pr and userType eq "Employee"`:                                                       false,
		`title pr or userType eq "Intern"`:                                                          true,
		`userName sw "x" or title pr and nickName pr`:                                               false,
		`(userName sw "x" or title pr) and not (nickName pr)`:                                       true,
		`userType ne "Employee" and not (emails co "example.org" or emails.value co "example.net")`: true,
		`userType ne "Employee" and not (emails co "example.com")`:                                  false,
		`emails.type eq "work"`:                                                                     true,
		`emails[type eq "work" and value co "@example.com"]`:                                        true,
		`emails[type eq "home" and value co "@example.com"]`:                                        false,
		`emails[type eq "work"].value eq "GRACE@example.com"`:                                       true,
		`emails[type eq "home"].value eq "grace@example.com"`:                                       false,
		`emails[type eq "work"].value ew ".com" and active eq true`:                                 true,
		`externalId eq "e1"`:                                                                        false,
		`externalId eq "E1"`:                                                                        true,
		`active eq "True"`:                                                                          true,
		`active ne false`:                                                                           true,
		`nickName eq null`:                                                                          true,
		`title ne null`:                                                                             true,
		`count ge 3 and count lt 3.5`:                                                               true,
		EnterpriseSchema + `:department eq "brand"`:                                                 true,
		EnterpriseSchema + `:manager eq "m1"`:                                                       true,
		EnterpriseSchema + `:manager.value eq "m2"`:                                                 false,
		`not(title pr)`:                                                                             false,
	} {
		parsed, err := parseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got := parsed.matches(grace); got != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
}

func TestFiltersThatAreNone(t *testing.T) {
	for _, filter := range []string{
		"userName", "userName eq", `userName eq bob`, `userName is "bob"`, `userName eq "bob`, `(userName pr`, `userName pr)`, `userName pr and`, `not userName pr`,
		`emails[type eq "work"`, `emails[]`, `emails[type eq "work"]. eq "x"`, `[type pr]`, `a.b.c eq "x"`, `userName eq "a" "b"`, `userName eq {"a":1}`, `userName pr or or title pr`, `urn: pr`,
	} {
		parsed, err := parseFilter(filter)
		if refused, is := err.(*Error); !is || refused.Type != invalidFilter {
			t.Errorf("%s: %v, %v", filter, parsed, err)
		}
	}
}

func TestWhatIsLookedUp(t *testing.T) {
	for filter, want := range map[string]Key{
		`userName eq "a"`: ByUserName, `id eq "a" and members eq "b"`: ByID, `emails[type eq "work"].value eq "a"`: ByEmail, `emails eq "a"`: ByEmail,
		`members[value eq "a"]`: ByMember, `active eq true and userName eq "a"`: ByUserName, `not (userName eq "a")`: "", `userName eq "a" or id eq "b"`: "",
		`userName sw "a"`: "", `externalId eq "x" and (title pr)`: ByExternalID,
	} {
		parsed, err := parseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		if key, _, _ := indexed(parsed); key != want {
			t.Errorf("%s: by %q, want %q", filter, key, want)
		}
	}
}

// FuzzFilter looks for filters and paths that end the program, or that match
// what their negation matches too.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`userName eq "a" and not (emails[type eq "work"].value pr or active eq true)`, EnterpriseSchema + `:manager.value ne null`, `a[b[c eq 1] or d pr].e`, `meta.created gt "2020-01-01T00:00:00Z"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parsePath(text); err == nil {
			_, _ = state{attributes: map[string]any{"userName": "u"}}.patched(User, []operation{{Op: "add", Path: text, Value: []byte(`"x"`)}})
		}
		parsed, err := parseFilter(text)
		if err != nil {
			return
		}
		if parsed.matches(grace) == (negation{parsed}).matches(grace) {
			t.Errorf("%q and its negation match alike", text)
		}
	})
}
