package demo

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// People writes the people file of the roster importer.
func (c *Company) People(w io.Writer) error {
	rows := [][]string{{"person", "valid_from", "valid_to", "status", "employment", "role", "seniority", "team", "department", "region", "timezone", "aliases"}}
	for _, m := range c.members {
		for _, s := range m.spells {
			rows = append(rows, c.personRow(m, s))
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func (c *Company) personRow(m *member, s spell) []string {
	status, employment := "active", "employee"
	if s.leave {
		status = "leave"
	}
	if m.contractor {
		employment = "contractor"
	}
	aliases := []string{"device:" + m.device}
	if m.github != "" {
		aliases = append(aliases, "github:"+m.github)
	}
	return []string{
		m.email, c.csvDate(s.from), c.csvDate(s.to), status, employment, m.role, m.seniority.String(),
		s.team.name, s.team.department, string(s.team.region), zoneNames[s.team.region], strings.Join(aliases, ";"),
	}
}

// Seats writes the seats file of the roster importer.
func (c *Company) Seats(w io.Writer) error {
	rows := [][]string{{"person", "tool", "valid_from", "valid_to", "monthly_price_usd"}}
	for _, tool := range freeTools {
		rows = append(rows, []string{"*", tool, c.csvDate(-365), "", "0"})
	}
	for _, m := range c.members {
		for _, s := range m.seats {
			rows = append(rows, []string{m.email, s.tool, c.csvDate(s.from), "", strconv.FormatFloat(s.priceUSD, 'f', -1, 64)})
		}
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// Training writes the training file of the roster importer, oldest first.
func (c *Company) Training(w io.Writer) error {
	trained := slices.DeleteFunc(slices.Clone(c.members), func(m *member) bool { return !m.trained })
	slices.SortStableFunc(trained, func(a, b *member) int { return cmp.Compare(a.trainedAt, b.trainedAt) })
	rows := [][]string{{"person", "course", "completed_on"}}
	for _, m := range trained {
		rows = append(rows, []string{m.email, m.course, c.csvDate(m.trainedAt)})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func (c *Company) csvDate(day int) string {
	if day == open {
		return ""
	}
	return c.date(day).Format(time.DateOnly)
}
