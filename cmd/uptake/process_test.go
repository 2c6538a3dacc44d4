package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/embedded/engine/enginetest"
)

// binaries is the folder of the program under test, built once for all tests.
var binaries = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "uptake-test-bin")
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", dir+"/", "github.com/uptake-telemetry/uptake/cmd/uptake")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return dir, nil
})

func TestMain(m *testing.M) {
	if os.Getenv(referenceVariable) != "" {
		fmt.Fprintln(os.Stderr, serveReference())
		os.Exit(1)
	}
	code := enginetest.Stopping(m).Run()
	if dir, err := binaries(); err == nil && strings.Contains(dir, "uptake-test-bin") {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// process is a running uptake under test.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	log  *bytes.Buffer
	logs sync.Mutex
	done chan struct{}
	err  error
}

// command returns a command of the program under test.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	dir, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	embedded := enginetest.Config(t)
	cmd := exec.Command(filepath.Join(dir, "uptake"), args...)
	cmd.Env = append(os.Environ(), "UPTAKE_ENGINE_LIBRARY="+embedded.Library, "UPTAKE_ENGINE_BINARY="+embedded.Binary)
	return cmd
}

// startProcess runs the program until it is stopped or killed.
func startProcess(t testing.TB, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: command(t, args...), log: &bytes.Buffer{}, done: make(chan struct{})}
	p.cmd.Stderr, p.cmd.Stdout = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of uptake %s:\n%s", strings.Join(args, " "), p.logText())
		}
	})
	return p
}

// Write keeps what the process prints.
func (p *process) Write(b []byte) (int, error) {
	p.logs.Lock()
	defer p.logs.Unlock()
	return p.log.Write(b)
}

func (p *process) logText() string {
	p.logs.Lock()
	defer p.logs.Unlock()
	return p.log.String()
}

// kill ends the process as a power cut would end it.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.done
}

// stop asks the process to end and returns its exit status.
func (p *process) stop() int {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(2 * time.Minute):
		p.kill()
		p.t.Fatal("the process did not stop within two minutes of SIGTERM")
	}
	return p.cmd.ProcessState.ExitCode()
}

// system is everything on one machine: a running `uptake up`.
type system struct {
	*process
	dir string
	runFile
}

// startUp runs `uptake up` on the folder and waits until it is ready.
func startUp(t testing.TB, dir string, args ...string) *system {
	t.Helper()
	s := &system{process: startProcess(t, append([]string{"up", "--data", dir, "--auto-ports"}, args...)...), dir: dir}
	waitFor(t, "run.json", s.done, func() error {
		b, err := os.ReadFile(filepath.Join(dir, "run.json"))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, &s.runFile); err != nil {
			return err
		}
		if s.PID != s.cmd.Process.Pid {
			return errors.New("run.json is of an earlier process")
		}
		return nil
	})
	return s
}

// waitFor tries until it succeeds, the process ends, or ten minutes are over.
func waitFor(t testing.TB, what string, ended <-chan struct{}, try func() error) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("waiting for %s: the process ended: %v", what, err)
		case <-deadline.C:
			t.Fatalf("waiting for %s: %v", what, err)
		}
	}
}

// uptake runs a command to its end and returns what it printed.
func uptake(t testing.TB, args ...string) string {
	t.Helper()
	out, err := tryUptake(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryUptake(t testing.TB, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := command(t, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		return stdout.String(), fmt.Errorf("uptake %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}

// drain waits until all that was accepted is stored, rebuilt and published.
func (s *system) drain() {
	s.t.Helper()
	uptake(s.t, "status", "--data", s.dir, "--wait", "drained", "--timeout", "120s")
}

// query returns the rows of a statement.
func (s *system) query(statement string) []map[string]any {
	s.t.Helper()
	return decodeRows(s.t, uptake(s.t, "sql", "--data", s.dir, "--format", "json", statement))
}

func decodeRows(t testing.TB, text string) []map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return rows
}

// number returns the one value of a statement.
func (s *system) number(statement string) float64 {
	s.t.Helper()
	rows := s.query(statement)
	if len(rows) != 1 || len(rows[0]) != 1 {
		s.t.Fatalf("%s gave %v", statement, rows)
	}
	for _, v := range rows[0] {
		if n, ok := v.(float64); ok {
			return n
		}
	}
	s.t.Fatalf("%s gave %v", statement, rows)
	return 0
}

// post sends a body with the operator's token.
func (s *system) post(path, contentType, encoding string, body []byte) (int, string) {
	s.t.Helper()
	return postBody(s.t, s.OTLPHTTP+path, secretOf(s.t, s.IngestTokenFile), contentType, encoding, body)
}

func postBody(t testing.TB, url, token, contentType, encoding string, body []byte) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", contentType)
	if encoding != "" {
		request.Header.Set("Content-Encoding", encoding)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func secretOf(t testing.TB, file string) string {
	t.Helper()
	secret, err := readSecret(file)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}
