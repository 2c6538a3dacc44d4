package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/uptake-telemetry/uptake/adoption/ledger"
	"github.com/uptake-telemetry/uptake/dashboards/page"
)

// ledgerPath is below which persons see their own record.
const ledgerPath = "/ledger/"

// ledgerCookie carries the secret of a session.
const ledgerCookie = "uptake-ledger"

// ownRecord serves a person's own record. A link is a secret of its own, so
// that no token is asked for; nothing here logs an address.
type ownRecord struct {
	conn         driver.Conn
	links        *ledger.Links
	logger       *slog.Logger
	config       Config
	minimumGroup int
}

// ledgerHandler serves what is below ledgerPath. Only pages of this origin may
// open a link.
func ledgerHandler(c Config, conn driver.Conn, logger *slog.Logger) http.Handler {
	o := &ownRecord{conn: conn, links: ledger.NewLinks(conn, time.Now), logger: logger, config: c, minimumGroup: c.Adoption.Publish.Least()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ledgerPath+"{$}", o.record)
	mux.HandleFunc("GET "+ledgerPath+"record.json", o.document)
	mux.HandleFunc("GET "+ledgerPath+"record.zip", o.files)
	mux.HandleFunc("GET "+ledgerPath+"{secret}", o.door)
	mux.HandleFunc("POST "+ledgerPath+"{secret}", o.open)
	guard := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		guard.ServeHTTP(w, r)
	})
}

// door looks the same for every link, and asks nobody whether it is good: what
// only follows links learns nothing and uses nothing up.
func (o *ownRecord) door(w http.ResponseWriter, _ *http.Request) {
	o.draw(w, http.StatusOK, page.WriteLedgerDoor)
}

func (o *ownRecord) open(w http.ResponseWriter, r *http.Request) {
	session, err := o.links.Open(r.Context(), r.PathValue("secret"))
	if err != nil {
		o.refuse(w, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: ledgerCookie, Value: session, Path: ledgerPath, MaxAge: int(ledger.SessionFor / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https"),
	})
	http.Redirect(w, r, ledgerPath, http.StatusSeeOther)
}

// refuse gives one answer to whatever does not open.
func (o *ownRecord) refuse(w http.ResponseWriter, err error) {
	if errors.Is(err, ledger.ErrNoLink) {
		o.draw(w, http.StatusNotFound, page.WriteLedgerClosed)
		return
	}
	o.logger.Error("a record cannot be shown", "error", brief(err))
	w.Header().Set("Retry-After", "5")
	http.Error(w, "the record cannot be read now", http.StatusServiceUnavailable)
}

// person is whose session it is, once it is noted that the record is read.
func (o *ownRecord) person(r *http.Request, action string) (ledger.Person, error) {
	cookie, err := r.Cookie(ledgerCookie)
	if err != nil {
		return ledger.Person{}, ledger.ErrNoLink
	}
	id, err := o.links.Session(r.Context(), cookie.Value)
	if err != nil {
		return ledger.Person{}, err
	}
	err = ledger.Audit(r.Context(), o.conn, ledger.Entry{Actor: "you", Via: "web", Action: action, Person: id, Tables: personalTables()})
	if err != nil {
		return ledger.Person{}, err
	}
	return ledger.Find(r.Context(), o.conn, id)
}

func (o *ownRecord) record(w http.ResponseWriter, r *http.Request) {
	shown, err := o.read(r)
	if err != nil {
		o.refuse(w, err)
		return
	}
	o.draw(w, http.StatusOK, func(w io.Writer) error { return page.WriteLedger(w, shown) })
}

func (o *ownRecord) read(r *http.Request) (page.Ledger, error) {
	p, err := o.person(r, "page")
	if err != nil {
		return page.Ledger{}, err
	}
	record, err := ledger.Read(r.Context(), o.conn, p)
	if err != nil {
		return page.Ledger{}, err
	}
	return ownPage(record, o.minimumGroup, time.Now()), nil
}

// ownPage is a record as its page shows it.
func ownPage(record *ledger.Record, minimumGroup int, now time.Time) page.Ledger {
	shown := page.Ledger{
		Person: record.Person.ID, Until: now.Add(ledger.SessionFor), MinimumGroup: minimumGroup, Days: record.Days,
		JSON: ledgerPath + "record.json", CSV: ledgerPath + "record.zip",
	}
	for _, s := range record.Sections {
		if s.Name == "roster_version" {
			shown.Places = summed(s.Lines)
		}
		shown.Tables = append(shown.Tables, page.LedgerTable{Title: s.Title, Holds: s.Holds, Kept: s.Kept, Rows: s.Rows, Leaves: s.Leaves})
	}
	for _, week := range record.Weeks {
		shown.Weeks = append(shown.Weeks, page.LedgerWeek{Monday: week.Monday, Tool: week.Tool, Days: week.Days, Acts: week.Acts})
	}
	for _, looked := range record.Looked {
		shown.Looked = append(shown.Looked, page.LedgerLook{At: looked.At, Words: looked.Words()})
	}
	return shown
}

func (o *ownRecord) document(w http.ResponseWriter, r *http.Request) {
	o.download(w, r, "record.json", "application/json", ledger.JSON, func(e *ledger.Export, w io.Writer) error {
		o.config.unseal(e)
		return e.WriteJSON(w)
	})
}

func (o *ownRecord) files(w http.ResponseWriter, r *http.Request) {
	o.download(w, r, "record.zip", "application/zip", ledger.CSV, writeZIP)
}

func (o *ownRecord) download(w http.ResponseWriter, r *http.Request, name, kind string, form ledger.Form, write func(*ledger.Export, io.Writer) error) {
	var b bytes.Buffer
	err := o.export(r.Context(), r, form, func(e *ledger.Export) error { return write(e, &b) })
	if err != nil {
		o.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(b.Bytes())
}

func (o *ownRecord) export(ctx context.Context, r *http.Request, form ledger.Form, write func(*ledger.Export) error) error {
	p, err := o.person(r, "download")
	if err != nil {
		return err
	}
	e, err := ledger.ReadExport(ctx, o.conn, p, form)
	if err != nil {
		return err
	}
	return write(e)
}

func writeZIP(e *ledger.Export, w io.Writer) error {
	z := zip.NewWriter(w)
	for _, f := range e.Files() {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: e.At})
		if err != nil {
			return err
		}
		if _, err := io.WriteString(entry, f.Content); err != nil {
			return err
		}
	}
	return z.Close()
}

// draw writes a page; an error after its beginning means that the reader has gone.
func (o *ownRecord) draw(w http.ResponseWriter, status int, write func(io.Writer) error) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = write(w)
}
