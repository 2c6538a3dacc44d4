package tools

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
)

// File is a tool's file as it is written. Names of attributes mean those of the
// record or point; "resource:NAME" means one of the resource.
type File struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Vendor   string `yaml:"vendor"`
	Category string `yaml:"category"`
	// Surface is where the tool is used, unless the event says so itself.
	Surface Choices `yaml:"surface"`
	// PersonKind is human unless it says service.
	PersonKind Choices `yaml:"person_kind"`
	// About says in a few sentences what is counted from what, and what the tool
	// does not tell.
	About string `yaml:"about"`
	// MeasuredWith lists the versions whose telemetry was recorded.
	MeasuredWith []string `yaml:"measured_with"`

	Recognise Recognise `yaml:"recognise"`
	// Authority names the signals that tell each fact, the one to believe first;
	// what another of them tells is evidence of the kind inferred.
	Authority map[string][]string `yaml:"authority"`

	// Identity lists the attributes that name the person, the best first; without
	// it they are the resource attributes that IT sets.
	Identity []IdentityFile `yaml:"identity"`
	// Device and Session list attributes, the best first. Random ids of an
	// installation are devices, never persons.
	Device  []string `yaml:"device"`
	Session []string `yaml:"session"`
	// Version lists the attributes that hold the tool's own version.
	Version []string `yaml:"version"`

	Logs    RecordsFile  `yaml:"logs"`
	Spans   RecordsFile  `yaml:"spans"`
	Metrics []MetricFile `yaml:"metrics"`

	// Content names attributes that hold what people and models write, or paths
	// and commands. They are never read: a rule that names one is an error.
	Content []string `yaml:"content"`
	Rollout Rollout  `yaml:"rollout"`
}

// Rollout is what IT sets so that the tool sends its telemetry. {endpoint} and
// {token} stand for the collector's address and a token.
type Rollout struct {
	Environment []SettingFile    `yaml:"environment"`
	Files       []SettingsInFile `yaml:"files"`
	Notes       []string         `yaml:"notes"`
}

// SettingFile is one environment variable and why it is set.
type SettingFile struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
	Why   string `yaml:"why"`
}

// SettingsInFile is a file of settings that IT rolls out.
type SettingsInFile struct {
	Path    string `yaml:"path"`
	Content string `yaml:"content"`
}

// Recognise says whose telemetry is the tool's. Attributes and MetricPrefixes are
// for conventions that any program may follow: they are looked at only where
// neither service nor scope is known.
type Recognise struct {
	Services        []string `yaml:"services"`
	ServicePrefixes []string `yaml:"service_prefixes"`
	Scopes          []string `yaml:"scopes"`
	ScopePrefixes   []string `yaml:"scope_prefixes"`
	Attributes      []string `yaml:"attributes"`
	MetricPrefixes  []string `yaml:"metric_prefixes"`
}

// IdentityFile is an attribute that names a person: kind account for a login of
// the tool, kind attribute for what IT set. NotIn lists words that name nobody.
type IdentityFile struct {
	Attribute string   `yaml:"attribute"`
	Kind      string   `yaml:"kind"`
	NotIn     []string `yaml:"not_in"`
}

// RecordsFile maps log records or spans.
type RecordsFile struct {
	// NameFrom lists where the name of a record is: event_name (the field), body,
	// name (of a span; what spans have without this list) or an attribute.
	NameFrom []string `yaml:"name_from"`
	// StripPrefix is cut off names that have it.
	StripPrefix string     `yaml:"strip_prefix"`
	Records     []RuleFile `yaml:"records"`
}

// RuleFile makes an event of the records of a name; the name * means those that
// no other rule is for. Of several rules for a name
// the first whose conditions hold is used; where none does the record is ignored.
//
// A prompt with the decision automatic announces that the tool is about to prompt
// itself: no fact follows from it, and the next prompt of its session, within
// seconds, is the agent's.
type RuleFile struct {
	Name      string          `yaml:"name"`
	When      []ConditionFile `yaml:"when"`
	Action    Choices         `yaml:"action"`
	Initiator Choices         `yaml:"initiator"`
	Decision  Choices         `yaml:"decision"`
	// ID lists the attributes that tell two events of the name apart.
	ID []string `yaml:"id"`
	// Besides makes the event beside that of the other rules for the name, where
	// one record tells of two facts.
	Besides bool `yaml:"besides"`
	// Timeless leaves the time out of the id of records that have all of ID,
	// where several of them may tell of one use.
	Timeless bool `yaml:"timeless"`
	// At is start for spans whose beginning is the fact, such as a prompt.
	At string `yaml:"at"`

	Model   []string   `yaml:"model"`
	Success string     `yaml:"success"`
	Tokens  TokensFile `yaml:"tokens"`

	CostMicroUSD Amounts `yaml:"cost_micro_usd"`
	LinesAdded   Amounts `yaml:"lines_added"`
	LinesRemoved Amounts `yaml:"lines_removed"`
	DurationMS   Amounts `yaml:"duration_ms"`
}

// TokensFile is the token arithmetic: how the five disjoint buckets follow from
// what the tool counts.
type TokensFile struct {
	InputUncached Amounts `yaml:"input_uncached"`
	CacheRead     Amounts `yaml:"cache_read"`
	CacheWrite    Amounts `yaml:"cache_write"`
	Output        Amounts `yaml:"output"`
	Reasoning     Amounts `yaml:"reasoning"`
}

// MetricFile makes a reading of the points of a metric.
type MetricFile struct {
	Name    string          `yaml:"name"`
	When    []ConditionFile `yaml:"when"`
	Measure Choices         `yaml:"measure"`
	// Value is sum, or count for the number of measurements of a histogram.
	Value     string   `yaml:"value"`
	Initiator Choices  `yaml:"initiator"`
	Decision  Choices  `yaml:"decision"`
	Model     []string `yaml:"model"`
	// Scale is multiplied with the value; 1 when it is left out.
	Scale float64 `yaml:"scale"`
}

// ConditionFile holds when everything it says of the attribute is so. Matches is
// a regular expression that is looked for anywhere in the word.
type ConditionFile struct {
	Attribute string   `yaml:"attribute"`
	Present   *bool    `yaml:"present"`
	In        []string `yaml:"in"`
	NotIn     []string `yaml:"not_in"`
	Prefix    []string `yaml:"prefix"`
	Matches   string   `yaml:"matches"`
}

// ChoiceFile is a value and when it is the one.
type ChoiceFile struct {
	Is   string          `yaml:"is"`
	When []ConditionFile `yaml:"when"`
}

// Choices are tried in order; written as a single word where there is no choice.
type Choices []ChoiceFile

// UnmarshalYAML reads a word or a list.
func (c *Choices) UnmarshalYAML(unmarshal func(any) error) error {
	var word string
	if err := unmarshal(&word); err == nil {
		*c = Choices{{Is: word}}
		return nil
	}
	return unmarshal((*[]ChoiceFile)(c))
}

// AmountFile is a sum of attributes less others, never below zero.
type AmountFile struct {
	Sum   []string `yaml:"sum"`
	Minus []string `yaml:"minus"`
	Scale float64  `yaml:"scale"`
}

// Amounts are tried in order until one whose first attribute is there; written
// as a single name where one attribute says it all.
type Amounts []AmountFile

// UnmarshalYAML reads a name or a list.
func (a *Amounts) UnmarshalYAML(unmarshal func(any) error) error {
	var name string
	if err := unmarshal(&name); err == nil {
		*a = Amounts{{Sum: []string{name}}}
		return nil
	}
	return unmarshal((*[]AmountFile)(a))
}

func parse(content []byte) (*File, error) {
	var file File
	if err := yaml.NewDecoder(bytes.NewReader(content), yaml.Strict()).Decode(&file); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, false))
	}
	if err := file.check(); err != nil {
		return nil, err
	}
	return &file, nil
}

func (f *File) check() error {
	switch {
	case !validID(f.ID):
		return fmt.Errorf("id: %q must be lower-case letters, digits and dashes, up to 64", f.ID)
	case f.Name == "":
		return errors.New("name: say what people call the tool")
	case f.Vendor == "":
		return errors.New("vendor: say who makes the tool")
	case !validCategory(f.Category):
		return fmt.Errorf("category: %q must be one of %v", f.Category, categories)
	}
	if (f.Logs.Records != nil || f.Spans.Records != nil || f.Metrics != nil) && !f.Recognise.any() {
		return errors.New("recognise: a mapping needs a service or a scope to tell whose it is")
	}
	return f.checkAuthority()
}

func (r *Recognise) any() bool {
	return len(r.Services)+len(r.ServicePrefixes)+len(r.Scopes)+len(r.ScopePrefixes)+len(r.Attributes)+len(r.MetricPrefixes) > 0
}
