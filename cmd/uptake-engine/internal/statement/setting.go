package statement

import (
	"fmt"
	"strings"
)

// harmlessSettings of a user who may read listed tables only bound a query or
// say how its result looks. All others are refused, because some name a table
// to be read or add a condition that may.
var harmlessSettings = map[string]bool{
	"join_use_nulls": true, "group_by_use_nulls": true, "result_overflow_mode": true, "timeout_overflow_mode": true, "extremes": true,
	"log_comment": true, "session_timezone": true, "send_logs_level": true, "use_client_time_zone": true, "readonly": true,
	"cast_keep_nullable": true, "prefer_column_name_to_alias": true, "async_insert": true, "wait_end_of_query": true,
}

var harmlessBeginnings = []string{"max_", "output_format_", "date_time_", "connect_timeout", "receive_timeout", "send_timeout"}

// CheckSetting refuses a setting that could read what a statement may not.
func (g *Guard) CheckSetting(name string) error {
	lower := strings.ToLower(name)
	if isDenied(lower) || len(g.Tables) > 0 && !isHarmlessSetting(lower) {
		return fmt.Errorf("setting %s", name)
	}
	return nil
}

func isHarmlessSetting(lower string) bool {
	for _, beginning := range harmlessBeginnings {
		if strings.HasPrefix(lower, beginning) {
			return true
		}
	}
	return harmlessSettings[lower]
}

// checkAssignments looks at the names of `a = 1, b = 2`, as they stand after SET
// and SETTINGS, up to the end of the text or of the brackets around it.
func (g *Guard) checkAssignments(text string) error {
	l := &lexer{sql: text}
	depth, begins := 0, true
	for t := l.next(); t.kind != end && depth >= 0; t = l.next() {
		switch {
		case begins && t.kind != word && t.kind != quotedName:
			return fmt.Errorf("setting %q", text[t.begin:t.end])
		case begins:
			if err := g.CheckSetting(strings.Trim(text[t.begin:t.end], "`\"")); err != nil {
				return err
			}
		case l.isAny(t, "(", "[", "{"):
			depth++
		case l.isAny(t, ")", "]", "}"):
			depth--
		}
		begins = depth == 0 && l.is(t, ",")
	}
	return nil
}
