package main

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var precision = regexp.MustCompile(`DateTime64\((\d)`)

// timeText writes a time as ClickHouse does: a date, or date and time with the
// column's digits of a second.
func timeText(t time.Time, databaseType string) string {
	switch {
	case strings.Contains(databaseType, "DateTime64"):
		digits := 3
		if m := precision.FindStringSubmatch(databaseType); m != nil {
			digits, _ = strconv.Atoi(m[1])
		}
		layout := "2006-01-02 15:04:05"
		if digits > 0 {
			layout += "." + strings.Repeat("0", digits)
		}
		return t.Format(layout)
	case strings.Contains(databaseType, "DateTime"):
		return t.Format(time.DateTime)
	default:
		return t.Format(time.DateOnly)
	}
}
