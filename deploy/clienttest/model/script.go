package model

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// step is a tool that the model asks for.
type step string

const (
	list       step = "list"       // a shell command that changes nothing
	write      step = "write"      // a new file of three lines
	read       step = "read"       // a file, as clients want it before a change
	replace    step = "replace"    // one line by two
	agent      step = "agent"      // a sub-agent, whose prompt is "do SUBLS"
	background step = "background" // the same while the conversation goes on
	await      step = "await"      // that a sub-agent ends, where nothing else waits
	finish     step = "finish"     // the end of a sub-agent that must say so
)

// Scripts say which tools the model asks for, one after the other, when a prompt
// says "do NAME" or "do NAME FILE"; then it answers. A conversation goes by its
// last prompt.
var Scripts = map[string][]step{
	"PLAIN":      nil,
	"LS":         {list},
	"EDIT":       {write},
	"REPLACE":    {write, read, replace},
	"MANY":       {list, write, list},
	"AGENT":      {agent, await},
	"BACKGROUND": {background},
	"SUBLS":      {list},
	"NOTIFIED":   nil,
	// The model refuses the call, for good or the first time.
	"ERROR400": nil,
	"ERROR500": nil,
}

// usages of a call, by its kind. All figures are primes, so that a sum shows what
// it is made of.
var usages = map[string]Tokens{
	"plain":    {Input: 101, Output: 11, CacheRead: 1009, CacheWrite: 53, Reasoning: 7},
	"tool":     {Input: 211, Output: 23, CacheRead: 2003, CacheWrite: 0, Reasoning: 13},
	"final":    {Input: 307, Output: 31, CacheRead: 3001, CacheWrite: 97, Reasoning: 17},
	"side":     {Input: 17, Output: 5},
	"subtool":  {Input: 401, Output: 41, CacheRead: 4001, CacheWrite: 0, Reasoning: 19},
	"subfinal": {Input: 503, Output: 43, CacheRead: 5003, CacheWrite: 59, Reasoning: 29},
}

// conversation is what a client sent, whatever the protocol.
type conversation struct {
	model  string
	stream bool
	tools  map[string]manner
	turns  []turn
}

// manner is how a tool that the client offers is called: with text for arguments,
// under the name of a group.
type manner struct {
	text  bool
	group string
}

// turn is a message to the model: what a person or the client wrote, and how many
// results of tools came with it.
type turn struct {
	text    string
	results int
}

// reply is what the model does with a conversation.
type reply struct {
	kind   string
	model  string
	status int
	usage  Tokens
	text   string
	call   *call
	id     string
}

// call of a tool.
type call struct {
	name      string
	arguments object
	// free is the whole input of a tool that takes text for arguments.
	free  string
	group string
}

var command = regexp.MustCompile(`\bdo ([A-Z]+[0-9]*)(?:[ \t]+(/[^\s"'<]+))?`)

// prompt finds the last command and how many results of tools came after it.
func (c conversation) prompt() (name, file string, results int) {
	for _, t := range c.turns {
		name, file, results = t.after(name, file, results)
	}
	return name, file, results
}

func (t turn) after(name, file string, results int) (string, string, int) {
	if strings.Contains(t.text, "<task-notification>") {
		return "NOTIFIED", "", 0
	}
	for _, found := range command.FindAllStringSubmatch(t.text, -1) {
		if _, known := Scripts[found[1]]; known {
			name, file, results = found[1], found[2], 0
		}
	}
	return name, file, results + t.results
}

// asides begin what clients ask in words of their own, around or after a prompt:
// memory, titles, suggestions.
var asides = []string{"Managed memory has ", "Generate a concise, single-line task title", "[SUGGESTION MODE"}

// aside says whether the last words in the conversation are the client's.
func (c conversation) aside() bool {
	for _, t := range slices.Backward(c.turns) {
		if strings.TrimSpace(t.text) == "" {
			continue
		}
		return slices.ContainsFunc(asides, func(start string) bool { return strings.HasPrefix(t.text, start) })
	}
	return false
}

// next is the model's mind. The caller holds the lock.
func (m *Model) next(c conversation) reply {
	name, file, done := c.prompt()
	steps, known := Scripts[name]
	r := reply{model: c.model, status: http.StatusOK, text: "That is done."}
	if done < len(steps) {
		r.call = offered(steps[done], c.tools, file)
	} else if name == "SUBLS" {
		r.call = offered(finish, c.tools, file)
	}
	switch {
	case !known || len(c.tools) == 0 || c.aside():
		// Titles, summaries, routing, memory: calls no prompt asked for.
		r.kind, r.call, r.text = "side", nil, `{"title":"A title"}`
	case name == "ERROR400":
		r.kind, r.status = "refused", http.StatusBadRequest
	case name == "ERROR500" && !m.answered[name]:
		r.kind, r.status, m.answered[name] = "refused", http.StatusInternalServerError, true
	case done < len(steps) && r.call != nil:
		r.kind = "tool"
	case done > 0:
		r.kind = "final"
	default:
		r.kind = "plain"
	}
	if name == "SUBLS" && r.kind != "side" {
		r.kind = "sub" + r.kind
	}
	r.usage = usages[r.kind]
	r.id = "call" + strconv.Itoa(m.truth.Answered+m.truth.Failed+1)
	return r
}
