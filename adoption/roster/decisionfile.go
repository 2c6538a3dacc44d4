package roster

import (
	"regexp"
	"slices"
)

// SuggestionColumns are those of the file that `uptake roster suggest` writes
// and `uptake roster accept` reads.
var SuggestionColumns = []string{"alias", "person", "kind", "events_with_person", "days", "events_gained", "first", "last", "reason"}

var pseudonymForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Pseudonym tells whether the word has the form of a pseudonym.
func Pseudonym(word string) bool { return pseudonymForm.MatchString(word) }

// ParseAccepted reads which aliases IT accepts: the columns alias and person;
// the others may be there and say nothing. The error is a *Problems.
func ParseAccepted(file File) ([]Decision, error) {
	var problems Problems
	f := openWith(&file, SuggestionColumns[:2], SuggestionColumns[2:], &problems)
	if f == nil {
		return nil, problems.err([]string{file.Name})
	}
	var decisions []Decision
	owners := make(map[string]string)
	for f.next() {
		d := Decision{Alias: f.pseudonym("alias"), Person: f.pseudonym("person"), Accepted: true}
		owner, repeated := owners[d.Alias]
		switch {
		case f.fault || repeated && owner == d.Person:
			continue
		case d.Alias == d.Person:
			f.wrong("alias", "the alias is the person", "remove the row")
		case repeated:
			f.wrong("alias", "the alias is given to another person further up", "an alias has one owner at all times; remove one of the rows")
		default:
			owners[d.Alias] = d.Person
			decisions = append(decisions, d)
		}
	}
	if err := problems.err([]string{file.Name}); err != nil {
		return nil, err
	}
	return slices.Clip(decisions), nil
}

func (f *form) pseudonym(column string) string {
	value, sound := f.value(column, MaxValueBytes)
	if sound && !Pseudonym(value) {
		f.wrong(column, "the value is no pseudonym", "write 32 hexadecimal digits, as `uptake roster suggest --format csv` does")
	}
	return value
}
