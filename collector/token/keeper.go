package token

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// pollInterval is how often a keeper looks whether the file has changed.
const pollInterval = 2 * time.Second

// Keeper answers from memory who a token belongs to, and follows the file. It
// is safe for concurrent use.
type Keeper struct {
	file  File
	log   *slog.Logger
	state atomic.Pointer[map[string]*holder]

	mu   sync.Mutex
	seen os.FileInfo
}

// holder is a token with its hash and person decoded.
type holder struct {
	Token
	person []byte
}

// Bearer is whom a token belongs to.
type Bearer struct {
	Name  string
	Scope Scope
	// Person is a pseudonym, nil where the token was made for nobody in particular.
	Person []byte
}

// NewKeeper reads the file. One that does not exist yet has no tokens.
func NewKeeper(path string, log *slog.Logger) (*Keeper, error) {
	k := &Keeper{file: File{path}, log: log}
	if log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	return k, k.reload()
}

// Run follows the file until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			err := k.reload()
			if err != nil && !failing {
				k.log.Error("the file of tokens cannot be read; the last good one stays in force", "error", err)
			}
			failing = err != nil
		}
	}
}

// reload reads the file again when it is another one than last time.
func (k *Keeper) reload() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.file.Path)
	if err == nil && k.seen != nil && os.SameFile(info, k.seen) && info.ModTime().Equal(k.seen.ModTime()) && info.Size() == k.seen.Size() {
		return nil
	}
	return k.load()
}

func (k *Keeper) load() error {
	// The look comes before the reading: a change in between is seen next time.
	info, _ := os.Stat(k.file.Path)
	c, err := k.file.read()
	if err != nil {
		return err
	}
	state := make(map[string]*holder, len(c.Tokens))
	for _, t := range c.Tokens {
		person, err := hex.DecodeString(t.Person)
		if err != nil || len(person) == 0 {
			person = nil
		}
		state[t.Hash] = &holder{t, person}
	}
	k.state.Store(&state)
	k.seen = info
	return nil
}

// Verify returns whom the token belongs to; false when it is unknown, revoked
// or expired. A token that is not known may have been made just now, so the file
// is looked at before it is refused.
func (k *Keeper) Verify(secret string) (Bearer, bool) {
	hash := hashOf(secret)
	h := (*k.state.Load())[hash]
	if h == nil && k.reload() == nil {
		h = (*k.state.Load())[hash]
	}
	// The look-up depends on the hash alone, which tells nothing of the secret.
	if h == nil || subtle.ConstantTimeCompare([]byte(h.Hash), []byte(hash)) != 1 || h.State(time.Now()) != "active" {
		return Bearer{}, false
	}
	return Bearer{h.Name, h.Scope, h.person}, true
}
