package main

import (
	"context"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/collector/token"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// newObserve is `uptake observe`: events to published figures, and who shows them.
func newObserve(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "observe",
		Short: "Rebuild, compute and publish figures; serve the page and the API",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.load()
			if err != nil {
				return err
			}
			return runMode(cmd.Context(), c, startObserveMode)
		},
	}
}

// startObserveMode joins the observer, the web port and the metrics.
func startObserveMode(_ context.Context, m *mode) error {
	metrics, err := m.listen("listen.metrics", m.config.Listen.Metrics)
	if err != nil {
		return err
	}
	web, err := m.listen("listen.web", m.config.Listen.Web)
	if err != nil {
		return err
	}
	ready, err := m.startObserve(web)
	if err != nil {
		return err
	}
	serveMetrics(m.lifecycle, metrics, m.registry, ready)
	return nil
}

// Connections that observing and its readers may use at once.
const (
	observeConnections = 6
	readConnections    = 4
)

// startObserve starts the observer and serves what it publishes.
func (m *mode) startObserve(web net.Listener) (readiness, error) {
	conn, err := m.openClickHouse("observe", observeConnections)
	if err != nil {
		return readiness{}, err
	}
	catalogue, err := loadTools(m.config.Tools)
	if err != nil {
		return readiness{}, err
	}
	part, err := adoption.New(m.config.Adoption, adoption.Deps{
		Conn: conn, Logger: m.logger, Registerer: m.registry, Tools: toolCategories(catalogue), Authority: catalogue.Orders(),
	})
	if err != nil {
		return readiness{}, err
	}
	database, migrated := m.database(), make(chan struct{})
	m.start("observe", func(ctx context.Context) error {
		return database.serve(ctx, func(ctx context.Context) error {
			if err := migrate.Run(ctx, conn, m.logger); err != nil && ctx.Err() == nil {
				return err
			}
			close(migrated)
			return part.Run(ctx)
		})
	})
	m.start("retention", func(ctx context.Context) error {
		select {
		case <-migrated:
			return ledger.KeepExpired(ctx, conn, m.logger)
		case <-ctx.Done():
			return nil
		}
	})
	directory, err := m.startDirectory(migrated)
	if err != nil {
		return readiness{}, err
	}
	return readiness{"observe", database.ready(part.Ready)}, m.serveWeb(web, directory)
}

// loadTools reads the catalogue with the files of the site's folder.
func loadTools(siteFolder string) (*tools.Catalogue, error) {
	catalogue, err := tools.LoadWith(siteFolder)
	if err != nil {
		return nil, usagef("tools %s: %w", siteFolder, err)
	}
	return catalogue, nil
}

// toolCategories gives the category of each tool of the catalogue.
func toolCategories(catalogue *tools.Catalogue) map[string]string {
	categories := map[string]string{}
	for _, t := range catalogue.Tools() {
		categories[t.ID] = string(t.Category)
	}
	return categories
}

// serveWeb serves the page, the API and the directory on the web port.
func (m *mode) serveWeb(listener net.Listener, directory *roster.Directory) error {
	conn, err := m.openClickHouse("web", readConnections)
	if err != nil {
		return err
	}
	keeper, err := token.NewKeeper(m.config.Tokens.File, m.logger)
	if err != nil {
		return err
	}
	m.start("tokens of readers", keeper.Run)
	verifier := publish.VerifierFunc(func(secret string) int {
		bearer, known := keeper.Verify(secret)
		switch {
		case !known:
			return http.StatusUnauthorized
		case bearer.Scope != token.Read:
			return http.StatusForbidden
		default:
			return http.StatusOK
		}
	})
	serve(m.lifecycle, "web", listener, m.withDirectory(directory, keeper, webHandler(m.config, conn, m.logger, verifier)))
	return nil
}
