package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/publish"
)

// webHandler joins what the web port serves: the page for people, the API for
// programs.
func webHandler(c Config, conn driver.Conn, logger *slog.Logger, verifier publish.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", adoption.Handler(c.Adoption, conn, logger, verifier))
	mux.Handle(ledgerPath, ledgerHandler(c, conn, logger))
	mux.Handle("GET /{$}", guarded(c.Listen.Web, verifier, &overview{conn: conn, logger: logger, minimumGroup: c.Adoption.Publish.Least()}))
	return secured(mux)
}

// secured sets the headers that keep a page to itself.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// guarded lets in whoever sits at this machine when the port is on loopback
// and was asked for as such, which keeps out other sites' scripts; all others
// show the read token as the password of basic authentication.
func guarded(address string, verifier publish.Verifier, next http.Handler) http.Handler {
	host, _, _ := net.SplitHostPort(address)
	local := isLoopback(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			asked = r.Host
		}
		if local && isLoopback(asked) {
			next.ServeHTTP(w, r)
			return
		}
		_, password, _ := r.BasicAuth()
		if status := verifier.VerifyRead(password); status != http.StatusOK {
			w.Header().Set("WWW-Authenticate", `Basic realm="Uptake: a read token as the password"`)
			http.Error(w, "a read token is wanted as the password", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// lastWeek is the newest final week, else the newest week.
func lastWeek(ctx context.Context, conn driver.Conn) (week time.Time, state string, err error) {
	rows, err := publish.Read(ctx, conn, publish.Filter{Metric: "adoption_rate", By: []string{"total"}, Tool: "any", Grain: "week"})
	if err != nil || len(rows) == 0 {
		return time.Time{}, "", err
	}
	shown := rows[0]
	for _, row := range rows {
		if row.State == publish.Final || row.State == publish.Corrected {
			shown = row
			break
		}
	}
	return shown.Period.Time, shown.State, nil
}
