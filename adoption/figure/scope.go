package figure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// anyTool is the scope of all tools together.
const anyTool = "any"

// extension is the browser extension's own name: no tool of any figure.
const extension = "uptake-extension"

// CategoryOf gives the category of each tool of the catalogue.
type CategoryOf map[string]string

// Scope is a row by tool: any tool, a category or one tool.
type Scope struct {
	Name string
	// Parent is the scope's index that holds all of its tools, -1 for any tool.
	Parent int
	// Tools are the ids, sorted.
	Tools []string
}

// Scopes lists any tool, then the categories, then the tools. A tool that the
// catalogue does not know, because a site took its file away, is in "other".
func Scopes(tools []string, of CategoryOf) []Scope {
	byCategory := map[string][]string{}
	for _, tool := range tools {
		byCategory[of.category(tool)] = append(byCategory[of.category(tool)], tool)
	}
	scopes := []Scope{{anyTool, -1, tools}}
	at := map[string]int{}
	for _, category := range slices.Sorted(maps.Keys(byCategory)) {
		at[category] = len(scopes)
		scopes = append(scopes, Scope{"category:" + category, 0, byCategory[category]})
	}
	for _, tool := range tools {
		scopes = append(scopes, Scope{tool, at[of.category(tool)], []string{tool}})
	}
	return scopes
}

// single tells whether it is one tool.
func (s Scope) single() bool { return s.Parent >= 0 && !strings.Contains(s.Name, ":") }

// holds tells whether the tool is in it.
func (s Scope) holds(tool string) bool { return slices.Contains(s.Tools, tool) }

func (c CategoryOf) category(tool string) string {
	if category := c[tool]; category != "" {
		return category
	}
	return "other"
}

// maxTools is the width of the mask in which a person's tools are kept.
const maxTools = 64

// readTools lists the tools that anybody was ever entitled to or used.
func readTools(ctx context.Context, conn driver.Conn) ([]string, error) {
	var tools []string
	err := conn.QueryRow(ctx, `SELECT arraySort(groupUniqArray(toString(tool))) FROM
(
    SELECT DISTINCT tool FROM person_day
    UNION ALL
    SELECT DISTINCT tool FROM act_day
    UNION ALL
    SELECT DISTINCT tool FROM seat
) WHERE tool != '`+extension+`'`).Scan(&tools)
	if err != nil {
		return nil, fmt.Errorf("read which tools are used: %w", err)
	}
	if len(tools) > maxTools {
		return nil, fmt.Errorf("%d tools are used, %d is the most: take files of tools nobody uses out of the catalogue", len(tools), maxTools)
	}
	return tools, nil
}
