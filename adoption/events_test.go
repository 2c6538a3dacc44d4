package adoption_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption"
	"github.com/uptake-telemetry/uptake/adoption/adoptiontest"
	"github.com/uptake-telemetry/uptake/adoption/publish"
	"github.com/uptake-telemetry/uptake/adoption/roster"
)

var livedCompanies = flag.Int("lived", 1, "how many random companies are told by events, plainly and in pieces")

func upper(word string) string { return strings.ToUpper(word) }

// The companies of these tests live while clocks change in Europe, America and
// on Lord Howe.
const storyWeeks = 4

func storyBegin() int { return dayOf("2026-10-12") }

// TestEventsInPiecesGiveTheSameFigures tells companies plainly, all at once, and
// as it may happen: the roster in pieces, every event twice over two collectors,
// late and in any order, with rounds between.
func TestEventsInPiecesGiveTheSameFigures(t *testing.T) {
	all := newTally()
	for seed := range *livedCompanies {
		r := rand.New(rand.NewPCG(uint64(seed), 12))
		l := newLived(r, newWorld(r, storyBegin(), storyWeeks, 20+r.IntN(20)))
		end := dateOf(storyBegin() + 7*storyWeeks + 3).Add(12 * time.Hour)
		of := fmt.Sprint("lived company ", seed)
		plainly := tables(t)
		l.world.storePeople(t, plainly)
		adoptiontest.InsertEvents(t, plainly, l.events)
		settle(t, newObserver(t, plainly, &end), plainly)
		compareFigures(t, of, plainly, l.world, end, all)
		if t.Failed() {
			return
		}
		pieces := tables(t)
		l.happen(t, r, pieces, end)
		sameFigures(t, of, rowsOf(t, plainly), rowsOf(t, pieces))
	}
	all.log(t)
}

// happen lets the company live week by week; all of a week is there before it
// is final, and its second copies come at any time.
func (l *lived) happen(t *testing.T, r *rand.Rand, conn driver.Conn, end time.Time) {
	t.Helper()
	now := dateOf(storyBegin()).Add(9 * time.Hour)
	o := newObserver(t, conn, &now)
	l.import4(t, conn, o)
	events := slices.Clone(l.events)
	slices.SortFunc(events, func(a, b adoptiontest.Event) int { return a.OccurredAt.Compare(b.OccurredAt) })
	var later []adoptiontest.Event
	for week := range storyWeeks {
		// Wednesday of the week after.
		now = dateOf(storyBegin() + 7*week + 9).Add(15 * time.Hour)
		n, _ := slices.BinarySearchFunc(events, now.Add(-38*time.Hour), func(e adoptiontest.Event, at time.Time) int { return e.OccurredAt.Compare(at) })
		fresh := events[:n]
		events = events[n:]
		l.deliver(t, r, conn, o, fresh, &later, now)
		settle(t, o, conn)
	}
	l.deliver(t, r, conn, o, events, &later, end)
	ingested(t, conn, "c-00000002", 1, later)
	now = end
	settle(t, o, conn)
}

// deliver hands over what is new in two parts and any order, and second copies
// of this and earlier times.
func (l *lived) deliver(t *testing.T, r *rand.Rand, conn driver.Conn, o *adoption.Observer, fresh []adoptiontest.Event, later *[]adoptiontest.Event, now time.Time) {
	t.Helper()
	fresh = slices.Clone(fresh)
	r.Shuffle(len(fresh), func(i, j int) { fresh[i], fresh[j] = fresh[j], fresh[i] })
	half := len(fresh) / 2
	ingested(t, conn, "c-00000001", 0, fresh[:half])
	if r.IntN(2) == 0 {
		round(t, o)
	}
	ingested(t, conn, "c-00000002", 1, fresh[half:])
	for _, e := range fresh {
		e.ReceivedAt = e.ReceivedAt.Add(time.Hour)
		*later = append(*later, e)
	}
	r.Shuffle(len(*later), func(i, j int) { (*later)[i], (*later)[j] = (*later)[j], (*later)[i] })
	half = len(*later) / 2
	ingested(t, conn, []string{"c-00000001", "c-00000002"}[r.IntN(2)], 2, (*later)[half:])
	*later = (*later)[:half]
}

// import4 imports some of the people, all with their aliases, the seats and the
// training, one after the other.
func (l *lived) import4(t *testing.T, conn driver.Conn, o *adoption.Observer) {
	t.Helper()
	people, aliases := l.world.rosterRows(), l.world.aliasRows()
	for _, r := range []*roster.Roster{
		{Periods: people[:len(people)/2]},
		{Periods: people, Aliases: aliases},
		{Periods: people, Aliases: aliases, Seats: l.world.seatRows(), GivesSeats: true},
		{Periods: people, Aliases: aliases, Trainings: l.world.trainingRows(), GivesTraining: true},
	} {
		l.world.imports(t, conn, r)
		round(t, o)
	}
}

// rowsOf reads all rows; their watermark and whether they were corrected is
// their history and not what they say.
func rowsOf(t *testing.T, conn driver.Conn) map[string]publish.Row {
	t.Helper()
	all, err := publish.Read(t.Context(), conn, publish.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]publish.Row{}
	for _, r := range all {
		r.Watermark = time.Time{}
		if r.State == publish.Corrected {
			r.State = publish.Final
		}
		rows[r.Grain+" "+r.Period.String()+" "+rowKey(r.Metric, r.Tool, r.Dimensions)] = r
	}
	return rows
}

func sameFigures(t *testing.T, of string, want, got map[string]publish.Row) {
	t.Helper()
	wrong := 0
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if r, there := got[key]; !there || !reflect.DeepEqual(r, want[key]) {
			if wrong++; wrong < 10 {
				t.Errorf("%s: %s\nplainly   %s\nin pieces %s", of, key, shown(want[key]), shown(r))
			}
		}
	}
	for key := range got {
		if _, there := want[key]; !there {
			t.Errorf("%s: %s is there in pieces only", of, key)
		}
	}
	t.Logf("%s: %d rows, %d of them differ", of, len(want), wrong)
}
