package store

import (
	"encoding/hex"

	"github.com/google/uuid"

	"github.com/uptake-telemetry/uptake/schema"
)

// maxNames bounds how many strings are kept for reuse.
const maxNames = 1 << 14

// names hands out one copy of each string of a block: tools, models and persons
// repeat in nearly every row.
type names struct {
	words      map[string]any
	pseudonyms map[[schema.PseudonymSize]byte]string
}

// trim forgets all when they became many.
func (n *names) trim() {
	if n.words == nil || len(n.words)+len(n.pseudonyms) > maxNames {
		n.words = map[string]any{}
		n.pseudonyms = map[[schema.PseudonymSize]byte]string{}
	}
}

// word returns the string boxed, as clickhouse-go wants the values of a
// LowCardinality column without making a box for each row.
func (n *names) word(s string) any {
	boxed, found := n.words[s]
	if !found {
		boxed = s
		n.words[s] = boxed
	}
	return boxed
}

// pseudonym returns the form of a pseudonym in the tables.
func (n *names) pseudonym(b []byte) string {
	if len(b) != schema.PseudonymSize {
		return ""
	}
	key := [schema.PseudonymSize]byte(b)
	s, found := n.pseudonyms[key]
	if !found {
		s = hex.EncodeToString(b)
		n.pseudonyms[key] = s
	}
	return s
}

// id returns an id of 16 bytes, or the zero id.
func id(b []byte) uuid.UUID {
	if len(b) != schema.EventIDSize {
		return uuid.UUID{}
	}
	return uuid.UUID(b)
}
