package dashboards_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// expansion does to a query what Grafana and its plugin do: variables first, then
// the macros of the time range. It knows those that our queries use.
type expansion struct {
	from, to  time.Time
	variables map[string]string
}

var (
	quotedVariable = regexp.MustCompile(`\$\{(\w+):singlequote\}`)
	timeMacro      = regexp.MustCompile(`\$__(\w+)(?:\((\w*)\))?`)
)

// expand fails on a macro or variable that it does not know.
func (e expansion) expand(sql string) (string, error) {
	var unknown []string
	sql = quotedVariable.ReplaceAllStringFunc(sql, func(use string) string {
		value, known := e.variables[quotedVariable.FindStringSubmatch(use)[1]]
		if !known {
			unknown = append(unknown, use)
		}
		return "'" + strings.ReplaceAll(value, "'", `\'`) + "'"
	})
	sql = timeMacro.ReplaceAllStringFunc(sql, func(use string) string {
		parts := timeMacro.FindStringSubmatch(use)
		if expanded, known := e.macro(parts[1], parts[2]); known {
			return expanded
		}
		unknown = append(unknown, use)
		return use
	})
	if len(unknown) > 0 || strings.Contains(sql, "$") {
		return "", fmt.Errorf("cannot expand %v in %s", unknown, sql)
	}
	return sql, nil
}

func (e expansion) macro(name, column string) (string, bool) {
	switch name {
	case "dateFilter":
		return fmt.Sprintf("%s >= toDate('%s') AND %s <= toDate('%s')", column, e.from.Format(time.DateOnly), column, e.to.Format(time.DateOnly)), true
	case "timeFilter":
		return fmt.Sprintf("%s >= toDateTime(%d) AND %s <= toDateTime(%d)", column, e.from.Unix(), column, e.to.Unix()), true
	case "fromTime":
		return fmt.Sprintf("toDateTime(%d)", e.from.Unix()), true
	case "toTime":
		return fmt.Sprintf("toDateTime(%d)", e.to.Unix()), true
	}
	return "", false
}
