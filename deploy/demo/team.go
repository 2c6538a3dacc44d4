package demo

import "time"

type region string

// Time zones of the regions; every member lives in that of the team.
var zoneNames = map[region]string{
	"europe":       "Europe/Berlin",
	"americas":     "America/New_York",
	"asia-pacific": "Asia/Singapore",
}

// loadZones cannot fail, since the zones are compiled in.
func loadZones() map[region]*time.Location {
	zones := make(map[region]*time.Location, len(zoneNames))
	for name, zone := range zoneNames {
		location, err := time.LoadLocation(zone)
		if err != nil {
			panic(err)
		}
		zones[name] = location
	}
	return zones
}

type seniority int

const (
	executive seniority = iota
	manager
	professional
	entry
)

var seniorities = [...]string{"executive", "manager", "professional", "entry"}

func (s seniority) String() string { return seniorities[s] }

// team is a team as it stands today; people counts them by seniority.
type team struct {
	name, department string
	region           region
	people           [4]int
}

// The teams with a fate, and the weeks it lasts. The stall and the silence began
// long enough ago that the last final week shows them beyond doubt, and the
// holiday covers it, whatever day of the week today is.
const (
	stalledTeam, stalledFromWeek                = "enterprise sales", 19
	blindTeam, blindFromWeek                    = "support europe", 20
	holidayTeam, holidayFromWeek, holidayToWeek = "data", 23, 24
)

// Most teams have 20 people or more, so that their rates are shown to the digit;
// none is under 5, so that none is dark. Marketing has executives enough for that too.
var teams = []team{
	{"brand", "marketing", "europe", [4]int{6, 5, 8, 10}},
	{"content", "marketing", "americas", [4]int{6, 5, 8, 11}},
	{"demand generation", "marketing", "americas", [4]int{6, 4, 8, 9}},
	{"field marketing", "marketing", "asia-pacific", [4]int{5, 4, 6, 8}},
	{stalledTeam, "sales", "europe", [4]int{3, 5, 13, 9}},
	{"mid-market sales", "sales", "americas", [4]int{3, 4, 10, 9}},
	{"sales asia-pacific", "sales", "asia-pacific", [4]int{2, 3, 9, 7}},
	{"sales operations", "sales", "americas", [4]int{1, 1, 4, 2}},
	{"platform", "engineering", "europe", [4]int{2, 3, 16, 5}},
	{"product engineering", "engineering", "americas", [4]int{2, 3, 14, 5}},
	{holidayTeam, "engineering", "europe", [4]int{1, 2, 14, 4}},
	{"mobile", "engineering", "asia-pacific", [4]int{1, 1, 7, 3}},
	{"support americas", "support", "americas", [4]int{1, 2, 7, 12}},
	{blindTeam, "support", "europe", [4]int{1, 2, 7, 11}},
	{"support asia-pacific", "support", "asia-pacific", [4]int{0, 1, 3, 4}},
}

// roles by department and seniority; a role named twice has twice the people.
var roles = map[string][4][]string{
	"marketing": {
		{"marketing director"},
		{"campaign manager"},
		{"copywriter", "designer", "content strategist", "copywriter", "marketing analyst"},
		{"marketing associate", "copywriter", "marketing associate"},
	},
	"sales": {
		{"sales director"},
		{"sales manager"},
		{"account executive", "account executive", "account executive", "sales engineer"},
		{"sales development representative"},
	},
	"engineering": {
		{"engineering director"},
		{"engineering manager"},
		{"software engineer", "software engineer", "software engineer", "site reliability engineer"},
		{"software engineer"},
	},
	"support": {
		{"support director"},
		{"support manager"},
		{"support engineer"},
		{"support agent"},
	},
}
