// Package clienttest runs unmodified AI clients, as their npm packages bring them,
// against a scripted model and an OTLP endpoint on loopback.
//
// A client sees nothing of the machine's user: its home, settings and working
// folder are in the run's folder, its model is model.Model, and proxies lead
// nowhere.
package clienttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Run is what clients are pointed at.
type Run struct {
	// Packages is the folder whose node_modules hold the clients.
	Packages string
	// Dir holds the home and the working folder of the run.
	Dir string
	// Model is the address of the scripted model.
	Model     string
	Telemetry Telemetry
}

// Telemetry is how a client is told to export.
type Telemetry struct {
	Endpoint    string // of OTLP over HTTP or gRPC, as the protocol wants it
	Protocol    string // http/json, http/protobuf or grpc
	Token       string
	User        string // put into the resource as user.email
	Temporality string // delta or cumulative; empty: the client's own choice
	Compression string // gzip or empty
	// Signals that are exported; empty: all that the client has.
	Signals []string
	Content bool
}

// Mode is what a client may do on its own.
type Mode int

const (
	Ask    Mode = iota // the client's default: without a person, changes are refused
	Accept             // tools run without a question
)

// Prompt is one call of a client.
type Prompt struct {
	Text     string
	Mode     Mode
	Continue bool // the last conversation of the run's home
}

// Client is a program that talks to a model.
type Client struct {
	Name string
	// prepare writes the client's settings below the home.
	prepare func(Run) error
	env     func(Run) []string
	// program is below node_modules; prompt are its arguments for a prompt, for a
	// terminal where the prompt is empty.
	program  string
	prompt   func(Prompt) []string
	terminal terminalWords
}

// Clients that can be run, by name.
var Clients = map[string]Client{}

func register(c Client) Client {
	Clients[c.Name] = c
	return c
}

// Home of the client.
func (r Run) Home() string { return filepath.Join(r.Dir, "home") }

// Work is the client's working folder.
func (r Run) Work() string { return filepath.Join(r.Dir, "work") }

// File is where scripted edits go.
func (r Run) File() string { return filepath.Join(r.Work(), "notes.txt") }

// exports says whether a signal is wanted.
func (t Telemetry) exports(signal string) bool {
	return len(t.Signals) == 0 || slices.Contains(t.Signals, signal)
}

// exporter is the value of a signal's exporter variable.
func (t Telemetry) exporter(signal string) string {
	if t.exports(signal) {
		return "otlp"
	}
	return "none"
}

// Prepare makes the folders of a run and writes the client's settings.
func (c Client) Prepare(r Run) error {
	for _, dir := range []string{r.Home(), r.Work(), filepath.Join(r.Dir, "tmp")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("client %s: %w", c.Name, err)
		}
	}
	if c.prepare == nil {
		return nil
	}
	if err := c.prepare(r); err != nil {
		return fmt.Errorf("client %s: settings: %w", c.Name, err)
	}
	return nil
}

// Command returns the command of a prompt.
func (c Client) Command(r Run, p Prompt) *exec.Cmd {
	args := c.prompt(p)
	cmd := exec.Command(filepath.Join(r.Packages, "node_modules", c.program), args...)
	cmd.Dir, cmd.Env = r.Work(), c.Environment(r)
	return cmd
}

// Environment of a client: nothing of the machine's but the path of programs.
func (c Client) Environment(r Run) []string {
	env := []string{
		"PATH=" + filepath.Join(r.Packages, "node_modules", ".bin") + ":" + os.Getenv("PATH"),
		"HOME=" + r.Home(), "TMPDIR=" + filepath.Join(r.Dir, "tmp"), "TERM=xterm-256color", "LANG=C.UTF-8", "NO_COLOR=1",
		"XDG_CONFIG_HOME=" + filepath.Join(r.Home(), ".config"), "XDG_DATA_HOME=" + filepath.Join(r.Home(), ".local/share"),
		"XDG_STATE_HOME=" + filepath.Join(r.Home(), ".local/state"), "XDG_CACHE_HOME=" + filepath.Join(r.Home(), ".cache"),
		// What tries to leave loopback meets a closed port at once.
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1,localhost",
		"OTEL_RESOURCE_ATTRIBUTES=user.email=" + r.Telemetry.User,
	}
	env = append(env, r.Telemetry.standard()...)
	return append(env, c.env(r)...)
}

// standard are the variables of the OpenTelemetry specification.
func (t Telemetry) standard() []string {
	env := []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + t.Endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=" + t.Protocol,
		"OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer " + t.Token,
	}
	if t.Temporality != "" {
		env = append(env, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="+t.Temporality)
	}
	if t.Compression != "" {
		env = append(env, "OTEL_EXPORTER_OTLP_COMPRESSION="+t.Compression)
	}
	return env
}

// settings writes a file below the home.
func (r Run) settings(name, text string) error {
	path := filepath.Join(r.Home(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
