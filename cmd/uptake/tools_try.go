package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/collector"
	"github.com/uptake-telemetry/uptake/collector/receiver/otlp"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

func newToolsTry(s *settings) *cobra.Command {
	var format outputFormat
	var signal string
	c := &cobra.Command{
		Use:   "try FILE",
		Short: "Show what a recorded OTLP body would become, and what is left out and why",
		Long: `Reads one OTLP request as a tool sends it, JSON or protobuf, plain or gzip, and
shows what each record would become, what nothing is made of and why, and which
attributes are not read. Nothing is stored or sent.

The form is told by the content, as for uptake send; for protobuf by the file's
name, which must contain logs, metrics or traces, or by --signal.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalogue, err := s.catalogue()
			if err != nil {
				return err
			}
			attempt, err := tryFile(catalogue, args[0], signal)
			if err != nil {
				return err
			}
			if err := format.print(cmd.OutOrStdout(), triedRecords(attempt)); err != nil || format != "table" {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout())
			return format.print(cmd.OutOrStdout(), unread(catalogue, attempt))
		},
	}
	c.Flags().StringVar(&signal, "signal", "", "logs, metrics or traces")
	format.flag(c.Flags())
	return c
}

// triedSignals by the path to which their requests are sent.
var triedSignals = map[string]tools.Signal{"/v1/logs": tools.Logs, "/v1/metrics": tools.Metrics, "/v1/traces": tools.Spans}

func tryFile(catalogue *tools.Catalogue, name, signal string) (*collector.Attempt, error) {
	if _, known := triedSignals["/v1/"+signal]; signal != "" && !known {
		return nil, usagef("--signal: %q is none of logs, metrics, traces", signal)
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError{err}
	}
	// The flag stands for a name that tells the signal.
	recorded, err := recognise(cmp.Or(signal, name), body)
	if err != nil {
		return nil, usagef("%w; or name it with --signal", err)
	}
	attempt, err := recorded.try(catalogue)
	if err != nil {
		return nil, usagef("%s: %w", name, err)
	}
	return attempt, nil
}

func (r recording) try(catalogue *tools.Catalogue) (*collector.Attempt, error) {
	signal, known := triedSignals[r.path]
	if !known {
		return nil, errors.New("it is no OTLP request; name a recorded body of logs, metrics or traces")
	}
	body, encoding := r.body, otlp.Protobuf
	if r.contentType == otlp.JSONType {
		encoding = otlp.JSON
	}
	if r.contentEncoding != "" {
		var err error
		if body, err = gunzip(body); err != nil {
			return nil, err
		}
	}
	return collector.Try(catalogue, signal, encoding, body)
}

func triedRecords(a *collector.Attempt) table {
	t := table{columns: []string{"tool", "record", "becomes", "who", "what", "why_not"}}
	for _, r := range a.Records {
		row := []any{r.Tool, r.Record, nil, nil, nil, r.Why}
		if r.Tool == "" {
			row[1] = strings.Trim(r.Service+" / "+r.Scope, " /")
		}
		if e := r.Event; e != nil {
			row[2], row[3], row[4] = becomes(e), who(e), what(e)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func becomes(e *schema.UsageEvent) string {
	if e.Reading != nil {
		return "reading of " + e.Reading.Measure.Name()
	}
	return e.Action.Name()
}

// who says how a person is known, not who it is.
func who(e *schema.UsageEvent) string {
	words := []string{"nobody"}
	if len(e.Person) > 0 {
		words[0] = "person by " + e.Identity.Name()
	}
	if len(e.Device) > 0 {
		words = append(words, "device")
	}
	if len(e.Session) > 0 {
		words = append(words, "session")
	}
	return strings.Join(words, ", ")
}

func what(e *schema.UsageEvent) string {
	words := []string{e.Evidence.Name(), e.Initiator.Name()}
	if e.Decision != 0 {
		words = append(words, e.Decision.Name())
	}
	if e.Model != "" {
		words = append(words, e.Model)
	}
	if e.Success != nil && !*e.Success {
		words = append(words, "failed")
	}
	if r := e.Reading; r != nil {
		return strings.Join(append(words, fmt.Sprintf("%g %s", r.Value, r.Temporality.Name())), ", ")
	}
	for _, n := range []struct {
		name  string
		value uint64
	}{
		{"input", e.TokensInputUncached}, {"cache read", e.TokensCacheRead}, {"cache write", e.TokensCacheWrite},
		{"output", e.TokensOutput}, {"reasoning", e.TokensReasoning}, {"micro-USD", e.CostMicroUsd},
		{"lines added", uint64(e.LinesAdded)}, {"lines removed", uint64(e.LinesRemoved)},
	} {
		if n.value > 0 {
			words = append(words, fmt.Sprintf("%d %s", n.value, n.name))
		}
	}
	return strings.Join(words, ", ")
}

// unread lists the attributes that nothing read, and whether they hold content.
func unread(catalogue *tools.Catalogue, a *collector.Attempt) table {
	t := table{columns: []string{"attribute_not_read", "times", "why"}}
	for _, name := range slices.Sorted(maps.Keys(a.Unread)) {
		why := "no rule names it"
		for _, tool := range catalogue.Tools() {
			if tool.File().IsContent(name) {
				why = "it can hold content"
			}
		}
		t.rows = append(t.rows, []any{name, a.Unread[name], why})
	}
	return t
}
