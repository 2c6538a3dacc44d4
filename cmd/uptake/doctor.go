package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// newDoctor is `uptake doctor`.
func newDoctor(s *settings) *cobra.Command {
	var format outputFormat
	var service, scope string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong and how to mend it",
		Long: `Asks the collector, Kafka and ClickHouse, and says what is wrong and how to mend
it: of the parts, of who sends, and of the figures. A part that does not answer is a
finding like any other. Exit status: 0 when nothing fails, 1 when something does.

With --service or --scope it prints only the fingerprint under which telemetry of
that service name and scope name is counted while no tool of the catalogue has it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("service") || cmd.Flags().Changed("scope") {
				c, err := s.load()
				if err != nil {
					return err
				}
				return printFingerprint(cmd.OutOrStdout(), c, service, scope)
			}
			found, err := s.examine(cmd.Context())
			if err != nil {
				return err
			}
			if err := found.print(cmd.OutOrStdout(), format); err != nil {
				return err
			}
			if failed := found.count(severityFail); failed > 0 {
				return fmt.Errorf("%d of %d findings fail", failed, len(found))
			}
			return nil
		},
	}
	format.flag(c.Flags())
	c.Flags().StringVar(&service, "service", "", "a service name whose fingerprint is asked for")
	c.Flags().StringVar(&scope, "scope", "", "a scope name whose fingerprint is asked for")
	return c
}

// examine looks at everything; the gravest finding comes first.
func (s *settings) examine(ctx context.Context) (findings, error) {
	c, err := s.loadRunning()
	if errors.Is(err, errNotRunning) {
		var f findings
		f.add(severityFail, "up", "nothing runs on the data folder", c.Data, "start it with: uptake up --data "+c.Data+
			", or name the settings of the parts with --config")
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	e := &examination{probe: newProbe(c), now: time.Now()}
	e.run(ctx)
	return e.found.sorted(), nil
}

// examinePatience is how long each part may take to answer.
const examinePatience = time.Minute

// examination is one look at everything.
type examination struct {
	*probe
	now   time.Time
	found findings
}

// run asks one part after the other. None keeps the others from being asked.
func (e *examination) run(ctx context.Context) {
	for _, part := range []func(context.Context){e.examineCollector, e.examineTokens, e.examineKey, e.examineKafka, e.examineTables} {
		asked, cancel := context.WithTimeoutCause(ctx, examinePatience, fmt.Errorf("no answer within %s", examinePatience))
		part(asked)
		cancel()
	}
}

// ago is the time since a moment, in words.
func (e *examination) ago(t time.Time) string {
	if t.IsZero() || t.Unix() <= 0 {
		return "never"
	}
	return span(e.now.Sub(t)) + " ago"
}

// span is a duration in its greatest fitting unit.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	default:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	}
}

// size is a number of bytes in a fitting unit.
func size[N int64 | uint64](bytes N) string {
	value, units := float64(bytes), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for value >= 1024 && len(units) > 1 {
		value, units = value/1024, units[1:]
	}
	if units[0] == "B" {
		return fmt.Sprintf("%.0f B", value)
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}
