package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

// withTables works on the tables of the running or configured system.
func (s *settings) withTables(connections int, work func(Config, driver.Conn) error) error {
	c, err := s.loadRunning()
	if err != nil {
		return err
	}
	conn, err := c.ClickHouse.connect(c.ClickHouse.Database, connections)
	if err != nil {
		return usageError{err}
	}
	defer conn.Close()
	return work(c, conn)
}
