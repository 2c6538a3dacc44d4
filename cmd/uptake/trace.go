package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/rollup"
	"github.com/uptake-telemetry/uptake/schema"
	"github.com/uptake-telemetry/uptake/schema/tools"
)

// newTrace is `uptake trace`.
func newTrace(s *settings) *cobra.Command {
	var format outputFormat
	var asked traceRequest
	c := &cobra.Command{
		Use:   "trace EVENT_ID|SESSION|PERSON",
		Short: "Show the way of one event, or the events of a session or a person",
		Long: `Shows the way of one event: when it occurred, which collector received it, when
it was published and at which place in Kafka, when it was inserted, how it counts,
in which weeks, and why not where it does not. Of a session or a person, given as
sent or as the pseudonym in the tables, it shows the latest events, the newest
last. An event that a sender named itself is found by its id, the name of the
token and the device it was sent with. What was sent is never printed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := asked.read(args); err != nil {
				return usageError{err}
			}
			return s.withTables(1, func(c Config, conn driver.Conn) error {
				catalogue, err := tools.LoadWith(c.Tools)
				if err != nil {
					return usagef("tools: %w", err)
				}
				if err := audited(cmd.Context(), conn, "trace", "", tracedTables...); err != nil {
					return err
				}
				t := &tracer{config: c, conn: conn, now: time.Now(), authority: catalogue.Orders()}
				return t.trace(cmd.Context(), asked, func(answer report) error {
					return answer.print(cmd.OutOrStdout(), cmd.ErrOrStderr(), format)
				})
			})
		},
	}
	flags := c.Flags()
	flags.StringVar(&asked.id, "id", "", "id that the sender gave the event")
	flags.StringVar(&asked.token, "token", "", "name of the token with which it was sent")
	flags.StringVar(&asked.device, "device", "", "device that the event named")
	flags.IntVar(&asked.limit, "limit", 50, "how many events of a session or person are shown")
	format.flag(flags)
	return c
}

// tracedTables are those about persons that following an event reads.
var tracedTables = []string{"event", "reading", "person_day", "roster_version", "alias_version", "population"}

// traceRequest is what is to be followed.
type traceRequest struct {
	what              string
	id, token, device string
	limit             int
}

func (r *traceRequest) read(args []string) error {
	if len(args) > 0 {
		r.what = args[0]
	}
	switch {
	case (r.what == "") == (r.id == ""):
		return errors.New("give the id of an event, a session or a person, or else --id and --token")
	case r.id != "" && r.token == "":
		return errors.New("name the token with which the event was sent with --token; uptake token list shows the names")
	case r.id == "" && (r.token != "" || r.device != ""):
		return errors.New("--token and --device belong to --id")
	case r.limit < 1:
		return errors.New("--limit: show one event or more")
	}
	return nil
}

// tracer follows what is stored.
type tracer struct {
	config    Config
	conn      driver.Conn
	now       time.Time
	authority rollup.Authority
}

type printer func(report) error

func (t *tracer) trace(ctx context.Context, asked traceRequest, show printer) error {
	if asked.id != "" {
		id, err := t.claimedID(asked)
		if err != nil {
			return err
		}
		return t.event(ctx, id, show)
	}
	if id, err := uuid.Parse(asked.what); err == nil {
		if shown, err := t.byID(ctx, id, asked, show); shown || err != nil {
			return err
		}
	}
	return t.byName(ctx, asked, show)
}

// byID shows the event of that id, or what is stored under the pseudonym.
func (t *tracer) byID(ctx context.Context, id uuid.UUID, asked traceRequest, show printer) (shown bool, err error) {
	known, err := t.knowsEvent(ctx, id)
	if err != nil {
		return false, err
	}
	if known {
		return true, t.event(ctx, id, show)
	}
	return t.group(ctx, id[:], id[:], asked, show)
}

// byName shows what is stored of a person or session as it was sent. Sessions of
// many tools have UUIDs, which look like pseudonyms.
func (t *tracer) byName(ctx context.Context, asked traceRequest, show printer) error {
	pseudonyms, err := t.config.pseudonymizer()
	if err != nil {
		return err
	}
	person, session := pseudonyms.Person(asked.what), pseudonyms.Append(nil, schema.SessionIdentifier, asked.what)
	if person == nil {
		return usagef("what is to be followed is blank")
	}
	if shown, err := t.group(ctx, person, session, asked, show); shown || err != nil {
		return err
	}
	return t.errNothing(ctx)
}

// claimedID is the id of an event that its sender named.
func (t *tracer) claimedID(asked traceRequest) (id [schema.EventIDSize]byte, err error) {
	var device []byte
	if asked.device != "" {
		pseudonyms, err := t.config.pseudonymizer()
		if err != nil {
			return id, err
		}
		device = pseudonyms.Append(nil, schema.DeviceIdentifier, asked.device)
	}
	var d schema.IDDigest
	d.Claim(asked.token, device, asked.id)
	return d.Sum(), nil
}

func (t *tracer) knowsEvent(ctx context.Context, id uuid.UUID) (known bool, err error) {
	text := id.String()
	err = t.conn.QueryRow(ctx, "SELECT (SELECT count() FROM event WHERE event_id = ?) + (SELECT count() FROM dead_letter WHERE event_id = ?) > 0", text, text).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("look for the event: %w", err)
	}
	return known, nil
}

// errNothing says that nothing is stored of what was asked for, and where it
// may be.
func (t *tracer) errNothing(ctx context.Context) error {
	now, err := newProbe(t.config).status(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("nothing of it is stored, and what waits to be stored is not known: %w", err)
	case now.Waiting+now.Lag > 0:
		return fmt.Errorf("nothing of it is stored yet; %d messages wait in the spool of the collector and %d in Kafka, and it may be among them: wait with uptake status --wait drained", now.Waiting, now.Lag)
	default:
		return errors.New("nothing of it is stored, and nothing waits: it was not accepted, or over 90 days ago, or its token or device have other names")
	}
}
