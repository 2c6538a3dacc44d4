package adoptiontest

import (
	"time"

	"github.com/google/uuid"
)

// Company is all that the tables know of a company.
type Company struct {
	Periods []Period
	// Aliases has the owner of each alias.
	Aliases  map[string]string
	Events   []Event
	Readings []Reading
	// Authority has for each tool and fact the signals that tell it, the one to
	// believe first.
	Authority map[string]map[string][]string
}

// Period is a row of the roster; days are midnights in UTC, To inclusive.
type Period struct {
	Person                                                        string
	From, To                                                      time.Time
	Status, Employment, Role, Seniority, Team, Department, Region string
	TimeZone                                                      string
}

// Event is a row of the table event, its enumerations by name.
type Event struct {
	ID                                                                                   uuid.UUID
	OccurredAt, ReceivedAt                                                               time.Time
	Path, Signal, Tool, Person, PersonKind, Device, Session, Action, Initiator, Decision string
	// Tokens are input uncached, cache read, cache write, output, reasoning.
	Tokens         [5]uint64
	CostMicroUSD   uint64
	Added, Removed uint32
	Success        *bool
}

// Reading is a row of the table reading, its enumerations by name.
type Reading struct {
	Stream                                                                               uuid.UUID
	StartedAt, ReadAt, ReceivedAt                                                        time.Time
	Tool, Person, PersonKind, Device, Session, Initiator, Decision, Measure, Temporality string
	Value                                                                                float64
}

// PersonDayKey names a row of person_day. Day is in ISO 8601.
type PersonDayKey struct{ Person, Day, Tool string }

// PersonDay is what a row of person_day counts.
type PersonDay struct {
	Acts, Passive, Agent, Prompts, Sessions, Requests, ToolUses uint32
	Tokens                                                      [5]uint64
	CostMicroUSD                                                uint64
	Added, Removed, Commits                                     uint32
}

// ActDayKey names a row of act_day. Person is empty where nobody is named,
// LocalDay is 1970-01-01 where the act lies on no day of the roster.
type ActDayKey struct{ Day, Tool, Person, LocalDay string }

// ActDay is what a row of act_day counts.
type ActDay struct{ Acts, Prompts uint32 }
