package schema

import (
	"bytes"
	"errors"
	"testing"
)

func TestPseudonyms(t *testing.T) {
	p, err := NewPseudonymizer(bytes.Repeat([]byte("k"), MinKeySize))
	if err != nil {
		t.Fatal(err)
	}
	ada := p.Person("ada@example.com")
	if len(ada) != PseudonymSize {
		t.Fatalf("%d bytes", len(ada))
	}
	t.Run("case and outer blanks do not matter", func(t *testing.T) {
		if !bytes.Equal(ada, p.Person(" Ada@Example.COM\t")) {
			t.Error("two pseudonyms of one identifier")
		}
	})
	t.Run("a device is what the roster calls device:", func(t *testing.T) {
		if !bytes.Equal(p.Append(nil, DeviceIdentifier, "Laptop-17"), p.Person("device:laptop-17")) {
			t.Error("the alias of a device does not find it")
		}
	})
	t.Run("kinds and keys keep apart", func(t *testing.T) {
		other, _ := NewPseudonymizer(bytes.Repeat([]byte("q"), MinKeySize))
		if bytes.Equal(ada, p.Append(nil, SessionIdentifier, "ada@example.com")) || bytes.Equal(ada, other.Person("ada@example.com")) {
			t.Error("the same pseudonym for different things")
		}
	})
	t.Run("nothing has none", func(t *testing.T) {
		if p.Person(" ") != nil {
			t.Error("a blank identifier has a pseudonym")
		}
	})
	t.Run("a short key is refused", func(t *testing.T) {
		if _, err := NewPseudonymizer([]byte("short")); !errors.Is(err, ErrShortKey) {
			t.Error(err)
		}
	})
}
