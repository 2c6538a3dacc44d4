package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// newIdentity is `uptake identity`.
func newIdentity(s *settings) *cobra.Command {
	var yes, forgetDirectory bool
	rotate := &cobra.Command{
		Use:   "rotate --yes",
		Short: "Make a new identity key, so that nobody can be followed from before to after",
		Long: `Makes a new key for the pseudonyms and destroys the old one, on this machine. From
the next Monday on (today, if it is one) history begins anew: what was published of
the weeks before stands as it is, the week that runs among them, and tiers start with
the form of four weeks. The best moment is Thursday after 12:00 UTC, when the week
before has become final. It works while Uptake runs; what to do next is printed:
collectors go on with the old key until they are given the new one.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes {
				return usagef("the old key cannot be had again; say --yes when that is meant")
			}
			return s.withTables(1, func(c Config, conn driver.Conn) error {
				return c.rotate(cmd.Context(), cmd.OutOrStdout(), conn, forgetDirectory)
			})
		},
	}
	rotate.Flags().BoolVar(&yes, "yes", false, "yes, destroy the old key")
	rotate.Flags().BoolVar(&forgetDirectory, "forget-directory", false, "forget what the identity provider sent over SCIM, which only the old key can read; it must send all again")
	c := &cobra.Command{Use: "identity", Short: "Replace the key of the pseudonyms"}
	c.AddCommand(rotate)
	return c
}

// rotate notes where history begins anew before the key changes: a crash in
// between loses figures of days, not what keeps people apart.
func (c Config) rotate(ctx context.Context, w io.Writer, conn driver.Conn, forgetDirectory bool) error {
	if _, err := c.identityKey(); err != nil {
		return err
	}
	if err := migrate.Check(ctx, conn); err != nil {
		return err
	}
	if err := c.forgetDirectory(ctx, conn, forgetDirectory); err != nil {
		return err
	}
	if err := audited(ctx, conn, "identity rotate", "", personalTables()...); err != nil {
		return err
	}
	since := nextMonday(time.Now())
	if err := conn.Exec(ctx, "INSERT INTO identity_epoch (since, begun_at) SELECT toDate(?), now64(6)", since.Format(time.DateOnly)); err != nil {
		return fmt.Errorf("note where history begins anew: %w", err)
	}
	if err := replaceKey(c.Identity.KeyFile); err != nil {
		return fmt.Errorf("replace the identity key: %w", err)
	}
	return c.tellRotated(w, since)
}

// forgetDirectory empties what only the old key opens, when it is told to.
func (c Config) forgetDirectory(ctx context.Context, conn driver.Conn, told bool) error {
	var rows uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM scim_resource").Scan(&rows); err != nil {
		return fmt.Errorf("look for people of the identity provider: %w", err)
	}
	switch {
	case rows == 0:
		return nil
	case !told:
		return usagef("an identity provider keeps people here over SCIM, sealed with the old key; say --forget-directory, and have it send all again afterwards")
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"alter_sync": 2}))
	if err := conn.Exec(ctx, "TRUNCATE TABLE scim_resource"); err != nil {
		return fmt.Errorf("forget the people of the identity provider: %w", err)
	}
	return nil
}

// nextMonday is the day itself where it is a Monday.
func nextMonday(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, (8-int(day.Weekday()))%7)
}

// replaceKey puts a new key in the place of the old one, which is overwritten
// once the new one is there. A file system that never writes in place keeps the
// old blocks until it uses them again.
func replaceKey(path string) error {
	b := make([]byte, identityKeyBytes)
	if _, err := rand.Read(b); err != nil {
		return err
	}
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	if err := writeFileAtomic(path, []byte(base64.RawURLEncoding.EncodeToString(b)+"\n"), 0o600); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(path)), overwrite(old))
}

func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	noise := make([]byte, info.Size())
	if _, err := rand.Read(noise); err != nil {
		return err
	}
	if _, err := f.WriteAt(noise, 0); err != nil {
		return err
	}
	return f.Sync()
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tellRotated says what is to be done now, in order.
func (c Config) tellRotated(w io.Writer, since time.Time) error {
	steps := []string{
		"give the new key " + c.Identity.KeyFile + " to every collector and to whoever imports the roster, and destroy their old ones;",
		"restart the collectors, `uptake up` and `uptake observe`, so that they use it;",
		"import the roster again with all its files, and accept aliases again that came from suggestions;",
	}
	if names, err := c.personalTokens(); err != nil {
		return err
	} else if len(names) > 0 {
		steps = append(steps, "make these tokens anew, which name a person by the old key: "+strings.Join(names, ", ")+";")
	}
	steps = append(steps, "have the identity provider send everybody again, where there is one.")
	r := report{width: 3, page: []paragraph{{"", []string{"The identity key is a new one; the old one is destroyed here. History begins anew on " + date(since) + ". Now:"}}}}
	for i, step := range steps {
		r.page = append(r.page, paragraph{fmt.Sprintf("%d.", i+1), []string{step}})
	}
	return r.describe(w)
}

// personalTokens are the names of working tokens that were made for a person.
func (c Config) personalTokens() ([]string, error) {
	all, err := token.File{Path: c.Tokens.File}.List()
	var names []string
	for i := range all {
		if all[i].Person != "" && all[i].State(time.Now()) == "active" {
			names = append(names, all[i].Name)
		}
	}
	return names, err
}
