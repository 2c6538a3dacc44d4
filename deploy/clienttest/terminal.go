package clienttest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptake-telemetry/uptake/deploy/clienttest/model"
)

// terminalWords are what a client shows in a terminal, and the keys for it.
type terminalWords struct {
	args []string
	// greeting is a question before the first prompt, answered with greet.
	greeting, greet string
	// ready is shown where a prompt may be typed.
	ready string
	// question asks for the permission to change a file; keys are the answers, and
	// goesOn says that the model is told of a refusal.
	question string
	keys     map[Answer]string
	goesOn   bool
	quit     string
}

// Answer of a person who is asked whether a file may be changed.
type Answer string

// What a person may answer.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// answered is what the scripted model ends every turn with.
const answered = "That is done"

// Answers says whether the client asks in a terminal.
func (c Client) Answers() bool { return c.terminal.ready != "" }

// PlayTerminal lets a person in a terminal ask for an edit and answer the
// client's question; it needs tmux.
func (c Client) PlayTerminal(ctx context.Context, r Run, answer Answer) (model.Truth, string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	m, err := model.Start()
	if err != nil {
		return model.Truth{}, "", err
	}
	defer m.Close()
	r.Model = m.URL()
	if err := c.Prepare(r); err != nil {
		return model.Truth{}, "", err
	}
	cmd := c.Command(r, Prompt{})
	cmd.Args = append(cmd.Args, c.terminal.args...)
	screen, err := newScreen(ctx, r, cmd)
	if err != nil {
		return model.Truth{}, "", err
	}
	defer screen.close()
	err = c.terminal.converse(screen, "do EDIT "+r.File(), answer)
	return m.Truth(), screen.last, err
}

// converse types the prompt, answers the question and leaves.
func (w terminalWords) converse(s *screen, prompt string, answer Answer) error {
	steps := []func() error{
		func() error { return s.wait(w.ready) },
		func() error { return s.say(prompt, w.question) },
		func() error { return s.press(w.question, w.keys[answer]) },
	}
	if w.greeting != "" {
		steps = append([]func() error{func() error { return s.press(w.greeting, w.greet) }}, steps...)
	}
	if answer == Yes || w.goesOn {
		steps = append(steps, func() error { return s.wait(answered) })
	}
	for _, step := range append(steps, func() error { return s.leave(w.quit) }) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// screen is a terminal that a client runs in.
type screen struct {
	ctx    context.Context
	socket string
	last   string
}

// newScreen starts the command in a terminal of its own.
func newScreen(ctx context.Context, r Run, cmd *exec.Cmd) (*screen, error) {
	script := "#!/bin/sh\ncd " + quoted(cmd.Dir) + " && exec env -i"
	for _, word := range append(append(cmd.Env, cmd.Path), cmd.Args[1:]...) {
		script += " \\\n  " + quoted(word)
	}
	file := filepath.Join(r.Dir, "terminal.sh")
	if err := os.WriteFile(file, []byte(script+"\n"), 0o700); err != nil {
		return nil, err
	}
	s := &screen{ctx: ctx, socket: filepath.Join(r.Dir, "tmux")}
	_, err := s.tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50", file)
	return s, err
}

func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

func (s *screen) tmux(args ...string) (string, error) {
	out, err := exec.CommandContext(s.ctx, "tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return string(out), err
}

func (s *screen) close() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() }

// until looks at the screen again and again, and does something every few looks
// when it does not show what it should.
func (s *screen) until(what string, shown func() bool, remind func() error) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for looks := 0; !shown(); looks++ {
		if looks%25 == 0 {
			if err := remind(); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return fmt.Errorf("the terminal does not show %s: %w", what, s.ctx.Err())
		}
	}
	return nil
}

func (s *screen) shows(text string) bool {
	now, err := s.tmux("capture-pane", "-p")
	if err == nil {
		s.last = now
	}
	return err == nil && strings.Contains(now, text)
}

func (s *screen) wait(text string) error {
	return s.until(text, func() bool { return s.shows(text) }, func() error { return nil })
}

// write types a line until it stands there.
func (s *screen) write(line string) error {
	return s.until(line, func() bool { return s.shows(line) }, func() error {
		if _, err := s.tmux("send-keys", "C-u"); err != nil {
			return err
		}
		_, err := s.tmux("send-keys", "-l", line)
		return err
	})
}

// say enters a line until its effect is shown.
func (s *screen) say(line, effect string) error {
	if err := s.write(line); err != nil {
		return err
	}
	return s.until(effect, func() bool { return s.shows(effect) }, func() error { return s.key("Enter") })
}

// key presses keys one after the other.
func (s *screen) key(names string) error {
	for _, name := range strings.Fields(names) {
		if _, err := s.tmux("send-keys", name); err != nil {
			return err
		}
	}
	return nil
}

// press waits for a text and presses keys until the text is gone.
func (s *screen) press(text, keys string) error {
	if err := s.wait(text); err != nil {
		return err
	}
	return s.until("that "+text+" was answered", func() bool { return !s.shows(text) }, func() error { return s.key(keys) })
}

// leave ends the client by its own command, so that it sends what it has.
func (s *screen) leave(command string) error {
	if err := s.write(command); err != nil {
		return err
	}
	gone := func() bool { _, err := s.tmux("has-session"); return err != nil }
	return s.until("the end", gone, func() error {
		_ = s.key("Enter")
		return nil
	})
}
