package token

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

func newFile(t *testing.T) File { return File{filepath.Join(t.TempDir(), "tokens.json")} }

func create(t *testing.T, f File, o Order) string {
	t.Helper()
	secret, err := f.Create(o)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func keeper(t *testing.T, f File) *Keeper {
	t.Helper()
	k, err := NewKeeper(f.Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTokenIsVerifiedAndOnlyItsHashIsOnDisk(t *testing.T) {
	f := newFile(t)
	person := []byte("0123456789abcdef")
	secret := create(t, f, Order{Name: "ci", Scope: Ingest, Person: person})
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{40,}$`).MatchString(secret) {
		t.Errorf("the token has other characters than letters, digits, - and _")
	}
	bearer, ok := keeper(t, f).Verify(secret)
	if !ok || bearer.Name != "ci" || bearer.Scope != Ingest || string(bearer.Person) != string(person) {
		t.Errorf("got %v, %v", bearer, ok)
	}
	b, err := os.ReadFile(f.Path)
	if err != nil || strings.Contains(string(b), secret) || strings.Contains(string(b), strings.TrimPrefix(secret, prefix)) {
		t.Errorf("the token is in the file (%v)", err)
	}
	if info, _ := os.Stat(f.Path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, want 600", info.Mode().Perm())
	}
}

func TestTokenThatMayNotPass(t *testing.T) {
	f := newFile(t)
	expired := create(t, f, Order{Name: "old", Scope: Ingest, Expires: time.Now().Add(-time.Second)})
	revoked := create(t, f, Order{Name: "gone", Scope: Ingest})
	if err := f.Revoke("gone"); err != nil {
		t.Fatal(err)
	}
	k := keeper(t, f)
	for name, secret := range map[string]string{"expired": expired, "revoked": revoked, "unknown": "upt_x", "empty": ""} {
		if _, ok := k.Verify(secret); ok {
			t.Errorf("the %s token passes", name)
		}
	}
}

func TestKeeperFollowsTheFile(t *testing.T) {
	f := newFile(t)
	k := keeper(t, f)
	secret := create(t, f, Order{Name: "late", Scope: Read})
	if err := k.reload(); err != nil {
		t.Fatal(err)
	}
	if _, ok := k.Verify(secret); !ok {
		t.Error("a new token does not pass")
	}
	if err := f.Revoke("late"); err != nil {
		t.Fatal(err)
	}
	if err := k.reload(); err != nil {
		t.Fatal(err)
	}
	if _, ok := k.Verify(secret); ok {
		t.Error("a revoked token passes")
	}
}

func TestBrokenFileLeavesTheLastStateInForce(t *testing.T) {
	f := newFile(t)
	secret := create(t, f, Order{Name: "a", Scope: Ingest})
	k := keeper(t, f)
	if err := os.WriteFile(f.Path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.reload(); err == nil {
		t.Error("a broken file is no error")
	}
	if _, ok := k.Verify(secret); !ok {
		t.Error("the last good state is lost")
	}
	if _, err := f.Create(Order{Name: "b", Scope: Ingest}); err == nil {
		t.Error("a broken file is overwritten")
	}
}

func TestNamesAreUnique(t *testing.T) {
	f := newFile(t)
	create(t, f, Order{Name: "a", Scope: Ingest})
	if _, err := f.Create(Order{Name: "a", Scope: Read}); !errors.Is(err, ErrTaken) {
		t.Errorf("got %v, want ErrTaken", err)
	}
	if err := f.Revoke("b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if err := f.Revoke("a"); err != nil {
		t.Fatal(err)
	}
	create(t, f, Order{Name: "a", Scope: Ingest})
	if list, err := f.List(); err != nil || len(list) != 1 || list[0].State(time.Now()) != "active" {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestOrdersAreChecked(t *testing.T) {
	f := newFile(t)
	for _, o := range []Order{{Scope: Ingest}, {Name: " a", Scope: Ingest}, {Name: "a", Scope: "all"}, {Name: "a", Scope: Ingest, Person: []byte("ada@example.com")}} {
		if _, err := f.Create(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

func TestChangesAtOnceAreAllKept(t *testing.T) {
	f := newFile(t)
	var group sync.WaitGroup
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		group.Go(func() {
			if _, err := f.Create(Order{Name: name, Scope: Ingest}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if list, err := f.List(); err != nil || len(list) != 8 {
		t.Errorf("got %d tokens, %v", len(list), err)
	}
}

func TestANewTokenWorksAtOnce(t *testing.T) {
	f := newFile(t)
	k := keeper(t, f)
	for _, name := range []string{"first", "second"} {
		if _, ok := k.Verify(create(t, f, Order{Name: name, Scope: Ingest})); !ok {
			t.Errorf("the %s token does not pass", name)
		}
	}
}
