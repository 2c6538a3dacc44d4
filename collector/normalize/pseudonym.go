package normalize

import "github.com/uptake-telemetry/uptake/schema"

// The identifiers of an event, each of which is mostly the same throughout a request.
const (
	personKind = iota
	deviceKind
	sessionKind
	kinds
)

var identifierKinds = [kinds]schema.IdentifierKind{
	schema.PersonIdentifier, schema.DeviceIdentifier, schema.SessionIdentifier,
}

// memo remembers the last pseudonym of a kind, because making one costs more
// than all the rest of an event.
type memo struct {
	identifier string
	pseudonym  []byte
}

// pseudonym returns the pseudonym of the identifier, or nil where it is blank.
// It is valid until the next identifier of the kind.
func (b *Batch) pseudonym(kind int, identifier string) []byte {
	if identifier == "" {
		return nil
	}
	m := &b.pseudonyms[kind]
	if m.identifier != identifier {
		m.identifier = identifier
		m.pseudonym = b.n.pseudonymizer.Append(m.pseudonym[:0], identifierKinds[kind], identifier)
	}
	if len(m.pseudonym) == 0 {
		return nil
	}
	return m.pseudonym
}

// identify fills in the person: the token's, else the one that is named.
func (b *Batch) identify(e *schema.UsageEvent, person string, identity schema.Identity) {
	e.PersonKind = schema.PersonKind_PERSON_KIND_HUMAN
	if len(b.sender.Person) > 0 {
		e.Person, e.Identity = b.sender.Person, schema.Identity_IDENTITY_TOKEN
		return
	}
	if e.Person = b.pseudonym(personKind, person); e.Person != nil {
		e.Identity = identity
	}
}
