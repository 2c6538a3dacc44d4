package ledger

import "fmt"

// acts say in words what an action about one person did; a person is shown no other.
var acts = map[string]string{
	"ledger":   "looked at your record",
	"link":     "made a link for you to see your record",
	"page":     "opened your record with your own link",
	"download": "downloaded your record with your own link",
	"export":   "exported your record",
	"erase":    "erased your record",
	"trace":    "followed an event of yours",
	"audit":    "looked who had looked at your record",
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
