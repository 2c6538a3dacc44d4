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
func (x Signal) Name() string      { return valueName(x.String(), "SIGNAL_") }

func valueName(constant, prefix string) string {
	name := strings.ToLower(strings.TrimPrefix(constant, prefix))
	if name == "unspecified" || name == "none" {
		return ""
	}
	return name
}

// Values of the enumerations by the names that senders write.
var (
	SurfaceByName    = byName[Surface](Surface_name, "SURFACE_")
	ActionByName     = byName[Action](Action_name, "ACTION_")
	InitiatorByName  = byName[Initiator](Initiator_name, "INITIATOR_")
	DecisionByName   = byName[Decision](Decision_name, "DECISION_")
	MeasureByName    = byName[Measure](Measure_name, "MEASURE_")
	PersonKindByName = byName[PersonKind](PersonKind_name, "PERSON_KIND_")
	SignalByName     = byName[Signal](Signal_name, "SIGNAL_")
)

func byName[E ~int32](constants map[int32]string, prefix string) map[string]E {
	named := make(map[string]E, len(constants))
	for value, constant := range constants {
		if name := valueName(constant, prefix); name != "" {
			named[name] = E(value)
		}
	}
	return named
}
