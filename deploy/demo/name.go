package demo

import (
	"math/rand/v2"
	"strings"
)

var givenNames = strings.Fields(`ada amara anton aiko bela bruno carla chidi dalia diego elif emeka
	farah felix gita goran hana hugo ines ivo jana jonas kira kofi lena luca maya milan nadia noor
	olga omar paula pavel qiana rafael rosa samir sofia tariq tessa uma viktor wanda xenia yara yusuf zoe`)

var familyNames = strings.Fields(`abara almeida andersen bauer benali castro chen costa dahl diaz eriksen
	fischer fontana garcia gupta haddad hansen ito ivanova jansen kaya keller kim kovac lang larsen lopez
	mbeki meyer moreau nakamura nguyen novak okafor olsen park petrov quist rossi santos sato schmid
	silva singh tanaka torres usman vega weber yilmaz zhang`)

// invent gives count different names in the form given.family.
func invent(random *rand.Rand, count int) []string {
	seen := make(map[string]bool, count)
	names := make([]string, 0, count)
	for len(names) < count {
		name := givenNames[random.IntN(len(givenNames))] + "." + familyNames[random.IntN(len(familyNames))]
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
