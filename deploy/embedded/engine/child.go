package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// child is one process of the engine.
type child struct {
	command *exec.Cmd
	status  status
	// stdin is held open: its end tells the engine that this process is gone.
	stdin io.WriteCloser
	// ended is closed when the process has gone; err says how, then.
	ended chan struct{}
	err   error
	last  lastLine
}

// status is the line that the engine writes when it is ready or has failed.
type status struct {
	State  string `json:"state"`
	Addr   string `json:"addr"`
	PID    int    `json:"pid"`
	Reason string `json:"reason"`
	Error  string `json:"error"`
}

// Errors of a start that a caller may want to tell apart.
var (
	// ErrFolderInUse: another engine has the data folder.
	ErrFolderInUse = errors.New("the data folder is in use")
	// ErrAddressInUse: another program has the address.
	ErrAddressInUse = errors.New("the address cannot be listened on")
)

// lockWait lets the engine of a process that was killed a moment ago leave.
const lockWait = "5s"

func (c Config) arguments() []string {
	arguments := []string{
		"--path=" + c.Path,
		"--library=" + c.Library,
		"--listen=" + c.Listen,
		"--user=" + c.User,
		"--password-file=" + c.PasswordFile,
		"--max-connections=" + strconv.Itoa(c.MaxConnections),
		"--memory-bytes=" + strconv.FormatInt(c.MemoryBytes, 10),
		"--lock-wait=" + lockWait,
		"--stop-with-stdin",
	}
	if c.ReadonlyUser != "" {
		arguments = append(arguments, "--readonly-user="+c.ReadonlyUser, "--readonly-password-file="+c.ReadonlyPasswordFile)
	}
	for _, table := range c.ReadonlyTables {
		arguments = append(arguments, "--readonly-table="+table)
	}
	if c.Ephemeral {
		arguments = append(arguments, "--ephemeral")
	}
	return arguments
}

// startChild starts a process and waits for its line.
func startChild(ctx context.Context, config Config, logger *slog.Logger) (*child, error) {
	c := &child{command: exec.Command(config.Binary, config.arguments()...), ended: make(chan struct{})}
	c.command.SysProcAttr = attributes()
	c.command.Env = append(os.Environ(), "TZ=UTC")
	statuses := make(chan status, 1)
	if err := c.start(statuses, logger); err != nil {
		return nil, fmt.Errorf("start %s: %w", config.Binary, err)
	}
	select {
	case c.status = <-statuses:
	case <-c.ended:
		select {
		case c.status = <-statuses:
		default:
		}
	case <-ctx.Done():
		c.terminate()
		<-c.ended
		return nil, fmt.Errorf("the embedded ClickHouse was not ready in time: %w", ctx.Err())
	}
	if c.status.State == "ready" {
		return c, nil
	}
	<-c.ended
	return nil, c.explain(config)
}

// start runs the process from a thread of its own that lives as long as it,
// because the signal of a parent's death is one of the parent's thread.
func (c *child) start(statuses chan<- status, logger *slog.Logger) error {
	stdin, err := c.command.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return err
	}
	stderr, err := c.command.StderrPipe()
	if err != nil {
		return err
	}
	c.stdin = stdin
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := c.command.Start()
		started <- err
		if err != nil {
			return
		}
		var pipes sync.WaitGroup
		pipes.Go(func() { readStatus(stdout, statuses) })
		pipes.Go(func() { c.forward(stderr, logger) })
		pipes.Wait()
		c.err = c.command.Wait()
		c.stdin.Close()
		close(c.ended)
	}()
	return <-started
}

func readStatus(stdout io.Reader, statuses chan<- status) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var s status
		if json.Unmarshal(lines.Bytes(), &s) == nil && s.State != "" {
			select {
			case statuses <- s:
			default:
			}
		}
	}
	io.Copy(io.Discard, stdout)
}

// forward passes on what the engine says of itself. The lines hold no
// statements: those are for clients only.
func (c *child) forward(stderr io.Reader, logger *slog.Logger) {
	lines := bufio.NewReaderSize(stderr, 4<<10)
	for {
		line, long, err := lines.ReadLine()
		if err != nil {
			return
		}
		if text := strings.TrimSpace(string(line)); text != "" && !long {
			c.last.set(text)
			logger.Info("embedded ClickHouse says", "line", text)
		}
	}
}

// terminate asks the process to stop.
func (c *child) terminate() {
	c.command.Process.Signal(syscall.SIGTERM)
}

func (c *child) kill() {
	c.command.Process.Kill()
}

// fault says how the process ended.
func (c *child) fault() error {
	if c.err == nil {
		return errors.New("exit status 0")
	}
	return c.err
}

func (c *child) explain(config Config) error {
	switch c.status.Reason {
	case "folder_in_use":
		return fmt.Errorf("%w: %s: stop the other one, or set another data folder", ErrFolderInUse, c.status.Error)
	case "listen":
		return fmt.Errorf("%w: %s: set another port, or stop who has it", ErrAddressInUse, c.status.Error)
	case "":
		return fmt.Errorf("the embedded ClickHouse ended before it was ready: %w; its last line was %q", c.fault(), c.last.get())
	}
	return fmt.Errorf("the embedded ClickHouse could not start: %s", c.status.Error)
}

// lastLine keeps the newest line of a process.
type lastLine struct {
	mutex sync.Mutex
	text  string
}

func (l *lastLine) set(text string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.text = text
}

func (l *lastLine) get() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text
}
