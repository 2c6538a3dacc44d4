package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Links gives persons a view of their own record: a link that opens once, and
// the short session that it opens. Only hashes of the secrets are stored.
type Links struct {
	conn driver.Conn
	now  func() time.Time
	// opening keeps two openings of one link apart.
	opening sync.Mutex
}

// NewLinks returns links in the tables of the connection. now is time.Now but
// in tests.
func NewLinks(conn driver.Conn, now func() time.Time) *Links { return &Links{conn: conn, now: now} }

// SessionFor is how long a person may look after opening a link.
const SessionFor = 15 * time.Minute

// ErrNoLink says that a link is unknown, used or has run out: which of them is
// not said.
var ErrNoLink = errors.New("the link does not open anything")

const (
	kindLink    = "link"
	kindSession = "session"
)

// Make makes a link for the person and returns its secret.
func (l *Links) Make(ctx context.Context, person string, valid time.Duration) (string, error) {
	return l.make(ctx, kindLink, person, valid)
}

func (l *Links) make(ctx context.Context, kind, person string, valid time.Duration) (string, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	secret, now := base64.RawURLEncoding.EncodeToString(b), l.now()
	if err := l.write(ctx, kind, hashed(secret), person, now, now.Add(valid), time.Unix(0, 0)); err != nil {
		return "", fmt.Errorf("make the link: %w", err)
	}
	return secret, nil
}

// Open uses the link up and begins a session.
func (l *Links) Open(ctx context.Context, secret string) (session string, err error) {
	l.opening.Lock()
	defer l.opening.Unlock()
	person, created, expires, err := l.find(ctx, kindLink, secret)
	if err != nil {
		return "", err
	}
	// Used before it opens: an error afterwards costs the link, not the secret.
	if err := l.write(ctx, kindLink, hashed(secret), person, created, expires, l.now()); err != nil {
		return "", fmt.Errorf("use the link: %w", err)
	}
	return l.make(ctx, kindSession, person, SessionFor)
}

// Session is whose record the session shows.
func (l *Links) Session(ctx context.Context, secret string) (person string, err error) {
	person, _, _, err = l.find(ctx, kindSession, secret)
	return person, err
}

// find asks for the hash whatever the secret is, so that the time says nothing
// of how near a guess was.
func (l *Links) find(ctx context.Context, kind, secret string) (person string, created, expires time.Time, err error) {
	var used time.Time
	var n uint64
	err = l.conn.QueryRow(quiet(ctx), `SELECT count(), argMax(person, version), argMax(created_at, version), argMax(expires_at, version), max(used_at)
		FROM ledger_link WHERE kind = ? AND hash = ?`, kind, hashed(secret)).Scan(&n, &person, &created, &expires, &used)
	switch {
	case err != nil:
		return "", created, expires, fmt.Errorf("look up the link: %w", err)
	case n == 0 || used.Unix() > 0 || !l.now().Before(expires):
		return "", created, expires, ErrNoLink
	}
	return person, created, expires, nil
}

func (l *Links) write(ctx context.Context, kind, hash, person string, created, expires, used time.Time) error {
	return l.conn.Exec(quiet(ctx), `INSERT INTO ledger_link (hash, kind, person, created_at, expires_at, used_at, version)
		SELECT ?, ?, ?, fromUnixTimestamp64Micro(?), fromUnixTimestamp64Micro(?), fromUnixTimestamp64Micro(?), ?`,
		hash, kind, person, created.UnixMicro(), expires.UnixMicro(), used.UnixMicro(), uint64(l.now().UnixNano()))
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
