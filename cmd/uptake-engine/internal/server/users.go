package server

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"os"
)

// User is who may connect, and for what.
type User struct {
	Name     string
	Readonly bool
	digest   [sha256.Size]byte
}

// Users are all who may connect.
type Users []User

// ReadUser makes a user whose password is the content of a file, without blanks
// and line ends around it.
func ReadUser(name, passwordFile string, readonly bool) (User, error) {
	if name == "" {
		return User{}, errors.New("a user needs a name")
	}
	text, err := os.ReadFile(passwordFile)
	if err != nil {
		return User{}, fmt.Errorf("read the password of user %s: %w", name, err)
	}
	password := bytes.TrimSpace(text)
	if len(password) == 0 {
		return User{}, fmt.Errorf("read the password of user %s: %s is empty", name, passwordFile)
	}
	return User{Name: name, Readonly: readonly, digest: sha256.Sum256(password)}, nil
}

// find gives the user with name and password. It takes as long for a wrong name
// as for a wrong password.
func (u Users) find(name, password string) (User, bool) {
	given := sha256.Sum256([]byte(password))
	var found User
	matches := 0
	for _, user := range u {
		same := subtle.ConstantTimeCompare([]byte(user.Name), []byte(name)) & subtle.ConstantTimeCompare(user.digest[:], given[:])
		if same == 1 {
			found = user
		}
		matches |= same
	}
	return found, matches == 1
}
