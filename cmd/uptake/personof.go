package main

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema"
)

// pseudonymOf is the pseudonym itself, or that of an identifier.
func (c Config) pseudonymOf(identifier string) (string, error) {
	if roster.Pseudonym(identifier) {
		return identifier, nil
	}
	p, err := c.pseudonymizer()
	if err != nil {
		return "", err
	}
	pseudonym := p.Person(identifier)
	if pseudonym == nil {
		return "", usagef("the identifier is blank")
	}
	return schema.PseudonymString(pseudonym), nil
}

// withPerson works on the record of a person, once it is noted that it does.
func (s *settings) withPerson(ctx context.Context, action, identifier string, work func(Config, driver.Conn, ledger.Person) error) error {
	return s.withTables(2, func(c Config, conn driver.Conn) error {
		pseudonym, err := c.pseudonymOf(identifier)
		if err != nil {
			return err
		}
		if err := migrate.Check(ctx, conn); err != nil {
			return err
		}
		if err := audited(ctx, conn, action, pseudonym, personalTables()...); err != nil {
			return err
		}
		person, err := ledger.Find(ctx, conn, pseudonym)
		if err == nil && person.ID != pseudonym {
			err = audited(ctx, conn, action, person.ID, personalTables()...)
		}
		if err != nil {
			return err
		}
		return work(c, conn, person)
	})
}

// instant is a moment as people read it.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// date is a day as people read it.
func date(t time.Time) string { return t.UTC().Format("2 January 2006") }
