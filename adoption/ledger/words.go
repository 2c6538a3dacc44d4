package ledger

import "fmt"

// acts say in words what an action of the audit did.
var acts = map[string]string{
	"ledger":         "looked at your record",
	"link":           "made a link for you to see your record",
	"page":           "opened your record with your own link",
	"download":       "downloaded your record with your own link",
	"export":         "exported your record",
	"erase":          "erased your record",
	"trace":          "followed an event of yours",
	"explain":        "had a figure explained",
	"sql":            "ran a query on tables about persons",
	"doctor":         "had the system examined",
	"roster import":  "imported the roster",
	"roster suggest": "looked for identifiers that belong to people",
	"roster decide":  "decided on identifiers of people",
	"scim":           "kept people and groups up to date from the directory",
}

// Words say what was done, to whom it was done.
func (l Looked) Words() string {
	did, known := acts[l.Action]
	if !known {
		did = "ran " + l.Action
	}
	words := l.Actor + " " + did
	if l.Rows > 0 {
		words += fmt.Sprintf(" (%d records)", l.Rows)
	}
	return words
}
