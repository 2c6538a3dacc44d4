package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

var (
	// ErrTaken says that a working token has the name.
	ErrTaken = errors.New("a token of this name works already; revoke it first or choose another name")
	// ErrNotFound says that no token has the name.
	ErrNotFound = errors.New("no token has this name")
)

// File is a file of tokens. It is safe for use by several processes.
type File struct{ Path string }

type content struct {
	Tokens []Token `json:"tokens"`
}

// Create adds a token and returns it; it cannot be shown again. The name of a
// token that was revoked or has expired may be used anew, so that a rotated
// token goes on with the ids of its events.
func (f File) Create(order Order) (secret string, err error) {
	if err := order.validate(); err != nil {
		return "", err
	}
	secret = newSecret()
	now := time.Now().UTC()
	made := Token{
		Name: order.Name, Scope: order.Scope, Person: fmt.Sprintf("%x", order.Person),
		Hash: hashOf(secret), Created: now, Expires: order.Expires.UTC(),
	}
	if order.Expires.IsZero() {
		made.Expires = time.Time{}
	}
	err = f.change(func(c *content) error {
		i := c.find(order.Name)
		switch {
		case i < 0:
			c.Tokens = append(c.Tokens, made)
		case c.Tokens[i].State(now) == "active":
			return ErrTaken
		default:
			c.Tokens[i] = made
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// Revoke ends the token of the name. Twice is harmless.
func (f File) Revoke(name string) error {
	return f.change(func(c *content) error {
		i := c.find(name)
		if i < 0 {
			return fmt.Errorf("%w: %s", ErrNotFound, name)
		}
		if c.Tokens[i].Revoked.IsZero() {
			c.Tokens[i].Revoked = time.Now().UTC()
		}
		return nil
	})
}

// Forget takes out the tokens that were made for any of the persons, given by
// their pseudonyms as hexadecimal digits, and says how many there were.
func (f File) Forget(persons []string) (forgotten int, err error) {
	known, err := f.read()
	of := func(t Token) bool { return t.Person != "" && slices.Contains(persons, t.Person) }
	if err != nil || !slices.ContainsFunc(known.Tokens, of) {
		return 0, err
	}
	err = f.change(func(c *content) error {
		before := len(c.Tokens)
		c.Tokens = slices.DeleteFunc(c.Tokens, of)
		forgotten = before - len(c.Tokens)
		return nil
	})
	return forgotten, err
}

// List returns what is kept of all tokens, in the order of their making. A file
// that does not exist has none.
func (f File) List() ([]Token, error) {
	c, err := f.read()
	return c.Tokens, err
}

func (c *content) find(name string) int {
	for i := range c.Tokens {
		if c.Tokens[i].Name == name {
			return i
		}
	}
	return -1
}

func (f File) read() (content, error) {
	var c content
	b, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read tokens: %w", err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("read tokens: %s is no file of tokens", f.Path)
	}
	return c, nil
}

// change replaces the file by a changed one, under a lock.
func (f File) change(change func(*content) error) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	c, err := f.read()
	if err != nil {
		return err
	}
	if err := change(&c); err != nil {
		return err
	}
	return f.replace(&c)
}

// lock waits for other changers. The lock has a file of its own, because the
// file of tokens is another one after every change.
func (f File) lock() (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of tokens: %w", err)
	}
	l, err := os.OpenFile(f.Path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock tokens: %w", err)
	}
	if err := unix.Flock(int(l.Fd()), unix.LOCK_EX); err != nil {
		l.Close()
		return nil, fmt.Errorf("lock tokens: %w", err)
	}
	return func() { l.Close() }, nil
}

func (f File) replace(c *content) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	t, err := os.CreateTemp(filepath.Dir(f.Path), filepath.Base(f.Path)+".new-")
	if err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	defer os.Remove(t.Name())
	_, err = t.Write(append(b, '\n'))
	if err = errors.Join(err, t.Sync(), t.Close()); err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	if err := os.Rename(t.Name(), f.Path); err != nil {
		return fmt.Errorf("write tokens: %w", err)
	}
	return nil
}
