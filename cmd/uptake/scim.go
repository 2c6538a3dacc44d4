package main

import (
	"context"
	"net/http"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/schema"
)

// scimConnections are those of the directory: one stores, one puts in force.
const scimConnections = 3

// startDirectory starts what an identity provider sends its users to, once the
// tables are there. It returns nil where this machine has no identity key:
// without it no pseudonym can be made.
func (m *mode) startDirectory(migrated <-chan struct{}) (*roster.Directory, error) {
	key, err := m.config.identityKey()
	if err != nil {
		m.logger.Info("no identity provider is served here, because there is no identity key", "error", err)
		return nil, nil
	}
	mapper, sealer, pseudonyms, err := m.config.directoryTools(key)
	if err != nil {
		return nil, err
	}
	conn, err := m.openClickHouse("scim", scimConnections)
	if err != nil {
		return nil, err
	}
	directory := roster.NewDirectory(m.config.Roster, roster.DirectoryDeps{
		Conn: conn, Sealer: sealer, Pseudonyms: pseudonyms, Mapper: mapper, Logger: m.logger.With("component", "scim"), Registerer: m.registry,
		Audit: func(ctx context.Context, changes uint64) error { return auditDirectory(ctx, conn, changes) },
	})
	m.start("scim", func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return nil
		case <-migrated:
			return directory.Run(ctx)
		}
	})
	return directory, nil
}

// auditDirectory notes that an identity provider changed the roster: a row for
// all changes that came in force together.
func auditDirectory(ctx context.Context, conn driver.Conn, changes uint64) error {
	return ledger.Audit(ctx, conn, ledger.Entry{
		Actor: "identity provider", Via: "scim", Action: "put in force what was sent",
		Tables: []string{"scim_resource", "roster_version", "alias_version"}, Rows: changes,
	})
}

// directoryTools are what reading and writing the directory takes.
func (c Config) directoryTools(key []byte) (*roster.Mapper, *roster.Sealer, *schema.Pseudonymizer, error) {
	mapper, err := c.mapper()
	if err != nil {
		return nil, nil, nil, err
	}
	sealer, err := roster.NewSealer(key)
	if err != nil {
		return nil, nil, nil, err
	}
	pseudonyms, err := schema.NewPseudonymizer(key)
	return mapper, sealer, pseudonyms, err
}

// withDirectory puts the paths of SCIM before those of the web port.
func (m *mode) withDirectory(directory *roster.Directory, keeper *token.Keeper, web http.Handler) http.Handler {
	if directory == nil {
		return web
	}
	mux := http.NewServeMux()
	mux.Handle("/", web)
	mux.Handle(scim.Prefix+"/", secured(scim.Handler(scim.Deps{
		Store: directory, Logger: m.logger.With("component", "scim"), Registerer: m.registry,
		Verify: func(secret string) int {
			bearer, known := keeper.Verify(secret)
			switch {
			case !known:
				return http.StatusUnauthorized
			case bearer.Scope != token.SCIM:
				return http.StatusForbidden
			}
			return http.StatusOK
		},
	})))
	return mux
}
