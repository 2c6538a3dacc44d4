package roster

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
)

// Facts are what the mapping tells of a person at one time: the columns of a
// row, its days excepted.
type Facts struct {
	Status, Employment                                  string
	Role, Seniority, Team, Department, Region, TimeZone string
}

// Mapper applies a Mapping. It is for one user at a time.
type Mapper struct {
	team, department, region, timeZone, employment, status source

	regionZones map[string]string
	zones       zones
	start       []scim.Selector
	title       []scim.Selector
	rules       []titleRule
	usual       TitleRule
	aliases     []aliasSource
	// told remembers titles, because a company has few of them.
	told map[string]Told
}

type source struct {
	groups     []*regexp.Regexp
	except     *regexp.Regexp
	attributes []scim.Selector
	values     []valueRule
	usual      string
}

type valueRule struct {
	match *regexp.Regexp
	is    string
}

type titleRule struct {
	TitleRule
	match *regexp.Regexp
}

type aliasSource struct {
	attribute scim.Selector
	prefix    string
}

// NewMapper checks the mapping.
func NewMapper(m Mapping) (*Mapper, error) {
	b := builder{}
	mapper := &Mapper{
		team: b.source("team", m.Team), department: b.source("department", m.Department), region: b.source("region", m.Region),
		timeZone: b.source("timezone", m.TimeZone), employment: b.source("employment", m.Employment), status: b.source("status", m.Status),
		regionZones: map[string]string{}, zones: make(zones), start: b.selectors("start", m.Start), title: b.selectors("titles.attributes", m.Titles.Attributes),
		usual: m.Titles.Default, told: map[string]Told{},
	}
	for region, zone := range m.Zones {
		mapper.regionZones[strings.ToLower(region)] = zone
	}
	rules := slices.Clone(m.Titles.Rules)
	if m.Titles.BuiltIn {
		rules = append(rules, usualTitles...)
	}
	for _, rule := range rules {
		mapper.rules = append(mapper.rules, titleRule{rule, b.pattern("titles.rules", rule.Title)})
	}
	for _, alias := range m.Aliases {
		selectors := b.selectors("aliases", []string{alias.Attribute})
		if len(selectors) == 1 {
			mapper.aliases = append(mapper.aliases, aliasSource{selectors[0], alias.Prefix})
		}
	}
	return mapper, errors.Join(append(b.errs, m.validate())...)
}

// builder gathers what is wrong with a mapping.
type builder struct{ errs []error }

func (b *builder) pattern(where, text string) *regexp.Regexp {
	r, err := pattern(text)
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("%s: %w", where, err))
	}
	return r
}

func (b *builder) selectors(where string, paths []string) []scim.Selector {
	var list []scim.Selector
	for _, text := range paths {
		selector, err := scim.ParseSelector(text)
		if err != nil {
			b.errs = append(b.errs, fmt.Errorf("%s: %q: %w", where, text, err))
			continue
		}
		list = append(list, selector)
	}
	return list
}

func (b *builder) source(where string, s Source) source {
	built := source{attributes: b.selectors(where, s.Attributes), usual: s.Default}
	for _, text := range s.Groups {
		built.groups = append(built.groups, b.pattern(where+".groups", text))
	}
	if s.Except != "" {
		built.except = b.pattern(where+".except", s.Except)
	}
	for _, v := range s.Values {
		built.values = append(built.values, valueRule{b.pattern(where+".values", v.Match), v.Is})
	}
	return built
}

// Facts tells of a user with the groups of these names.
func (m *Mapper) Facts(attributes map[string]any, groups []string) Facts {
	told := m.Title(firstText(m.title, attributes))
	f := Facts{
		Status: m.status.choice(attributes, groups), Employment: m.employment.choice(attributes, groups),
		Role: told.Role, Seniority: told.Seniority,
		Team: m.team.text(attributes, groups), Department: m.department.text(attributes, groups), Region: m.region.text(attributes, groups),
	}
	f.TimeZone = m.zoneOf(attributes, groups, f.Region)
	return f
}

func (m *Mapper) zoneOf(attributes map[string]any, groups []string, region string) string {
	if said, _ := m.timeZone.said(attributes, groups); m.zones.has(said) {
		return said
	}
	return cmp.Or(m.regionZones[strings.ToLower(region)], m.timeZone.usual, "UTC")
}

// FirstDay is the day on which the person began, by an attribute.
func (m *Mapper) FirstDay(attributes map[string]any) (time.Time, bool) {
	said := firstText(m.start, attributes)
	day, err := time.Parse(time.DateOnly, said[:min(len(said), len(time.DateOnly))])
	return day, err == nil && !day.Before(earliest) && !day.After(OpenEnd)
}

// Identifiers are what tools may call the person.
func (m *Mapper) Identifiers(attributes map[string]any) []string {
	var all []string
	for _, alias := range m.aliases {
		for _, text := range alias.attribute.Texts(attributes) {
			all = append(all, identifier(alias.prefix+text))
		}
	}
	return all
}

// said is what groups or attributes say, and whether a rule gave another word for it.
func (s source) said(attributes map[string]any, groups []string) (text string, ruled bool) {
	text = cmp.Or(s.fromGroups(groups), firstText(s.attributes, attributes))
	if text == "" {
		return "", false
	}
	for _, v := range s.values {
		if v.match.MatchString(text) {
			return v.is, true
		}
	}
	return text, false
}

// choice is for columns with words of their own: only a rule gives one.
func (s source) choice(attributes map[string]any, groups []string) string {
	if text, ruled := s.said(attributes, groups); ruled {
		return text
	}
	return s.usual
}

func (s source) text(attributes map[string]any, groups []string) string {
	text, _ := s.said(attributes, groups)
	return cmp.Or(text, s.usual)
}

// fromGroups takes the first pattern that a group matches, and of several groups
// the first by name, so that the order in which they were sent does not matter.
func (s source) fromGroups(groups []string) string {
	for _, p := range s.groups {
		best := ""
		for _, name := range groups {
			if s.except != nil && s.except.MatchString(name) {
				continue
			}
			m := p.FindStringSubmatch(name)
			if m == nil {
				continue
			}
			text := name
			if len(m) > 1 {
				text = m[1]
			}
			if text = shownText(text); text != "" && (best == "" || text < best) {
				best = text
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

func firstText(selectors []scim.Selector, attributes map[string]any) string {
	for _, selector := range selectors {
		for _, text := range selector.Texts(attributes) {
			if text = shownText(text); text != "" {
				return text
			}
		}
	}
	return ""
}

// shownText is a text as a column may hold it.
func shownText(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
	for len(text) > MaxValueBytes || !utf8.ValidString(text) {
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "")
			continue
		}
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}

// Told is what a title tells, and by which rules.
type Told struct{ Role, Seniority, RoleRule, SeniorityRule string }

// maxTold bounds the titles that are remembered.
const maxTold = 50_000

// Title tells role and seniority of a title.
func (m *Mapper) Title(title string) Told {
	if told, known := m.told[title]; known {
		return told
	}
	var told Told
	for _, rule := range m.rules {
		if (told.Role != "" || rule.Role == "") && (told.Seniority != "" || rule.Seniority == "") || title == "" || !rule.match.MatchString(title) {
			continue
		}
		if told.Role == "" && rule.Role != "" {
			told.Role, told.RoleRule = rule.Role, rule.TitleRule.Title
		}
		if told.Seniority == "" && rule.Seniority != "" {
			told.Seniority, told.SeniorityRule = rule.Seniority, rule.TitleRule.Title
		}
	}
	told.Role, told.Seniority = cmp.Or(told.Role, m.usual.Role), cmp.Or(told.Seniority, m.usual.Seniority)
	if len(m.told) < maxTold {
		m.told[title] = told
	}
	return told
}

// TitleOf is the title of a user, empty where there is none.
func (m *Mapper) TitleOf(attributes map[string]any) string { return firstText(m.title, attributes) }
