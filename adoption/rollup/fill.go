package rollup

import "fmt"

// fillPersonDays writes the person-days of the local days from placed facts.
func fillPersonDays(table, placed string, authority Authority, days []Day) string {
	return fmt.Sprintf(`
INSERT INTO %[1]s (person, day, tool, acts, passive, agent, prompts, sessions, requests, tool_uses,
    tokens_input_uncached, tokens_cache_read, tokens_cache_write, tokens_output, tokens_reasoning, cost_micro_usd, lines_added, lines_removed, commits)
SELECT
    person, day, tool,
    least(%[4]s, 4294967295), least(sumIf(passive, kept), 4294967295), least(sumIf(agent, kept), 4294967295), least(%[5]s, 4294967295),
    uniqExactArrayIf(sessions, kept), least(sumIf(request, kept), 4294967295), least(sumIf(tool_use, kept), 4294967295),
    %[6]s, sumIf(cache_read, tokens_kept), sumIf(cache_write, tokens_kept), %[7]s, sumIf(reasoning, tokens_kept), sumIf(cost, cost_kept),
    least(sumIf(added, lines_kept), 4294967295), least(sumIf(removed, lines_kept), 4294967295), least(sumIf(commit, kept), 4294967295)
FROM (%[2]s)
WHERE day IN (%[3]s) AND person != ''
GROUP BY person, day, tool`, table, judged(placed, authority, "day", "late"), list(days), allActs, allPrompts, inputUncached, output)
}

// fillActDays writes the acts of the days of UTC, and the prompts among them, from placed facts.
func fillActDays(table, placed string, authority Authority, days []Day) string {
	return fmt.Sprintf(`
INSERT INTO %[1]s (day, tool, person, local_day, acts, prompts)
SELECT utc_day, tool, person, local_day, least(sum(acts), 4294967295), least(sum(prompts), 4294967295)
FROM
(
    SELECT utc_day, tool, person, local_day, %[4]s AS acts, %[5]s AS prompts
    FROM (%[2]s)
    WHERE utc_day IN (%[3]s)
    GROUP BY who, utc_day, tool, person, local_day
)
WHERE acts > 0
GROUP BY utc_day, tool, person, local_day`, table, judged(placed, authority, "utc_day", "utc_late"), list(days), allActs, allPrompts)
}
