// Command uptake-engine is the ClickHouse engine as a process of its own: the
// library libchdb.so behind a listener that speaks ClickHouse's native TCP
// protocol on loopback. `uptake up` and tests start and supervise it; any
// ClickHouse client can connect.
//
// It promises: it writes one line of JSON to standard output when it is ready
// or why it is not, it has its data folder for itself, it stops cleanly on
// SIGTERM, SIGINT and, where told so, when its standard input ends, and
// neither that nor a kill -9 costs an acknowledged row.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/server"
)

// stopLimit is how long running statements have to end. The process is gone
// after twice that, come what may: nothing that was acknowledged is in danger.
const stopLimit = 5 * time.Second

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(arguments []string, stdin io.Reader, stdout, stderr io.Writer) int {
	options, err := parseOptions(arguments, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return report(stdout, stderr, &failure{reason: reasonUse, err: err})
	}
	// The engine writes to sockets on its own, and a closed one must not end the process.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ctx, left := context.WithCancel(ctx)
	defer left()
	if options.stopWithStdin {
		go func() {
			io.Copy(io.Discard, stdin)
			left() // not stop: the signal that comes as well would end the process at once
		}()
	}
	logger := slog.New(slog.NewTextHandler(stderr, nil)).With("component", "engine")
	if err := serve(ctx, options, stdout, logger); err != nil {
		return report(stdout, stderr, err)
	}
	return 0
}

// serve joins the parts, cheap ones first. The folder comes before the address,
// because an engine that is just leaving has both, and it can be waited for.
func serve(ctx context.Context, options options, stdout io.Writer, logger *slog.Logger) error {
	watch := context.AfterFunc(ctx, func() { time.AfterFunc(2*stopLimit, func() { os.Exit(1) }) })
	defer watch()
	users, err := options.users()
	if err != nil {
		return &failure{reasonUse, err}
	}
	folder, err := lockFolder(ctx, options.path, options.lockWait)
	if err != nil {
		return err
	}
	defer folder.release(options.ephemeral)
	listener, err := net.Listen("tcp", options.listen)
	if err != nil {
		return &failure{reasonListen, err}
	}
	defer listener.Close()
	library, err := chdb.Load(options.library)
	if err != nil {
		return &failure{reasonLibrary, err}
	}
	engine, err := server.StartEngine(library, options.path, options.memoryBytes)
	if err != nil {
		return &failure{reasonEngine, err}
	}
	ready(stdout, listener.Addr(), engine.Version)
	srv := server.New(server.Config{
		Listener:       listener,
		Engine:         engine,
		Users:          users,
		MaxConnections: options.maxConnections,
		ReadonlyTables: options.readonlyTables,
		Logger:         logger,
	})
	if err := srv.Run(ctx, stopLimit); err != nil {
		logger.Warn("stopped without waiting on", "error", err)
		return nil
	}
	engine.Close()
	return nil
}

// status is the line for whoever started the process.
type status struct {
	State   string `json:"state"`
	Addr    string `json:"addr,omitempty"`
	Version string `json:"version,omitempty"`
	PID     int    `json:"pid"`
	Reason  string `json:"reason,omitempty"`
	Error   string `json:"error,omitempty"`
}

func ready(stdout io.Writer, addr net.Addr, version string) {
	json.NewEncoder(stdout).Encode(status{State: "ready", Addr: addr.String(), Version: version, PID: os.Getpid()})
}

// report says why the process could not do its work, and gives its exit status.
func report(stdout, stderr io.Writer, err error) int {
	line := status{State: "failed", Reason: reasonEngine, Error: err.Error(), PID: os.Getpid()}
	var f *failure
	if errors.As(err, &f) {
		line.Reason = f.reason
	}
	json.NewEncoder(stdout).Encode(line)
	fmt.Fprintln(stderr, "uptake-engine:", err)
	if line.Reason == reasonUse {
		return 2
	}
	return 1
}

// Reasons of a failure, for the supervisor to decide on.
const (
	reasonUse     = "use"
	reasonListen  = "listen"
	reasonFolder  = "folder"
	reasonInUse   = "folder_in_use"
	reasonLibrary = "library"
	reasonEngine  = "engine"
)

type failure struct {
	reason string
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }
