package rollup

import "fmt"

// judged are placed facts with what is to be believed of them, by the days and
// the late facts in those columns.
//
//   - heard is the set of signals heard of that tool from that person on that
//     day, or in the last hour of the day before: a counter is exported a while
//     after the logs of the same use.
//   - kept is what no better signal was heard for. Tokens, cost and lines come
//     along with facts of other kinds and have a word of their own.
//   - stated is kept but prompts that counters told in place of a better signal;
//     infers is where nothing better than such counters tells of prompts: see
//     inferred.
func judged(placed string, a Authority, day, late string) string {
	return fmt.Sprintf(`
    SELECT
        *,
        bitAnd(heard, before[fact]) = 0 AS kept,
        bitAnd(heard, before[%[5]d]) = 0 AS tokens_kept,
        bitAnd(heard, before[%[6]d]) = 0 AS cost_kept,
        bitAnd(heard, before[%[7]d]) = 0 AS lines_kept,
        kept AND NOT (counters AND fact = %[8]d) AS stated,
        counters AND bitAnd(heard, before[%[8]d]) = 0 AS infers
    FROM %[1]s AS placed
    INNER JOIN (%[2]s) AS hearing USING (who, tool, %[4]s)
    LEFT JOIN (%[3]s) AS authority USING (tool, signal)`,
		placed, hearing(placed, day, late), a.table(), day, tokens, cost, lines, prompts)
}

// hearing says which signals were heard for a day.
func hearing(placed, day, late string) string {
	return fmt.Sprintf(`
        SELECT who, tool, on_day AS %[2]s, groupBitOr(%[4]s) AS heard
        FROM (SELECT who, tool, signal, %[2]s + ahead AS on_day FROM %[1]s ARRAY JOIN if(%[3]s, [0, 1], [0]) AS ahead)
        GROUP BY who, tool, on_day`, placed, day, late, bitOf)
}

// Sums over the judged facts of a person, day and tool.
var (
	// inferred are the prompts of a day on which only counters of something else,
	// such as starts or tokens, can tell of them: one at least where a person's
	// tokens or requests grew, and none where they did not. So a tool that was
	// opened and not asked is no act, and a session that went on over midnight is.
	inferred = "if(maxIf(use, infers), greatest(sumIf(prompt, infers), 1), 0)"

	allPrompts = "sumIf(prompt, stated) + " + inferred
	allActs    = "sumIf(act, stated) + " + inferred

	// Counts that hold others are made disjoint. They and what they hold are counters.
	inputUncached = fmt.Sprintf("sumIf(input_uncached, tokens_kept) + greatest(sumIf(toInt64(input_total) - if(signal = %d, toInt64(cache_read + cache_write), 0), tokens_kept), 0)", metrics)
	output        = fmt.Sprintf("sumIf(output, tokens_kept) + greatest(sumIf(toInt64(output_total) - if(signal = %d, toInt64(reasoning), 0), tokens_kept), 0)", metrics)
)
