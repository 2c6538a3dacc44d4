// Package token says who may send. A file holds the hashes of tokens with their
// names, scopes and ends, never a token.
//
// It promises
//   - that a token is compared without telling by time how much of it was right;
//   - that a change of the file, a revocation included, is in force within a few
//     seconds in every process that watches it;
//   - that a file which cannot be read leaves the last good state in force, and
//     that changes are whole: the file is replaced, under a lock, never written
//     in place.
//
// Tokens have 256 random bits, so their plain SHA-256 cannot be reversed.
package token

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/schema"
)

// Scope is what a token is good for.
type Scope string

// The scopes.
const (
	Ingest Scope = "ingest"
	Read   Scope = "read"
	SCIM   Scope = "scim"
)

// Valid says whether the scope exists.
func (s Scope) Valid() bool { return s == Ingest || s == Read || s == SCIM }

// prefix makes tokens easy to find for secret scanners.
const prefix = "upt_"

// Token is what is kept of a token.
type Token struct {
	Name  string `json:"name"`
	Scope Scope  `json:"scope"`
	// Person is the pseudonym of the person it was made for, as hexadecimal
	// digits; empty where it was made for nobody in particular.
	Person  string    `json:"person,omitempty"`
	Hash    string    `json:"sha256"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// State says in a word whether the token works at the moment.
func (t *Token) State(now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return "expired"
	default:
		return "active"
	}
}

// Order is a token to be made.
type Order struct {
	Name  string
	Scope Scope
	// Person is a pseudonym, or nil.
	Person []byte
	// Expires is the end; never when it is zero.
	Expires time.Time
}

// maxNameLen bounds names, which stand in the ids of events.
const maxNameLen = 128

func (o *Order) validate() error {
	switch {
	case o.Name == "" || len(o.Name) > maxNameLen || strings.TrimSpace(o.Name) != o.Name:
		return fmt.Errorf("the name of a token has 1 to %d characters and no blanks around it", maxNameLen)
	case !o.Scope.Valid():
		return errors.New("the scope of a token is ingest, read or scim")
	case len(o.Person) != 0 && len(o.Person) != schema.PseudonymSize:
		return fmt.Errorf("the pseudonym of a person has %d bytes", schema.PseudonymSize)
	}
	return nil
}

// newSecret returns a token of letters, digits, "-" and "_".
func newSecret() string {
	var random [32]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(random[:])
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
