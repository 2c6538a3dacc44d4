package roster

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/roster/scim"
	"github.com/uptake-telemetry/uptake/schema"
)

// ReadDirectory compiles the roster of what an identity provider sent, without
// serving it. The attributes of each user as they are now are shown to visit.
func ReadDirectory(ctx context.Context, conn driver.Conn, sealer *Sealer, pseudonyms *schema.Pseudonymizer, mapper *Mapper, visit func(attributes map[string]any)) (*Roster, error) {
	state, err := readState(ctx, conn, sealer, newPeopleHistory(mapper, pseudonymOf(pseudonyms)))
	if err != nil {
		return nil, err
	}
	for _, e := range state.users.inOrder() {
		visit(e.resource().Attributes)
	}
	return state.people.compile(), nil
}

func pseudonymOf(pseudonyms *schema.Pseudonymizer) func(string) string {
	return func(identifier string) string { return schema.PseudonymString(pseudonyms.Person(identifier)) }
}

func (d *Directory) pseudonym(identifier string) string { return pseudonymOf(d.Pseudonyms)(identifier) }

// readState makes the state anew from the table, change by change.
func readState(ctx context.Context, conn driver.Conn, sealer *Sealer, people *peopleHistory) (*directoryState, error) {
	state := newDirectoryState(people)
	rows, err := conn.Query(ctx, "SELECT changed_at, toString(kind), id, person, deleted, sealed FROM scim_resource ORDER BY changed_at, kind, id")
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var row resourceRow
		if err := rows.Scan(&row.at, &row.kind, &row.id, &row.person, &row.deleted, &row.sealed); err != nil {
			return nil, fmt.Errorf("read the directory: %w", err)
		}
		if err := state.replay(sealer, row); err != nil {
			return nil, fmt.Errorf("read the directory: %w", err)
		}
		state.rows++
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	return state, nil
}

// replay applies a row as it was applied when it was made. A row that is there
// twice, because an insert was repeated, changes nothing.
func (s *directoryState) replay(sealer *Sealer, row resourceRow) error {
	c := change{kind: scim.User, id: row.id.String(), at: row.at.UTC(), deleted: row.deleted, members: map[string]bool{}}
	if row.kind == "group" {
		c.kind = scim.Group
	}
	c.entry = s.of(c.kind).entries[c.id]
	if !row.deleted {
		content, err := sealer.open(c.id, row.sealed)
		if err != nil {
			return err
		}
		var kept sealedContent
		if err := json.Unmarshal(content, &kept); err != nil {
			return err
		}
		if err := json.Unmarshal(kept.Attributes, &c.attributes); err != nil {
			return err
		}
		c.encoded = kept.Attributes
		for _, id := range kept.Joined {
			c.members[id] = true
		}
		for _, id := range kept.Left {
			c.members[id] = false
		}
	}
	s.apply(c)
	return nil
}
