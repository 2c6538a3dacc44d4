package publish

import (
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
)

// orderedMap writes a map's pairs in the order of their names, so that equal
// dimensions are equal in the tables too.
type orderedMap struct {
	of    map[string]string
	names []string
	next  int
}

func ordered(of map[string]string) *orderedMap {
	return &orderedMap{of: of, names: slices.Sorted(maps.Keys(of))}
}

// Put implements column.IterableOrderedMap; nothing is read into one.
func (m *orderedMap) Put(name, value any) { m.of[name.(string)] = value.(string) }

// Iterator implements column.IterableOrderedMap.
func (m *orderedMap) Iterator() column.MapIterator { return &orderedMap{of: m.of, names: m.names} }

// Next implements column.MapIterator.
func (m *orderedMap) Next() bool {
	m.next++
	return m.next <= len(m.names)
}

// Key implements column.MapIterator.
func (m *orderedMap) Key() any { return m.names[m.next-1] }

// Value implements column.MapIterator.
func (m *orderedMap) Value() any { return m.of[m.names[m.next-1]] }
