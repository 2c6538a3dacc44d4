// Package session serves one client: it reads its packets, runs its statements
// on a session of the engine that is its own, and answers.
//
// It promises: an exception of the engine reaches the client with its code and
// leaves the connection usable; a cancel, a closed socket and a stop of the
// server end the running statement; a waiting client hears a progress packet
// ten times a second; settings sent with a statement count for that statement.
package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/statement"
)

const (
	// heartbeat is short enough for a client's own time-outs and for cancels
	// of distributed queries, which need a sign of life to be noticed.
	heartbeat = 100 * time.Millisecond
	// idleLimit closes connections that nobody uses.
	idleLimit = time.Hour
	// writeLimit closes connections whose client takes nothing in.
	writeLimit = 5 * time.Minute
)

// Config is what a session needs.
type Config struct {
	Connection net.Conn
	// Connect opens a session inside the engine.
	Connect func(arguments ...string) (*chdb.Conn, error)
	// Kill ends the statements of the engine's session with the tag.
	Kill func(tag string)
	// Tag names the session inside the engine; it is unique in the process.
	Tag string
	// Database is the one that unqualified names mean at first.
	Database string
	// Guard is set for a user who may only read, and says what.
	Guard  *statement.Guard
	Logger *slog.Logger
}

// Session is a client that has shown who it is.
type Session struct {
	Config
	reader *native.Reader
	writer *native.Writer
	engine *chdb.Conn
	// changed are the settings in force that are not the session's own.
	changed map[string]string
	// coming is the code of the next packet, read ahead while a statement runs.
	coming chan arrival
	ticker *time.Ticker
	// stop ends when the server does.
	stop context.Context
}

type arrival struct {
	code native.Code
	err  error
}

// errGone ends a session whose client left.
var errGone = errors.New("client gone")

// New opens the session inside the engine. The error is the client's to hear.
func New(config Config, reader *native.Reader, writer *native.Writer) (*Session, error) {
	s := &Session{Config: config, reader: reader, writer: writer, changed: map[string]string{}}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Session) open() (err error) {
	arguments := []string{"--log_comment=" + s.Tag}
	for name, value := range Base {
		arguments = append(arguments, "--"+name+"="+value)
	}
	if s.Guard != nil {
		arguments = append(arguments, "--readonly=2")
	}
	if s.engine, err = s.Connect(arguments...); err != nil {
		return err
	}
	err = s.narrow()
	if err == nil && s.Database != "" && s.Database != "default" {
		err = s.engine.Exec("USE " + quoteName(s.Database))
	}
	if err != nil {
		s.engine.Close()
	}
	return err
}

// Close ends the engine's session where Run is not called.
func (s *Session) Close() {
	s.engine.Close()
}

// Run serves the client until it leaves, breaks the protocol or stop ends. The
// engine's session is closed then; the connection is the caller's to close.
func (s *Session) Run(stop context.Context) error {
	s.stop = stop
	s.ticker = time.NewTicker(heartbeat)
	s.ticker.Stop()
	defer s.Close()
	for {
		s.Connection.SetReadDeadline(time.Now().Add(idleLimit))
		packet := s.await()
		if packet.err != nil {
			return ending(packet.err)
		}
		if err := s.serve(packet.code); err != nil {
			return ending(err)
		}
	}
}

// ending tells faults of a client from its leaving.
func ending(err error) error {
	if native.Gone(err) || errors.Is(err, errGone) || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// await gives the code of the next packet.
func (s *Session) await() arrival {
	coming := s.ahead()
	select {
	case packet := <-coming:
		s.coming = nil
		return packet
	case <-s.stop.Done():
		return arrival{err: errGone}
	}
}

// ahead reads the code of the next packet in the background. Nobody else may
// read until it has come.
func (s *Session) ahead() chan arrival {
	if s.coming == nil {
		s.coming = make(chan arrival, 1)
		go func(coming chan arrival) {
			code, err := s.reader.Code()
			coming <- arrival{code, err}
		}(s.coming)
	}
	return s.coming
}

func (s *Session) serve(code native.Code) error {
	switch code {
	case native.Ping:
		return s.answer(s.writer.Pong)
	case native.Query:
		return s.query()
	case native.TablesStatusRequest:
		tables, err := s.reader.TablesStatusRequest()
		if err != nil {
			return err
		}
		return s.answer(func() error { return s.writer.TablesStatus(tables) })
	case native.Cancel: // what it meant is over already
		return nil
	case native.Data: // the rest of an INSERT that failed before its data came
		return s.dropData()
	}
	return fmt.Errorf("%w: code %d", native.ErrMalformed, code)
}

func (s *Session) deadline() {
	s.Connection.SetWriteDeadline(time.Now().Add(writeLimit))
}

// answer writes one packet and sends it.
func (s *Session) answer(write func() error) error {
	s.deadline()
	if err := write(); err != nil {
		return err
	}
	return s.writer.Flush()
}

func (s *Session) dropData() error {
	if _, err := s.reader.Name(); err != nil {
		return err
	}
	return fmt.Errorf("%w: data without a query", native.ErrMalformed)
}

// query runs one statement and answers with its end or its exception.
func (s *Session) query() error {
	s.Connection.SetReadDeadline(time.Now().Add(writeLimit))
	query, err := s.reader.Query()
	if err != nil {
		return err
	}
	r := &run{Session: s, query: query, statement: statement.Parse(query.Text)}
	err = r.do()
	s.ticker.Stop()
	var exception *chdb.Error
	switch {
	case err == nil:
		return s.answer(s.writer.EndOfStream)
	case errors.As(err, &exception):
		return s.answer(func() error { return s.writer.Exception(exception.Code, s.withoutHints(exception.Message)) })
	}
	return err
}
