package roster

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/uptake-telemetry/uptake/schema"
)

// Sealer encrypts what would identify a person, with a key made from the
// identity key: who has the tables alone reads nothing.
type Sealer struct{ aead cipher.AEAD }

// NewSealer makes the key.
func NewSealer(identityKey []byte) (*Sealer, error) {
	if len(identityKey) < schema.MinKeySize {
		return nil, schema.ErrShortKey
	}
	key, err := hkdf.Key(sha256.New, identityKey, nil, "uptake scim_resource.sealed v1", 32)
	if err != nil {
		return nil, fmt.Errorf("make the key of sealed rows: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make the key of sealed rows: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead}, err
}

// seal encrypts the content of a row of the id, which it is bound to.
func (s *Sealer) seal(id string, content []byte) string {
	sealed := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(content)+s.aead.Overhead())
	// Read never fails; it ends the program where there is no randomness.
	_, _ = rand.Read(sealed)
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(sealed, sealed, content, []byte(id)))
}

var errSealed = errors.New("a row of scim_resource was sealed with another identity key")

func (s *Sealer) open(id, sealed string) ([]byte, error) {
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil || len(b) < s.aead.NonceSize() {
		return nil, errSealed
	}
	content, err := s.aead.Open(nil, b[:s.aead.NonceSize()], b[s.aead.NonceSize():], []byte(id))
	if err != nil {
		return nil, errSealed
	}
	return content, nil
}
