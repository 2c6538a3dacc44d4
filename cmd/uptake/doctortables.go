package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
	tables "github.com/uptake-telemetry/uptake/schema/table"
)

const areaClickHouse = "clickhouse"

// examineTables asks ClickHouse, and then what is stored there.
func (e *examination) examineTables(ctx context.Context) {
	c := e.config.ClickHouse
	conn, err := c.connect(c.Database, 2)
	if err != nil {
		e.found.unasked(areaClickHouse, "it cannot be asked", err, "mend the block clickhouse of the settings")
		return
	}
	defer conn.Close()
	var server string
	if err := conn.QueryRow(ctx, "SELECT version()").Scan(&server); err != nil {
		e.found.unasked(areaClickHouse, "it does not answer", err, "start it, or mend clickhouse.addr, username, password_file and tls")
		return
	}
	e.found.add(severityOK, areaClickHouse, "it answers", "version "+server, "")
	e.examineDisks(ctx, conn)
	if err := migrate.Check(ctx, conn); err != nil {
		e.found.unasked(areaClickHouse, "the tables are not those of this program", err, "update this program, or bring the tables up with: uptake migrate")
		return
	}
	e.found.add(severityOK, areaClickHouse, "the tables are those of this program", fmt.Sprintf("version %d", tables.Latest()), "")
	if err := audited(ctx, conn, "doctor", "", coverageTables...); err != nil {
		e.found.unasked("audit", "what is read could not be noted, so the tables were not", err, "see that this user may write to the table audit")
		return
	}
	for _, examine := range []struct {
		area string
		ask  func(context.Context, driver.Conn) error
	}{
		{"observe", e.examineObserver}, {"figures", e.examineFigures}, {"tools", e.examineSilence}, {"identity", e.examineIdentity},
		{"devices", e.examineDevices}, {"clocks", e.examineClocks}, {"letters", e.examineLetters}, {"versions", e.examineToolVersions},
	} {
		if err := examine.ask(ctx, conn); err != nil {
			e.found.unasked(examine.area, "the tables cannot be asked", err, "see that this user may read the tables")
		}
	}
}

// Free shares of a disk below which it is told of.
const (
	diskShort = 0.15
	diskFull  = 0.05
)

// examineDisks tells of free room where this user may see it.
func (e *examination) examineDisks(ctx context.Context, conn driver.Conn) {
	rows, err := conn.Query(ctx, "SELECT name, free_space, total_space FROM system.disks WHERE total_space > 0")
	if err != nil {
		e.found.add(severityNote, areaClickHouse, "it does not tell how full its disks are", "", "allow this user to read system.disks")
		return
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var free, total uint64
		if err := rows.Scan(&name, &free, &total); err != nil {
			break
		}
		share := float64(free) / float64(total)
		evidence := fmt.Sprintf("%s free of %s on disk %s", size(free), size(total), name)
		const mend = "free room, or give it another disk; events wait in Kafka meanwhile"
		switch {
		case share < diskFull:
			e.found.add(severityFail, areaClickHouse, "its disk is full", evidence, mend)
		case share < diskShort:
			e.found.add(severityWarn, areaClickHouse, "its disk is nearly full", evidence, mend)
		default:
			e.found.add(severityOK, areaClickHouse, "its disk has room", evidence, "")
		}
	}
}

// rebuildStuck is how long days may wait for their rebuild.
const rebuildStuck = 2 * time.Minute

// examineObserver tells whether anybody rebuilds and publishes.
func (e *examination) examineObserver(ctx context.Context, conn driver.Conn) error {
	alive, renewed, err := readClaim(ctx, conn)
	if err != nil {
		return err
	}
	if !alive {
		e.found.add(severityFail, "observe", "nobody computes figures", "last heard "+e.ago(renewed), "start it with uptake up or uptake observe; it catches up by itself")
		return nil
	}
	status, err := adoption.ReadStatus(ctx, conn)
	if err != nil {
		return err
	}
	var inserted, waiting time.Time
	err = conn.QueryRow(ctx, `SELECT max(inserted_at),
		minIf(inserted_at, inserted_at > (SELECT max(rebuilt_at) FROM rebuilt_hour)) FROM event`).Scan(&inserted, &waiting)
	if err != nil {
		return fmt.Errorf("read when events were stored: %w", err)
	}
	evidence := fmt.Sprintf("%d days to rebuild, last event stored %s", status.DaysToRebuild, e.ago(inserted))
	if status.DaysToRebuild > 0 && waiting.Unix() > 0 && e.now.Sub(waiting) > rebuildStuck {
		e.found.add(severityFail, "observe", "days are not rebuilt", evidence+", waiting since "+e.ago(waiting), "see what observe logs; uptake_adoption_round_failures_total counts")
		return nil
	}
	e.found.add(severityOK, "observe", "it rebuilds and publishes", evidence, "")
	return nil
}

// readClaim tells whether an observer's claim holds, and when one was renewed last.
func readClaim(ctx context.Context, conn driver.Conn) (alive bool, renewed time.Time, err error) {
	err = conn.QueryRow(ctx, `
SELECT max(ends) > now64(6), max(renewed)
FROM (SELECT owner, max(renewed_at) AS renewed, argMax(until, renewed_at) AS ends FROM observe_claim GROUP BY owner)`).Scan(&alive, &renewed)
	if err != nil {
		err = fmt.Errorf("read who observes: %w", err)
	}
	return alive, renewed, err
}

// Bounds from which figures are told of.
const (
	unattributedMuch = 0.1
	publishedLate    = 8 * 24 * time.Hour
)

// examineFigures tells of weeks that are missing and of acts that are nobody's.
func (e *examination) examineFigures(ctx context.Context, conn driver.Conn) error {
	var stored bool
	var week time.Time
	err := conn.QueryRow(ctx, "SELECT (SELECT count() FROM person_day) > 0, (SELECT max(period) FROM figure WHERE grain = 'week')").Scan(&stored, &week)
	if err != nil {
		return fmt.Errorf("read what is published: %w", err)
	}
	switch {
	case week.Unix() <= 0 && !stored:
		e.found.add(severityNote, "figures", "nothing is published yet", "no events of people are stored", "import the people and point the tools at the collector: docs/sending.md")
		return nil
	case week.Unix() <= 0:
		e.found.add(severityWarn, "figures", "nothing is published although events are stored", "", "import the people of whom they are: uptake roster import")
		return nil
	case e.now.Sub(week.AddDate(0, 0, 7)) > publishedLate:
		e.found.add(severityWarn, "figures", "the last published week is old", day(week).(string), "see observe above, and whether events come")
	default:
		e.found.add(severityOK, "figures", "they are up to date", "last published week "+day(week).(string), "")
	}
	return e.examineUnattributed(ctx, conn, week)
}

func (e *examination) examineUnattributed(ctx context.Context, conn driver.Conn, week time.Time) error {
	var share *float64
	err := conn.QueryRow(ctx, `SELECT value FROM figure
		WHERE grain = 'week' AND metric = 'unattributed_share' AND tool = 'any' AND empty(dimensions) AND period = ?`, week.Format(time.DateOnly)).Scan(&share)
	if errors.Is(err, sql.ErrNoRows) || err == nil && share == nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the unattributed share: %w", err)
	}
	evidence := fmt.Sprintf("%.0f %% of the acts of the week %s", 100**share, day(week))
	if *share > unattributedMuch {
		e.found.add(severityWarn, "figures", "many acts belong to nobody on the roster", evidence, "let clients name their person (docs/sending.md), or accept aliases: uptake roster suggest")
		return nil
	}
	e.found.add(severityOK, "figures", "most acts belong to somebody on the roster", evidence+" are nobody's", "")
	return nil
}
