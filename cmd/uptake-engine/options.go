package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/server"
)

type options struct {
	path, library, listen              string
	user, passwordFile                 string
	readonlyTables                     []string
	readonlyUser, readonlyPasswordFile string
	maxConnections                     int
	memoryBytes                        int64
	lockWait                           time.Duration
	stopWithStdin, ephemeral           bool
}

func parseOptions(arguments []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("uptake-engine", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.path, "path", "", "data folder, absolute")
	flags.StringVar(&o.library, "library", "", "libchdb.so, absolute")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:9000", "address on loopback; port 0 takes a free one")
	flags.StringVar(&o.user, "user", "uptake", "user who may do everything")
	flags.StringVar(&o.passwordFile, "password-file", "", "file with the password of --user")
	flags.StringVar(&o.readonlyUser, "readonly-user", "", "user who may only read, if any")
	flags.StringVar(&o.readonlyPasswordFile, "readonly-password-file", "", "file with the password of --readonly-user")
	flags.Func("readonly-table", "database.table that --readonly-user may read; give it once a table, left out means all", func(table string) error {
		o.readonlyTables = append(o.readonlyTables, table)
		return nil
	})
	flags.IntVar(&o.maxConnections, "max-connections", 200, "clients at a time")
	flags.Int64Var(&o.memoryBytes, "memory-bytes", 2<<30, "bound on the engine's memory")
	flags.DurationVar(&o.lockWait, "lock-wait", 0, "how long to wait for another engine to leave the data folder")
	flags.BoolVar(&o.stopWithStdin, "stop-with-stdin", false, "stop when standard input ends, as it does with the parent")
	flags.BoolVar(&o.ephemeral, "ephemeral", false, "remove the data folder at the end, for tests")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	return o, o.check()
}

func (o options) check() error {
	host, _, err := net.SplitHostPort(o.listen)
	ip := net.ParseIP(host)
	switch {
	case err != nil:
		return fmt.Errorf("--listen %s: want host:port, such as 127.0.0.1:9000", o.listen)
	case host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return fmt.Errorf("--listen %s: the engine listens on loopback only, such as 127.0.0.1:9000", o.listen)
	case !filepath.IsAbs(o.path):
		return errors.New("--path: want the absolute path of the data folder")
	case !filepath.IsAbs(o.library):
		return errors.New("--library: want the absolute path of libchdb.so")
	case o.passwordFile == "":
		return errors.New("--password-file: want a file with the password")
	case (o.readonlyUser == "") != (o.readonlyPasswordFile == ""):
		return errors.New("--readonly-user and --readonly-password-file go together")
	case o.readonlyUser == o.user:
		return errors.New("--readonly-user: want another name than --user has")
	case o.maxConnections < 1 || o.maxConnections > 5000:
		return errors.New("--max-connections: want 1 to 5000")
	case o.memoryBytes < 256<<20:
		return errors.New("--memory-bytes: want at least 268435456 (256 MiB)")
	}
	return nil
}

func (o options) users() (server.Users, error) {
	user, err := server.ReadUser(o.user, o.passwordFile, false)
	if err != nil {
		return nil, err
	}
	if o.readonlyUser == "" {
		return server.Users{user}, nil
	}
	readonly, err := server.ReadUser(o.readonlyUser, o.readonlyPasswordFile, true)
	if err != nil {
		return nil, err
	}
	return server.Users{user, readonly}, nil
}
