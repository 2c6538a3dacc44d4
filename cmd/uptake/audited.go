package main

import (
	"context"
	"os"
	"os/user"
	"strconv"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
)

// audited notes that a command reads or changes records about persons, before
// it does. Person is a pseudonym, empty where it is about many.
func audited(ctx context.Context, conn driver.Conn, action, person string, tables ...string) error {
	return ledger.Audit(ctx, conn, ledger.Entry{Actor: operator(), Via: "command", Action: action, Person: person, Tables: tables})
}

// operator is the account of the operating system.
func operator() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "user " + strconv.Itoa(os.Getuid())
}
