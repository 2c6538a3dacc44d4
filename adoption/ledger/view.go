package ledger

// views tell the rows of each personal table in words: since and until, what,
// and how many rows that is. The place is for the condition.
var views = map[string]string{
	"event": `
SELECT toDate(occurred_at) AS since, since AS until,
    concat(tool, ': ', replaceAll(toString(action), '_', ' '), if(initiator = 'user' OR initiator = '', '', concat(' by ', toString(initiator)))) AS what, count() AS rows
FROM event FINAL WHERE %s GROUP BY since, what`,
	"reading": `
SELECT toDate(read_at) AS since, since AS until, concat(tool, ': ', replaceAll(measure, '_', ' ')) AS what, count() AS rows
FROM reading FINAL WHERE %s GROUP BY since, what`,
	"heard": "SELECT day AS since, day AS until, concat(tool, ': something was heard') AS what, count() AS rows FROM heard FINAL WHERE %s GROUP BY since, what",
	"person_day": `
SELECT day AS since, day AS until, concat(tool, ': ', toString(acts), ' acts, ', toString(passive), ' passive, ', toString(agent), ' by agents, ',
    toString(prompts), ' prompts, ', toString(sessions), ' sessions, ', toString(requests), ' requests, ', toString(tool_uses), ' tool uses, ',
    toString(tokens_input_uncached + tokens_cache_read + tokens_cache_write + tokens_output + tokens_reasoning), ' tokens, ',
    toString(round(cost_micro_usd / 1000000, 2)), ' USD, ', toString(lines_added), ' lines added, ', toString(lines_removed), ' removed, ', toString(commits), ' commits') AS what,
    1 AS rows
FROM person_day WHERE %s`,
	"act_day": "SELECT day AS since, day AS until, concat(tool, ': ', toString(acts), ' acts, ', toString(prompts), ' prompts') AS what, 1 AS rows FROM act_day WHERE %s",
	"population": `
SELECT min(period) AS since, max(period) AS until,
    concat('counted by ', toString(grain), ' in ', arrayStringConcat(arrayFilter(x -> x != '', [toString(team), toString(department), toString(region), toString(role), toString(seniority), toString(employment)]), ', ')) AS what,
    count() AS rows
FROM population WHERE %s GROUP BY grain, team, department, region, role, seniority, employment`,
	"roster_version": `
SELECT valid_from AS since, valid_to AS until,
    concat(toString(status), ': ', arrayStringConcat(arrayFilter(x -> x != '', [toString(role), toString(seniority), toString(team), toString(department), toString(region), toString(employment), toString(timezone)]), ', ')) AS what,
    count() AS rows
FROM roster_version WHERE %s GROUP BY since, until, what`,
	"alias_version": `
SELECT '' AS since, '' AS until, concat('stored as ', alias, if(max(accepted), ', accepted by IT', '')) AS what, count() AS rows
FROM alias_version WHERE %s GROUP BY alias`,
	"seat_version": `
SELECT valid_from AS since, valid_to AS until, concat('a seat of ', tool, if(monthly_price_usd > 0, concat(' at ', toString(monthly_price_usd), ' USD a month'), '')) AS what, count() AS rows
FROM seat_version WHERE %s GROUP BY since, until, what`,
	"training_version": "SELECT completed_on AS since, completed_on AS until, concat('completed ', course) AS what, count() AS rows FROM training_version WHERE %s GROUP BY since, what",
	"alias_decision":   "SELECT toDate(decided_at) AS since, since AS until, concat(alias, if(accepted, ' was accepted', ' was taken back')) AS what, 1 AS rows FROM alias_decision WHERE %s",
	"scim_resource":    "SELECT toDate(changed_at) AS since, since AS until, if(deleted, 'the directory removed the person', 'a state of the person in the directory') AS what, count() AS rows FROM scim_resource WHERE %s GROUP BY since, what",
	"ledger_link":      "SELECT toDate(created_at) AS since, toDate(expires_at) AS until, if(kind = 'link', if(used_at > created_at, 'a link, used', 'a link, not used yet'), 'a view of this record') AS what, count() AS rows FROM ledger_link FINAL WHERE %s GROUP BY since, until, what",
	"audit":            "SELECT toDate(at) AS since, since AS until, concat(actor, ' ran ', action) AS what, count() AS rows FROM audit WHERE %s GROUP BY since, what",
}
