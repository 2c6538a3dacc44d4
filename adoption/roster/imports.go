package roster

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"
)

// Import is one change of what is in force, as the history tells it.
type Import struct {
	ID uuid.UUID
	At time.Time
	// Source is csv, scim, or aliases where those that were accepted changed.
	Source string
	// Parts are those that changed: people, seats, training.
	Parts []string
	// Added, Changed and Removed count people against the import before; the
	// others what is in force with this one.
	Added, Changed, Removed                    uint64
	People, Periods, Aliases, Seats, Trainings uint64
}

// Imports reads the history, the newest first.
func Imports(ctx context.Context, conn driver.Conn) ([]Import, error) {
	history, err := readHistory(ctx, conn)
	if err != nil {
		return nil, err
	}
	imports := make([]Import, 0, len(history))
	for i := len(history) - 1; i >= 0; i-- {
		v := history[i]
		imports = append(imports, Import{
			ID: v.ID, At: v.ImportedAt, Source: cmp.Or(v.Source, fromCSV), Parts: v.parts(),
			Added: v.Added, Changed: v.Altered, Removed: v.Removed,
			People: v.Persons, Periods: v.Periods, Aliases: v.Aliases, Seats: v.Held, Trainings: v.Trainings,
		})
	}
	return imports, nil
}

func (v version) parts() []string {
	var names []string
	for i, name := range strings.Fields("people seats training") {
		if *parts[i](&v) != "" {
			names = append(names, name)
		}
	}
	return names
}
