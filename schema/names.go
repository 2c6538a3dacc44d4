package schema

import "strings"

// Name returns the name of an enumeration's value as senders and tables write
// it: the part after the prefix, in lower case; empty for the unspecified value.
func (x Path) Name() string        { return valueName(x.String(), "PATH_") }
func (x Evidence) Name() string    { return valueName(x.String(), "EVIDENCE_") }
func (x Surface) Name() string     { return valueName(x.String(), "SURFACE_") }
func (x PersonKind) Name() string  { return valueName(x.String(), "PERSON_KIND_") }
func (x Identity) Name() string    { return valueName(x.String(), "IDENTITY_") }
func (x Action) Name() string      { return valueName(x.String(), "ACTION_") }
func (x Initiator) Name() string   { return valueName(x.String(), "INITIATOR_") }
func (x Decision) Name() string    { return valueName(x.String(), "DECISION_") }
func (x Measure) Name() string     { return valueName(x.String(), "MEASURE_") }
func (x Temporality) Name() string { return valueName(x.String(), "TEMPORALITY_") }
func (x Stage) Name() string       { return valueName(x.String(), "STAGE_") }

func valueName(constant, prefix string) string {
	name := strings.ToLower(strings.TrimPrefix(constant, prefix))
	if name == "unspecified" || name == "none" {
		return ""
	}
	return name
}

// Values of the enumerations by the names that senders write.
var (
	PathByName        = byName(Path_name, Path.Name)
	SurfaceByName     = byName(Surface_name, Surface.Name)
	PersonKindByName  = byName(PersonKind_name, PersonKind.Name)
	ActionByName      = byName(Action_name, Action.Name)
	InitiatorByName   = byName(Initiator_name, Initiator.Name)
	DecisionByName    = byName(Decision_name, Decision.Name)
	MeasureByName     = byName(Measure_name, Measure.Name)
	TemporalityByName = byName(Temporality_name, Temporality.Name)
)

func byName[E ~int32](values map[int32]string, name func(E) string) map[string]E {
	named := make(map[string]E, len(values))
	for v := range values {
		if n := name(E(v)); n != "" {
			named[n] = E(v)
		}
	}
	return named
}
