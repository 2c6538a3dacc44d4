package clienttest

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/clienttest/model"
)

// Scenario is what a person does with a client, one process for each prompt.
type Scenario struct {
	Name    string
	Prompts []Prompt
}

// Scenarios are played by all clients. The text of a prompt is the name of a
// script of the model.
var Scenarios = []Scenario{
	{"plain", []Prompt{{Text: "PLAIN", Mode: Accept}}},
	{"shell", []Prompt{{Text: "LS", Mode: Accept}}},
	{"edit", []Prompt{{Text: "EDIT", Mode: Accept}}},
	{"replace", []Prompt{{Text: "REPLACE", Mode: Accept}}},
	{"agent", []Prompt{{Text: "AGENT", Mode: Accept}}},
	{"continued", []Prompt{{Text: "PLAIN", Mode: Accept}, {Text: "LS", Mode: Accept, Continue: true}}},
	{"refused", []Prompt{{Text: "EDIT", Mode: Ask}}},
	{"error", []Prompt{{Text: "ERROR400", Mode: Accept}}},
	{"retried", []Prompt{{Text: "ERROR500", Mode: Accept}}},
}

// patience is what a client gets for a prompt, on a busy machine too.
const patience = 3 * time.Minute

// Play plays a scenario and returns what the model served and what the client
// printed. The run's model is a new one.
func (c Client) Play(ctx context.Context, r Run, s Scenario) (model.Truth, string, error) {
	m, err := model.Start()
	if err != nil {
		return model.Truth{}, "", err
	}
	defer m.Close()
	r.Model = m.URL()
	if err := c.Prepare(r); err != nil {
		return model.Truth{}, "", err
	}
	var printed bytes.Buffer
	for _, p := range s.Prompts {
		p.Text = "do " + p.Text + " " + r.File()
		if err := finish(ctx, c.Command(r, p), &printed); err != nil {
			return m.Truth(), printed.String(), fmt.Errorf("client %s: scenario %s: %w", c.Name, s.Name, err)
		}
	}
	return m.Truth(), printed.String(), nil
}

// finish runs a command and all that it starts to the end. The status that a
// client ends with says nothing here: some scenarios are failures.
func finish(ctx context.Context, cmd *exec.Cmd, printed *bytes.Buffer) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd.Stdout, cmd.Stderr = printed, printed
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	end := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	defer end()
	defer context.AfterFunc(ctx, end)()
	_ = cmd.Wait()
	return ctx.Err()
}
