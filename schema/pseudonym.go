package schema

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
	"sync"
	"unsafe"
)

// PseudonymSize is the length of a pseudonym in bytes: 128 bits of the HMAC.
const PseudonymSize = 16

// MinKeySize is the least length of the identity key in bytes.
const MinKeySize = 32

// ErrShortKey refuses an identity key that could be guessed.
var ErrShortKey = errors.New("the identity key is shorter than 32 bytes; make one with: head -c 32 /dev/urandom | base64 > FILE")

// Pseudonymizer turns identifiers into pseudonyms: HMAC-SHA-256 of the
// normalised identifier under the identity key, 128 bits kept. Collectors and
// the roster importer must hold the same key. It is safe for concurrent use.
type Pseudonymizer struct {
	macs sync.Pool
}

// NewPseudonymizer returns a pseudonymizer for the key, or ErrShortKey.
func NewPseudonymizer(key []byte) (*Pseudonymizer, error) {
	if len(key) < MinKeySize {
		return nil, ErrShortKey
	}
	kept := append([]byte(nil), key...)
	return &Pseudonymizer{macs: sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, kept)} }}}, nil
}

// mac has room for its own sum, so that a pseudonym costs no memory but its own.
type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

func (m *mac) writeString(s string) { m.Write(unsafe.Slice(unsafe.StringData(s), len(s))) }

// Append appends the pseudonym of the identifier to dst. An identifier that is
// empty after normalisation has none: dst is returned as it is.
func (p *Pseudonymizer) Append(dst []byte, kind IdentifierKind, identifier string) []byte {
	identifier = NormalizeIdentifier(identifier)
	if identifier == "" {
		return dst
	}
	m := p.macs.Get().(*mac)
	defer p.macs.Put(m)
	m.Reset()
	m.writeString(string(kind))
	m.writeString(identifier)
	return append(dst, m.Sum(m.sum[:0])[:PseudonymSize]...)
}

// Person returns the pseudonym of a person's identifier, such as an e-mail
// address or "github:ada"; nil when it is blank.
func (p *Pseudonymizer) Person(identifier string) []byte {
	return p.Append(nil, PersonIdentifier, identifier)
}

// IdentifierKind keeps pseudonyms of different kinds of things apart.
type IdentifierKind string

// The kinds. A device shares the name space of persons, under the prefix that
// the roster uses in its aliases, so that "device:laptop-17" there is the
// device "laptop-17" of an event.
const (
	PersonIdentifier  IdentifierKind = ""
	DeviceIdentifier  IdentifierKind = "device:"
	SessionIdentifier IdentifierKind = "session:"
	// ToolIdentifier is for words that name a tool which no catalogue file has:
	// they could be anything, and are recognised once a file has them.
	ToolIdentifier IdentifierKind = "tool:"
)

// NormalizeIdentifier returns the form in which identifiers are compared:
// without outer blanks and in lower case.
func NormalizeIdentifier(identifier string) string {
	return strings.ToLower(strings.TrimSpace(identifier))
}

// PseudonymString returns the form of a pseudonym in tables and commands: 32
// hexadecimal digits, or the empty string where there is none.
func PseudonymString(pseudonym []byte) string { return hex.EncodeToString(pseudonym) }
