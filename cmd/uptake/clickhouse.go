package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clickhouse "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/ingest/migrate"
	"github.com/uptake-telemetry/uptake/schema/kafka"
)

// ClickHouse says where the tables are.
type ClickHouse struct {
	Addr         []string  `yaml:"addr"`
	Database     string    `yaml:"database"`
	Username     string    `yaml:"username"`
	PasswordFile string    `yaml:"password_file"`
	Cluster      string    `yaml:"cluster"`
	TLS          kafka.TLS `yaml:"tls"`
}

func defaultClickHouse() ClickHouse {
	return ClickHouse{Addr: []string{"127.0.0.1:9000"}, Database: "uptake", Username: "uptake"}
}

var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (c ClickHouse) validate() error {
	switch {
	case len(c.Addr) == 0:
		return errors.New("clickhouse.addr: name at least one HOST:PORT")
	case !databaseName.MatchString(c.Database):
		return fmt.Errorf("clickhouse.database: %q is no database name; use letters, digits and underscores", c.Database)
	case c.Cluster != "":
		return errors.New("clickhouse.cluster: clusters are not supported yet; leave it empty")
	}
	return under("clickhouse.tls", c.TLS.Validate())
}

// Time limits of the connection: a server that does not answer is tried again.
const (
	dialTimeout         = 3 * time.Second
	clickhouseReadLimit = 5 * time.Minute
)

// connect opens a connection pool on the database. It does not dial yet.
func (c ClickHouse) connect(database string, connections int) (driver.Conn, error) {
	password := ""
	if c.PasswordFile != "" {
		var err error
		if password, err = readSecret(c.PasswordFile); err != nil {
			return nil, fmt.Errorf("clickhouse.password_file: %w", err)
		}
	}
	encrypted, err := c.TLS.Client()
	if err != nil {
		return nil, fmt.Errorf("clickhouse.tls.%w", err)
	}
	return clickhouse.Open(&clickhouse.Options{
		Addr:             c.Addr,
		Auth:             clickhouse.Auth{Database: database, Username: c.Username, Password: password},
		TLS:              encrypted,
		DialTimeout:      dialTimeout,
		ReadTimeout:      clickhouseReadLimit,
		MaxOpenConns:     connections,
		MaxIdleConns:     connections,
		ConnMaxLifetime:  10 * time.Minute,
		ConnOpenStrategy: clickhouse.ConnOpenRandom,
		Compression:      &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
	})
}

// ensureDatabase creates the database when it is missing.
func (c ClickHouse) ensureDatabase(ctx context.Context) error {
	conn, err := c.connect("default", 1)
	if err != nil {
		return err
	}
	defer conn.Close()
	return migrate.CreateDatabase(ctx, conn, c.Database)
}

// database is the one that a part waits for before it can start.
type database struct {
	settings ClickHouse
	logger   *slog.Logger
	waiting  atomic.Pointer[error]
}

func (m *mode) database() *database {
	d := &database{settings: m.config.ClickHouse, logger: m.logger}
	err := errors.New("starting")
	d.waiting.Store(&err)
	return d
}

// await waits until the server answers and the database exists. A server that
// refuses the password is waited for too, since it may be mended there; the log
// and readiness say what it answers.
func (d *database) await(ctx context.Context) error {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := d.settings.ensureDatabase(ctx)
		if err == nil || ctx.Err() != nil {
			d.waiting.Store(nil)
			return nil
		}
		err = fmt.Errorf("waiting for ClickHouse at %s: %w", strings.Join(d.settings.Addr, ", "), err)
		d.waiting.Store(&err)
		d.logger.Warn(err.Error())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// serve runs the part once the database is there, and from then on watches
// whether it answers, so that readiness tells it also when nothing is asked.
func (d *database) serve(ctx context.Context, part func(context.Context) error) error {
	if err := d.await(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	conn, err := d.settings.connect(d.settings.Database, 1)
	if err != nil {
		return err
	}
	defer conn.Close()
	watched, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer stop()
	watch.Go(func() { d.watch(watched, conn) })
	return part(ctx)
}

// How often the database is asked, and within what time it should answer.
const (
	watchInterval = 2 * time.Second
	answerWithin  = 5 * time.Second
)

func (d *database) watch(ctx context.Context, conn driver.Conn) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		asked, cancel := context.WithTimeout(ctx, answerWithin)
		err := conn.Ping(asked)
		cancel()
		if err == nil {
			d.waiting.Store(nil)
			continue
		}
		err = fmt.Errorf("waiting for ClickHouse at %s to answer: %w", strings.Join(d.settings.Addr, ", "), err)
		d.waiting.Store(&err)
	}
}

// ready says what the database is waited for, else what the part says.
func (d *database) ready(part func() error) func() error {
	return func() error {
		if err := d.waiting.Load(); err != nil {
			return *err
		}
		return part()
	}
}
