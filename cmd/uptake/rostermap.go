package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/uptake-telemetry/uptake/adoption/roster"
	"github.com/uptake-telemetry/uptake/ingest/migrate"
)

// mapTrial is what `uptake roster map --try` tries the mapping with.
type mapTrial struct {
	try    bool
	titles []string
	people string
	scim   bool
}

// newRosterMap is `uptake roster map`.
func newRosterMap(s *settings) *cobra.Command {
	var format outputFormat
	var trial mapTrial
	c := &cobra.Command{
		Use:   "map [--try [--title TITLE | --people FILE | --scim]]",
		Short: "Print the mapping of attributes, or try what it makes of titles",
		Long: `Prints the mapping by which the attributes of an identity provider give team,
department, region, role and seniority: that of roster.mapping in the settings, or
that of the program. With --try it shows what the mapping makes of titles, each with
the number of people who have it and the rules that gave the answer, never a name:
those of --title, of the column title of a CSV file, or of the users that were sent
over SCIM.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := 0
			for _, is := range []bool{len(trial.titles) > 0, trial.people != "", trial.scim} {
				if is {
					given++
				}
			}
			switch {
			case given > 1:
				return usagef("--title, --people and --scim: give one of them")
			case given == 1:
				return s.tryMapping(cmd, format, trial)
			case trial.try:
				return usagef("--try wants titles: --title TITLE, --people FILE or --scim")
			}
			return s.printMapping(cmd.OutOrStdout())
		},
	}
	format.flag(c.Flags())
	c.Flags().BoolVar(&trial.try, "try", false, "show what the mapping makes of titles")
	c.Flags().StringArrayVar(&trial.titles, "title", nil, "a title; may be repeated")
	c.Flags().StringVar(&trial.people, "people", "", "CSV file with a column title")
	c.Flags().BoolVar(&trial.scim, "scim", false, "the users that an identity provider sent")
	return c
}

func (s *settings) printMapping(out io.Writer) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	mapping, err := roster.ReadMapping(c.Roster.Mapping)
	if err != nil {
		return usageError{err}
	}
	b, err := yaml.Marshal(mapping)
	if err != nil {
		return err
	}
	_, err = out.Write(b)
	return err
}

func (s *settings) tryMapping(cmd *cobra.Command, format outputFormat, trial mapTrial) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	mapper, err := c.mapper()
	if err != nil {
		return err
	}
	counts, err := s.countTitles(cmd.Context(), trial)
	if err != nil {
		return err
	}
	return format.print(cmd.OutOrStdout(), titleTable(format, mapper, counts))
}

// countTitles counts the people with each title.
func (s *settings) countTitles(ctx context.Context, trial mapTrial) (map[string]int, error) {
	counts := map[string]int{}
	for _, title := range trial.titles {
		counts[title]++
	}
	switch {
	case trial.people != "":
		file, err := os.Open(trial.people)
		if err != nil {
			return nil, usageError{err}
		}
		defer file.Close()
		if err := titlesOfFile(file, counts); err != nil {
			return nil, usagef("%s: %w", trial.people, err)
		}
	case trial.scim:
		return counts, s.titlesOfDirectory(ctx, counts)
	}
	return counts, nil
}

// titlesOfFile counts the column title of a CSV file, whatever others it has.
func titlesOfFile(file io.Reader, counts map[string]int) error {
	content := bufio.NewReader(file)
	if start, _ := content.Peek(3); bytes.Equal(start, []byte("\xef\xbb\xbf")) {
		_, _ = content.Discard(3)
	}
	reader := csv.NewReader(content)
	header, err := reader.Read()
	if err != nil {
		return errors.New("the header cannot be read")
	}
	at := slices.IndexFunc(header, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "title") })
	if at < 0 {
		return errors.New("it has no column title")
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		counts[strings.TrimSpace(row[at])]++
	}
}

// titlesOfDirectory counts the titles of the users that were sent over SCIM.
func (s *settings) titlesOfDirectory(ctx context.Context, counts map[string]int) error {
	return s.withTables(2, func(c Config, conn driver.Conn) error {
		if err := migrate.Check(ctx, conn); err != nil {
			return err
		}
		key, err := c.identityKey()
		if err != nil {
			return err
		}
		mapper, sealer, pseudonyms, err := c.directoryTools(key)
		if err != nil {
			return err
		}
		if err := audited(ctx, conn, "roster map --try --scim", "", "scim_resource"); err != nil {
			return err
		}
		_, err = roster.ReadDirectory(ctx, conn, sealer, pseudonyms, mapper, func(attributes map[string]any) {
			counts[mapper.TitleOf(attributes)]++
		})
		return err
	})
}

// titleTable shows the titles, those of most people first.
func titleTable(format outputFormat, mapper *roster.Mapper, counts map[string]int) table {
	t := table{columns: []string{"title", "people", "role", "seniority", "role_rule", "seniority_rule"}}
	if format == "table" {
		t.columns = t.columns[:4]
	}
	titles := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, title := range titles {
		told := mapper.Title(title)
		row := []any{title, counts[title], told.Role, told.Seniority, cmp.Or(told.RoleRule, "default"), cmp.Or(told.SeniorityRule, "default")}
		if format == "table" {
			row[0] = clipped(title, 50)
		}
		t.rows = append(t.rows, row[:len(t.columns)])
	}
	return t
}
