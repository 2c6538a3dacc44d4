package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/deploy/demo"
)

// loadDemo brings the demo company in through the front door, once in the life
// of a data folder: the roster by the importer, the events over HTTP. It
// returns when the figures are published.
func (u *up) loadDemo(ctx context.Context, m *mode) error {
	done := u.data.path("demo-loaded")
	if _, err := os.Stat(done); !u.demo || err == nil {
		return nil
	}
	now := time.Now()
	company := demo.New(demo.DefaultSeed, now)
	files, err := demoFiles(company)
	if err != nil {
		return err
	}
	if _, err := importRoster(ctx, m.config, files, importOrder{}); err != nil {
		return fmt.Errorf("demo roster: %w", err)
	}
	if err := u.sendDemo(ctx, m, company, now); err != nil {
		return err
	}
	if err := u.waitForDemo(ctx, m); err != nil {
		return err
	}
	return os.WriteFile(done, []byte(now.UTC().Format(time.DateOnly)+"\n"), 0o600)
}

func demoFiles(company *demo.Company) (roster.Files, error) {
	var files roster.Files
	for _, part := range []struct {
		name  string
		write func(io.Writer) error
		to    **roster.File
	}{
		{"people.csv", company.People, &files.People},
		{"seats.csv", company.Seats, &files.Seats},
		{"training.csv", company.Training, &files.Training},
	} {
		var b bytes.Buffer
		if err := part.write(&b); err != nil {
			return files, fmt.Errorf("demo %s: %w", part.name, err)
		}
		*part.to = &roster.File{Name: part.name, Content: &b}
	}
	return files, nil
}

func (u *up) sendDemo(ctx context.Context, m *mode, company *demo.Company, now time.Time) error {
	token, err := readSecret(u.data.secret("ingest-token"))
	if err != nil {
		return err
	}
	bar := newProgress(u.progress, "demo company: events")
	defer bar.end()
	sender := newSender("http://"+m.config.Listen.OTLPHTTP, token)
	result, err := demo.Load(ctx, demo.Options{
		Company: company, Now: now,
		Send: func(ctx context.Context, body []byte) (string, error) {
			return sender.post(ctx, recording{path: "/v1/events", contentType: demo.ContentType, body: body})
		},
		Progress: func(done, total int) { bar.show(int64(done), int64(total)) },
	})
	switch {
	case err != nil:
		return err
	case result.Rejected > 0:
		return fmt.Errorf("demo company: %d events were rejected, the first because of %s", result.Rejected, result.Refusal)
	}
	return nil
}

// waitForDemo waits until all of it is stored, rebuilt and published.
func (u *up) waitForDemo(ctx context.Context, m *mode) error {
	bar := newProgress(u.progress, "demo company: figures")
	defer bar.end()
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	return newProbe(m.config).waitDrained(ctx, func(s status) { bar.show(s.settled(), s.Accepted) })
}

// demoTimeout bounds the wait for the demo's figures on a slow machine.
const demoTimeout = 30 * time.Minute
