package session

import (
	"errors"
	"time"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/statement"
)

// run is one statement on its way.
type run struct {
	*Session
	query     native.QueryPacket
	statement statement.Statement
	external  []external
	// gone is set when the client left while the statement ran.
	gone error
}

// do runs the statement. A *chdb.Error is for the client; after any other the
// connection cannot go on.
func (r *run) do() (err error) {
	if err := r.readExternal(); err != nil {
		return err
	}
	// A statement may run for as long as it likes while its client only waits.
	r.Connection.SetReadDeadline(time.Time{})
	if err := r.allowed(); err != nil {
		return err
	}
	if err := r.apply(r.query.Settings); err != nil {
		return err
	}
	defer func() {
		if lost := r.restoreReadonly(); lost != nil {
			err = lost
		}
	}()
	if err := r.createExternal(); err != nil {
		return err
	}
	defer r.dropExternal()
	err = r.dispatch()
	if r.gone != nil {
		return r.gone
	}
	return err
}

func (r *run) dispatch() error {
	switch {
	case r.statement.Insert != nil:
		return r.insert()
	case r.statement.Selects():
		return r.selects()
	}
	return r.whole()
}

// allowed refuses what this server does not take, or not from this user.
func (r *run) allowed() error {
	if r.statement.Insert != nil && r.Guard == nil {
		return nil
	}
	class, statements := r.engine.Classify(r.statement.Text)
	if statements > 1 {
		return &chdb.Error{Code: chdb.CodeSyntaxError, Message: "Multi-statements are not allowed (SYNTAX_ERROR)"}
	}
	if r.statement.Selects() && class == chdb.Control {
		return &chdb.Error{Code: chdb.CodeNotImplemented, Message: "INTO OUTFILE is not supported by this server (NOT_IMPLEMENTED)"}
	}
	if r.Guard != nil {
		return r.guarded(class)
	}
	return nil
}

// wait lets the engine work while the client hears that it does. With watched,
// the client's next packet is looked at too, which is possible only where none
// of its data is outstanding.
func (r *run) wait(watched bool, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	r.ticker.Reset(heartbeat)
	var coming chan arrival
	if watched {
		coming = r.ahead()
	}
	cancelled := false
	for {
		select {
		case err := <-done:
			return err
		case packet := <-coming:
			coming = nil
			cancelled = r.look(packet) || cancelled
		case <-r.stop.Done():
			cancelled, r.gone = true, errGone
		case <-r.ticker.C:
			if err := r.answer(r.writer.Progress); err != nil {
				cancelled, r.gone = true, err
			}
		}
		if cancelled {
			return r.killUntil(done)
		}
	}
}

// look decides on a packet that came while a statement ran; true means cancel.
func (r *run) look(packet arrival) bool {
	if packet.err == nil && packet.code != native.Cancel {
		again := make(chan arrival, 1)
		again <- packet
		r.coming = again
		return false
	}
	r.coming = nil
	r.gone = packet.err
	return true
}

// killUntil kills the statement again and again, because the engine may not
// have begun with it at the first time.
func (r *run) killUntil(done chan error) error {
	for {
		r.Kill(r.Tag)
		select {
		case err := <-done:
			return cancelled(err)
		case <-time.After(heartbeat):
		}
	}
}

func cancelled(err error) error {
	if err == nil {
		return &chdb.Error{Code: chdb.CodeQueryWasCancelled, Message: "Query was cancelled (QUERY_WAS_CANCELLED)"}
	}
	return err
}

// isException tells failures that the client hears from those that end the connection.
func isException(err error) bool {
	var exception *chdb.Error
	return errors.As(err, &exception)
}
