// Package server accepts the clients of the engine: it bounds their number and
// the time of their handshake, checks who they are, and gives each a session.
//
// It promises: a client beyond the bound, one with a wrong password and one
// that asks for an unknown database hear so as exceptions of ClickHouse; a
// broken client harms nobody else; Stop ends running statements and returns
// when every session is closed.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/chdb"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/native"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/session"
	"github.com/uptake-telemetry/uptake/cmd/uptake-engine/internal/statement"
)

const (
	handshakeLimit = 10 * time.Second
	// refusals is how many clients beyond the bound are told why at a time;
	// those beyond that too are closed without a word.
	refusals     = 16
	refusalLimit = time.Second
)

// Config is what a server needs.
type Config struct {
	Listener       net.Listener
	Engine         *Engine
	Users          Users
	MaxConnections int
	// ReadonlyTables are what users who may only read may read, as
	// database.table; none at all means every table.
	ReadonlyTables []string
	Logger         *slog.Logger
}

// Server serves the clients of one listener.
type Server struct {
	Config
	places   chan struct{}
	refusing chan struct{}
	mutex    sync.Mutex
	open     map[net.Conn]struct{}
	sessions sync.WaitGroup
	number   int
}

// New makes a server; Run starts it.
func New(config Config) *Server {
	return &Server{
		Config:   config,
		places:   make(chan struct{}, config.MaxConnections),
		refusing: make(chan struct{}, refusals),
		open:     map[net.Conn]struct{}{},
	}
}

// Run accepts clients until ctx ends, then ends their statements and closes
// their connections. It returns when all sessions are closed or after limit.
func (s *Server) Run(ctx context.Context, limit time.Duration) error {
	stopListening := context.AfterFunc(ctx, func() { s.Listener.Close() })
	defer stopListening()
	for {
		connection, err := s.Listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				connection.Close()
			}
			return s.drain(limit)
		}
		if err != nil {
			// Out of descriptors, most likely: what is open goes on.
			s.Logger.Warn("could not accept a client", "error", err)
			time.Sleep(100 * time.Millisecond)
			continue
		}
		s.place(ctx, connection)
	}
}

// place starts the client's session, or tells it that there is no room.
func (s *Server) place(ctx context.Context, connection net.Conn) {
	select {
	case s.places <- struct{}{}:
		s.start(connection, func(tag string) {
			defer func() { <-s.places }()
			s.serve(ctx, connection, tag)
		})
		return
	default:
	}
	select {
	case s.refusing <- struct{}{}:
		s.start(connection, func(string) {
			defer func() { <-s.refusing }()
			s.refuse(connection)
		})
	default:
		connection.Close()
	}
}

func (s *Server) start(connection net.Conn, work func(tag string)) {
	s.mutex.Lock()
	s.open[connection] = struct{}{}
	s.number++
	tag := "uptake-session:" + strconv.Itoa(s.number) + ";"
	s.mutex.Unlock()
	s.sessions.Go(func() {
		defer s.close(connection)
		work(tag)
	})
}

func (s *Server) close(connection net.Conn) {
	s.mutex.Lock()
	delete(s.open, connection)
	s.mutex.Unlock()
	connection.Close()
}

// refuse reads the hello first: an answer to a client that still has to be
// heard would be lost with the connection.
func (s *Server) refuse(connection net.Conn) {
	connection.SetDeadline(time.Now().Add(refusalLimit))
	reader := native.NewReader(connection)
	if code, err := reader.Code(); err != nil || code != native.Hello {
		return
	}
	if _, err := reader.Hello(); err != nil {
		return
	}
	s.exception(native.NewWriter(connection), &chdb.Error{
		Code:    chdb.CodeTooManyConnections,
		Message: fmt.Sprintf("Too many connections, maximum %d (TOO_MANY_SIMULTANEOUS_QUERIES)", s.MaxConnections),
	})
}

func (s *Server) exception(writer *native.Writer, exception *chdb.Error) {
	if writer.Exception(exception.Code, exception.Message) == nil {
		writer.Flush()
	}
}

func (s *Server) serve(ctx context.Context, connection net.Conn, tag string) {
	connection.SetDeadline(time.Now().Add(handshakeLimit))
	reader, writer := native.NewReader(connection), native.NewWriter(connection)
	hello, user, err := s.greet(reader)
	if err != nil {
		s.fail(writer, err)
		return
	}
	client, err := session.New(session.Config{
		Connection: connection,
		Connect:    s.Engine.Connect,
		Kill:       s.kill,
		Tag:        tag,
		Database:   hello.Database,
		Guard:      s.guard(user),
		Logger:     s.Logger,
	}, reader, writer)
	if err != nil {
		s.fail(writer, err)
		return
	}
	err = s.welcome(writer)
	connection.SetDeadline(time.Time{})
	if err == nil {
		err = client.Run(ctx)
	} else {
		client.Close()
	}
	if err != nil {
		s.Logger.Warn("closed the connection of a client", "user", user.Name, "error", err)
	}
}

func (s *Server) guard(user User) *statement.Guard {
	if !user.Readonly {
		return nil
	}
	return &statement.Guard{Tables: s.ReadonlyTables, TableFunctions: s.Engine.TableFunctions}
}

// fail tells a client why it cannot have a session, as far as it would understand.
func (s *Server) fail(writer *native.Writer, err error) {
	var exception *chdb.Error
	if errors.As(err, &exception) {
		s.exception(writer, exception)
		return
	}
	if !native.Gone(err) {
		s.Logger.Warn("could not open a session", "error", err)
	}
}

func (s *Server) kill(tag string) {
	if err := s.Engine.Kill(tag); err != nil {
		s.Logger.Warn("could not cancel a statement", "error", err)
	}
}

// drain closes all connections; their sessions end their statements by then.
func (s *Server) drain(limit time.Duration) error {
	ended := make(chan struct{})
	go func() {
		s.sessions.Wait()
		close(ended)
	}()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	s.closeAll()
	select {
	case <-ended:
		return nil
	case <-timeout.C:
		return fmt.Errorf("sessions did not end within %s", limit)
	}
}

func (s *Server) closeAll() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for connection := range s.open {
		connection.Close()
	}
}
