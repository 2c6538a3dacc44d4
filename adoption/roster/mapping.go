package roster

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/goccy/go-yaml"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
)

// Mapping says what of an identity provider's attributes gives what of a row of
// the roster. A file names what differs from DefaultMapping.
type Mapping struct {
	Team       Source `yaml:"team"`
	Department Source `yaml:"department"`
	Region     Source `yaml:"region"`
	// TimeZone gives IANA names; where no attribute has one, Zones has that of the region.
	TimeZone   Source            `yaml:"timezone"`
	Zones      map[string]string `yaml:"zones"`
	Employment Source            `yaml:"employment"`
	// Status gives leave for people on leave, else active.
	Status Source `yaml:"status"`
	// Start has attributes with the first day, for people who were there before
	// the identity provider first sent them.
	Start  []string `yaml:"start"`
	Titles Titles   `yaml:"titles"`
	// Aliases are attributes by which a person is known to tools.
	Aliases []AliasSource `yaml:"aliases"`
}

// Source is where one column comes from: the first group whose name matches a
// pattern, else the first attribute that says something, else the default.
type Source struct {
	// Groups are patterns of group names; the first bracket of one is taken, or
	// the whole name. Except passes groups over.
	Groups     []string `yaml:"groups"`
	Except     string   `yaml:"except"`
	Attributes []string `yaml:"attributes"`
	// Values give another word for texts that match; the first one counts.
	Values  []Value `yaml:"values"`
	Default string  `yaml:"default"`
}

// Value is the word for texts that match a pattern.
type Value struct {
	Match string `yaml:"match"`
	Is    string `yaml:"is"`
}

// AliasSource is an attribute that names the person, with what stands before it
// in the identifiers that tools send, such as github:.
type AliasSource struct {
	Attribute string `yaml:"attribute"`
	Prefix    string `yaml:"prefix"`
}

// Titles tell role and seniority: of each the first rule counts that matches and names it.
type Titles struct {
	Attributes []string    `yaml:"attributes"`
	Rules      []TitleRule `yaml:"rules"`
	// BuiltIn lets the rules of the program follow those of the file.
	BuiltIn bool      `yaml:"built_in"`
	Default TitleRule `yaml:"default"`
}

// TitleRule is a pattern of titles, found in any case, and what it tells.
type TitleRule struct {
	Title     string `yaml:"title"`
	Role      string `yaml:"role"`
	Seniority string `yaml:"seniority"`
}

const unknown = "unknown"

// DefaultMapping is for a directory with the usual attributes.
func DefaultMapping() Mapping {
	enterprise := func(name string) string { return scim.EnterpriseSchema + ":" + name }
	return Mapping{
		Team: Source{
			Groups: []string{`^team[ :/_-]+(.+)$`, `.`}, Except: `\b(all|everyone|everybody|users?|employees|staff|licen[cs]es?|apps?|sso|scim|uptake|admins?)\b`,
			Attributes: []string{enterprise("division"), enterprise("department")}, Default: unknown,
		},
		Department: Source{Attributes: []string{enterprise("department"), "department"}, Default: unknown},
		Region:     Source{Attributes: []string{`addresses[type eq "work"].country`, "addresses.country", "addresses.region"}, Default: unknown},
		TimeZone:   Source{Attributes: []string{"timezone"}, Default: "UTC"},
		Zones:      usualZones(),
		Employment: Source{
			Attributes: []string{"userType", "employeeType", enterprise("employeeType")},
			Values:     []Value{{`contract|extern|freelanc|consultant|vendor|temp|agency|partner|guest`, "contractor"}}, Default: "employee",
		},
		Status:  Source{Attributes: []string{"employeeStatus", enterprise("employeeStatus")}, Values: []Value{{`leave|absen|parental|sabbatical`, "leave"}}, Default: "active"},
		Start:   []string{"startDate", "hireDate", enterprise("startDate"), enterprise("hireDate")},
		Titles:  Titles{Attributes: []string{"title"}, BuiltIn: true, Default: TitleRule{Role: "other", Seniority: "professional"}},
		Aliases: []AliasSource{{Attribute: "userName"}, {Attribute: "emails.value"}},
	}
}

// ReadMapping reads a file, or gives the default mapping where none is named.
func ReadMapping(file string) (Mapping, error) {
	m := DefaultMapping()
	if file == "" {
		return m, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return m, fmt.Errorf("roster.mapping: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(b, &m, yaml.Strict()); err != nil {
		return m, fmt.Errorf("roster.mapping %s: %w", file, err)
	}
	if _, err := NewMapper(m); err != nil {
		return m, fmt.Errorf("roster.mapping %s: %w", file, err)
	}
	return m, nil
}

// pattern reads a regular expression that is found in any case.
func pattern(text string) (*regexp.Regexp, error) {
	r, err := regexp.Compile("(?i)" + text)
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression", text)
	}
	return r, nil
}

// oneOf says what is wrong where a column has other words than its own.
func oneOf(column string, words []string, given ...string) error {
	for _, g := range given {
		found := g == ""
		for _, w := range words {
			found = found || g == w
		}
		if !found {
			return fmt.Errorf("%s: %q is none of %v", column, g, words)
		}
	}
	return nil
}

func (s Source) words() []string {
	words := []string{s.Default}
	for _, v := range s.Values {
		words = append(words, v.Is)
	}
	return words
}

// validate checks the words of the columns that have words of their own.
func (m Mapping) validate() error {
	zones, errs := make(zones), []error{
		oneOf("employment", []string{"employee", "contractor"}, m.Employment.words()...),
		oneOf("status", []string{"active", "leave"}, m.Status.words()...),
		oneOf("titles.default.seniority", seniorities, m.Titles.Default.Seniority),
	}
	for _, rule := range m.Titles.Rules {
		errs = append(errs, oneOf("titles.rules", seniorities, rule.Seniority))
	}
	for region, zone := range m.Zones {
		if !zones.has(zone) {
			errs = append(errs, fmt.Errorf("zones.%s: %q is no time zone", region, zone))
		}
	}
	for _, zone := range m.TimeZone.words() {
		if !zones.has(zone) {
			errs = append(errs, fmt.Errorf("timezone: %q is no time zone", zone))
		}
	}
	return errors.Join(errs...)
}

var seniorities = []string{"executive", "manager", "professional", "entry"}
