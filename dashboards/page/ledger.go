package page

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Ledger is a person's own record: what is held, who looked, and what can be
// done about it.
type Ledger struct {
	// Person is the pseudonym.
	Person string
	// Until is when the view closes.
	Until time.Time
	// MinimumGroup is the least number of people about whom leaders see a figure.
	MinimumGroup int
	Tables       []LedgerTable
	Weeks        []LedgerWeek
	// Days is how many days have an act.
	Days uint64
	// Places are the person's rows of the roster, in words.
	Places []string
	Looked []LedgerLook
	// JSON and CSV are the addresses of the downloads.
	JSON, CSV string
}

// LedgerTable is what one table holds.
type LedgerTable struct {
	Title, Holds, Kept string
	Rows               uint64
	// Leaves is when the last row goes by itself, zero where time alone does not decide.
	Leaves time.Time
}

// LedgerWeek is what the person did with a tool in a week.
type LedgerWeek struct {
	Monday     time.Time
	Tool       string
	Days, Acts uint64
}

// LedgerLook is an access to the record.
type LedgerLook struct {
	At    time.Time
	Words string
}

//go:embed ledger.html
var ledgerHead string

// WriteLedger draws the record.
func WriteLedger(w io.Writer, l Ledger) error {
	var b builder
	b.raw(ledgerHead)
	b.raw("<main>\n<h1>What Uptake holds about you</h1>\n<p class=\"lede\">Uptake counts how AI tools are used, to show groups of people how they take to them. " +
		"It never stores what you write or what a tool answers, and it knows you by a pseudonym.</p>\n")
	b.ledgerFacts(l)
	b.ledgerLeaders(l.MinimumGroup)
	b.ledgerWeeks(l.Weeks)
	b.ledgerTables(l)
	b.ledgerLooks(l.Looked)
	b.ledgerRights(l)
	b.element("<p class=\"small soft\">Your pseudonym is <code>", l.Person, "</code>.")
	b.element(" <span class=\"screen\">This page closes at ", l.Until.UTC().Format("15:04")+" UTC; ask for a new link to see it again.", "</span></p>\n")
	b.raw("</main>\n</body>\n</html>\n")
	return b.writeTo(w)
}

// WriteLedgerDoor draws the page behind a link: one button, because programs
// that look at mails follow links and would use it up.
func WriteLedgerDoor(w io.Writer) error {
	var b builder
	b.raw(ledgerHead)
	b.raw("<main class=\"door\">\n<h1>Your record at Uptake</h1>\n<p class=\"lede\">This link shows you everything that Uptake holds about you, and who looked at it. " +
		"It opens once, for you alone.</p>\n<form method=\"post\"><button>Show my record</button></form>\n" +
		"<p class=\"small soft\">Once opened, the record stays visible in this browser for 15 minutes.</p>\n</main>\n</body>\n</html>\n")
	return b.writeTo(w)
}

// WriteLedgerClosed draws the one answer to every link that opens nothing.
func WriteLedgerClosed(w io.Writer) error {
	var b builder
	b.raw(ledgerHead)
	b.raw("<main class=\"door\">\n<h1>This link does not open anything now</h1>\n<p class=\"lede\">A link opens once and only for a time, and what it shows closes after 15 minutes. " +
		"Ask whoever sent it to you for a new one: it takes them a minute.</p>\n</main>\n</body>\n</html>\n")
	return b.writeTo(w)
}

func (b *builder) writeTo(w io.Writer) error {
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("draw the record: %w", err)
	}
	return nil
}

func (b *builder) ledgerFacts(l Ledger) {
	var rows uint64
	for _, t := range l.Tables {
		rows += t.Rows
	}
	b.raw("<section class=\"facts\">\n")
	for _, fact := range [][2]string{
		{thousands(rows), noun(rows, "record") + " about you"},
		{thousands(l.Days), noun(l.Days, "day") + " on which you used a tool"},
		{strconv.Itoa(len(l.Looked)), noun(uint64(len(l.Looked)), "look") + " at your record"},
	} {
		b.element("<div class=\"card\"><b>", fact[0], "</b>")
		b.element("<span>", fact[1], "</span></div>\n")
	}
	b.raw("</section>\n")
}

func (b *builder) ledgerTables(l Ledger) {
	b.raw("<section class=\"card\">\n<h2>What is held</h2>\n")
	if len(l.Places) > 0 {
		b.element("<p class=\"small soft\">Your company's roster has you as: ", strings.Join(l.Places, "; "), "</p>\n")
	}
	b.raw("<table><thead><tr><th>records</th><th class=\"wide\">kept</th><th class=\"n\">how many</th></tr></thead><tbody>\n")
	for _, t := range l.Tables {
		if t.Rows == 0 {
			continue
		}
		b.element("<tr><td><b>", t.Title, "</b>")
		b.element("<small>", t.Holds, "</small>")
		b.element("<small class=\"narrow\">Kept ", t.Kept+goes(t.Leaves), "</small></td>")
		b.element("<td class=\"wide\"><small>", t.Kept+goes(t.Leaves), "</small></td>")
		b.element("<td class=\"n\">", thousands(t.Rows), "</td></tr>\n")
	}
	b.raw("</tbody></table>\n</section>\n")
}

func goes(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "; the last goes on " + t.Format("2 January 2006")
}

func (b *builder) ledgerLeaders(minimum int) {
	b.raw("<section class=\"card promise\">\n<h2>What leaders can see</h2>\n")
	fmt.Fprintf(b, "<p>Groups, never you. No figure is shown about fewer than %d people, nor one that would follow by subtracting others; figures about fewer than %d people are rounded. "+
		"Nobody can rank, sort or look up people on a dashboard.</p>\n</section>\n", minimum, 4*minimum)
}

// shownLooks bounds the page; the download has them all.
const shownLooks = 10

func (b *builder) ledgerLooks(looks []LedgerLook) {
	b.raw("<section class=\"card\">\n<h2>Who looked at your record</h2>\n")
	if len(looks) == 0 {
		b.raw("<p class=\"soft\">Nobody, in the last 24 months.</p>\n</section>\n")
		return
	}
	b.raw("<table><tbody>\n")
	for i, look := range looks {
		if i == shownLooks {
			break
		}
		b.element("<tr><td class=\"day soft\">", look.At.UTC().Format("2 Jan 2006 15:04"), "</td>")
		b.element("<td>", look.Words, "</td></tr>\n")
	}
	b.raw("</tbody></table>\n")
	if len(looks) > shownLooks {
		fmt.Fprintf(b, "<p class=\"small soft\">These are the last %d of %d; the download has all of them.</p>\n", shownLooks, len(looks))
	}
	b.raw("</section>\n")
}

func (b *builder) ledgerRights(l Ledger) {
	b.raw("<section class=\"card\">\n<h2>Your rights</h2>\n<ul>\n" +
		"<li><b>Take it with you.</b> The download holds every record, row by row.</li>\n" +
		"<li><b>Have it erased.</b> Ask your data-protection officer or IT. They erase all of it with one command, <code>uptake erase</code>, and give you a receipt that names nobody.</li>\n" +
		"<li><b>Have it put right.</b> Role, team and dates come from your company's roster; what is changed there is counted anew.</li>\n</ul>\n<p class=\"screen\">")
	b.element("<a class=\"button\" href=\"", l.JSON, "\">Download as JSON</a>")
	b.element("<a class=\"button\" href=\"", l.CSV, "\">Download as CSV</a></p>\n</section>\n")
}

func noun(n uint64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// thousands writes a number in groups of three.
func thousands(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}
