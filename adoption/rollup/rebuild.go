package rollup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Bounds of what one statement rebuilds.
const (
	batchDays   = 30
	batchEvents = 2_000_000
)

// Rebuild replaces the person-days of the local days, and the act-days of the
// days of UTC, by what events and readings say now. Closed days are left as
// they are. Each day is replaced by itself: on an error some may be new and the
// others old.
func Rebuild(ctx context.Context, conn driver.Conn, authority Authority, days []Day) error {
	ctx = settings(ctx)
	open, err := withoutClosed(ctx, conn, days)
	if err != nil {
		return err
	}
	return rebuild(ctx, conn, authority, open)
}

func rebuild(ctx context.Context, conn driver.Conn, authority Authority, days []Day) error {
	return stage(ctx, conn, days, func(staged *staging, some []Day, zones []*time.Location) error {
		return staged.rebuild(ctx, authority, some, zones)
	})
}

// stage does work with as many days as one statement can hold, until all are done.
func stage(ctx context.Context, conn driver.Conn, days []Day, work func(*staging, []Day, []*time.Location) error) (err error) {
	if len(days) == 0 {
		return nil
	}
	zones, err := readZones(ctx, conn, "SELECT groupUniqArray(toString(timezone)) FROM roster")
	if err != nil {
		return err
	}
	batches, err := batch(ctx, conn, days)
	if err != nil {
		return err
	}
	staged, err := newStaging(ctx, conn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, staged.drop(context.WithoutCancel(ctx))) }()
	for _, some := range batches {
		if err := work(staged, some, zones); err != nil {
			return fmt.Errorf("rebuild %d days from %s to %s: %w", len(some), some[0], some[len(some)-1], err)
		}
	}
	return nil
}

// settings make a statement's answer mean that it is done, and bound its memory.
// No key of event or reading lies in two partitions, so FINAL need not look. The
// statements differ by their days, so that to compile them never pays.
func settings(ctx context.Context) context.Context {
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"async_insert": 0, "alter_sync": 1, "max_query_size": 16 << 20, "max_ast_elements": 500_000,
		"do_not_merge_across_partitions_select_final": 1, "max_bytes_before_external_group_by": 512 << 20,
		"compile_expressions": 0, "compile_aggregate_expressions": 0, "compile_sort_description": 0,
	}))
}

// batch cuts the days into batches that one statement can hold.
func batch(ctx context.Context, conn driver.Conn, days []Day) ([][]Day, error) {
	events, err := countEvents(ctx, conn, days)
	if err != nil {
		return nil, err
	}
	var batches [][]Day
	var some []Day
	var total uint64
	for _, d := range days {
		full := len(some) >= batchDays || total+events[d] > batchEvents
		if len(some) > 0 && (full || d-some[0] > batchDays) {
			batches, some, total = append(batches, some), nil, 0
		}
		some, total = append(some, d), total+events[d]
	}
	return append(batches, some), nil
}

func countEvents(ctx context.Context, conn driver.Conn, days []Day) (map[Day]uint64, error) {
	rows, err := conn.Query(ctx, "SELECT toInt32(toDate(occurred_at)) AS day, count() FROM event WHERE toDate(occurred_at) IN ("+list(days)+") GROUP BY day")
	if err != nil {
		return nil, fmt.Errorf("count the events of the days to rebuild: %w", err)
	}
	defer rows.Close()
	events := make(map[Day]uint64)
	for rows.Next() {
		var day int32
		var n uint64
		if err := rows.Scan(&day, &n); err != nil {
			return nil, fmt.Errorf("count the events of the days to rebuild: %w", err)
		}
		events[Day(day)] = n
	}
	return events, rows.Err()
}

// staging are the tables in which days are made before they are shown. Their
// names are their own, so that two rebuilds cannot mix.
type staging struct {
	conn                       driver.Conn
	facts, personDays, actDays string
}

const (
	factStaging      = "fact_staging_"
	personDayStaging = "person_day_staging_"
	actDayStaging    = "act_day_staging_"
)

func newStaging(ctx context.Context, conn driver.Conn) (*staging, error) {
	if err := dropAbandoned(ctx, conn); err != nil {
		return nil, err
	}
	suffix := strings.ReplaceAll(uuid.NewString(), "-", "")
	s := &staging{conn: conn, facts: factStaging + suffix, personDays: personDayStaging + suffix, actDays: actDayStaging + suffix}
	for _, statement := range []string{
		"CREATE TABLE " + s.facts + " (" + factColumns + ") ENGINE = MergeTree ORDER BY tuple()",
		"CREATE TABLE " + s.personDays + " AS person_day",
		"CREATE TABLE " + s.actDays + " AS act_day",
	} {
		if err := conn.Exec(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("make room for the days to rebuild: %w", err), s.drop(context.WithoutCancel(ctx)))
		}
	}
	return s, nil
}

// dropAbandoned drops what rebuilds and calculations left that were cut short:
// it tells of persons, and nobody would look for it again.
func dropAbandoned(ctx context.Context, conn driver.Conn) error {
	var names []string
	err := conn.QueryRow(ctx, `SELECT groupArray(name) FROM system.tables
		WHERE database = currentDatabase() AND match(name, '_staging_[0-9a-f]{32}$') AND metadata_modification_time < now() - INTERVAL 1 DAY`).Scan(&names)
	if err != nil {
		return fmt.Errorf("look for what earlier rebuilds left: %w", err)
	}
	for _, name := range names {
		if err := conn.Exec(ctx, "DROP TABLE IF EXISTS "+name); err != nil {
			return fmt.Errorf("drop what an earlier rebuild left: %w", err)
		}
	}
	return nil
}

func (s *staging) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var failed error
	for _, table := range []string{s.facts, s.personDays, s.actDays} {
		failed = errors.Join(failed, s.conn.Exec(ctx, "DROP TABLE IF EXISTS "+table))
	}
	return failed
}

// rebuild makes the days and puts them in the place of the old ones.
func (s *staging) rebuild(ctx context.Context, authority Authority, days []Day, zones []*time.Location) error {
	if err := s.fill(ctx, authority, days, zones); err != nil {
		return err
	}
	if err := s.show(ctx, "person_day", s.personDays, days); err != nil {
		return err
	}
	return s.show(ctx, "act_day", s.actDays, days)
}

// fill makes the days.
func (s *staging) fill(ctx context.Context, authority Authority, days []Day, zones []*time.Location) error {
	for _, statement := range []string{
		"TRUNCATE TABLE " + s.facts,
		"INSERT INTO " + s.facts + placed(days, zones),
		fillPersonDays(s.personDays, s.facts, authority, days),
		fillActDays(s.actDays, s.facts, authority, days),
	} {
		if err := s.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// show puts the staged days in the place of the old ones. The staging keeps its
// rows, which are those of the shown parts, until it is dropped: emptying it
// costs more.
func (s *staging) show(ctx context.Context, table, staged string, days []Day) error {
	var filled []int32
	if err := s.conn.QueryRow(ctx, "SELECT groupUniqArray(toInt32(day)) FROM "+staged).Scan(&filled); err != nil {
		return err
	}
	isFilled := make(map[Day]bool, len(filled))
	for _, day := range filled {
		isFilled[Day(day)] = true
	}
	commands := make([]string, len(days))
	for i, d := range days {
		if isFilled[d] {
			commands[i] = fmt.Sprintf("REPLACE PARTITION '%s' FROM %s", d, staged)
		} else {
			commands[i] = fmt.Sprintf("DROP PARTITION '%s'", d)
		}
	}
	return s.conn.Exec(ctx, "ALTER TABLE "+table+" "+strings.Join(commands, ", "))
}
