package native

import (
	"errors"
	"io"
)

// Code is the first number of a packet from a client.
type Code byte

// Packets of a client.
const (
	Hello               Code = 0
	Query               Code = 1
	Data                Code = 2
	Cancel              Code = 3
	Ping                Code = 4
	TablesStatusRequest Code = 5
	Scalar              Code = 7
)

// Limits of packets, in bytes unless said otherwise.
const (
	helloTextLimit = 4 << 10
	infoTextLimit  = 64 << 10
	valueLimit     = 1 << 20
	queryLimit     = 64 << 20
	settingsLimit  = 1000 // settings
	tablesLimit    = 1000 // tables
)

// Interserver is the user of a hello from another server of a cluster.
const Interserver = " INTERSERVER SECRET "

// HelloPacket is the first packet of a client.
type HelloPacket struct {
	Client                   string
	Major, Minor, Revision   uint64
	Database, User, Password string
}

// Setting is one setting of a query.
type Setting struct {
	Name, Value string
	// Important says that a server which does not know it must refuse the query.
	Important bool
}

// QueryPacket is a statement and how it is to be run.
type QueryPacket struct {
	ID         string
	Settings   []Setting
	Compressed bool
	Text       string
}

// Code reads the kind of the next packet; io.EOF where the client has gone.
func (r *Reader) Code() (Code, error) {
	first, err := r.raw.ReadByte()
	if err != nil {
		return 0, err
	}
	if first >= 0x80 {
		return 0, malformed("packet 0x%02x", first)
	}
	return Code(first), nil
}

// Name reads the name before a block of data or a scalar.
func (r *Reader) Name() (string, error) {
	return readString(r.raw, nameLimit)
}

// Hello reads a hello after its code.
func (r *Reader) Hello() (hello HelloPacket, err error) {
	f := fields{from: r.raw}
	hello.Client = f.text(helloTextLimit)
	hello.Major, hello.Minor, hello.Revision = f.number(), f.number(), f.number()
	hello.Database, hello.User, hello.Password = f.text(helloTextLimit), f.text(helloTextLimit), f.text(helloTextLimit)
	return hello, f.err
}

// Query reads a query after its code, up to the data that may follow it.
func (r *Reader) Query() (query QueryPacket, err error) {
	f := fields{from: r.raw}
	query.ID = f.text(infoTextLimit)
	f.clientInfo()
	query.Settings = f.settings()
	f.text(infoTextLimit) // hash of the secret between servers
	f.number()            // stage
	compression := f.number()
	query.Text = f.text(queryLimit)
	if f.err == nil && compression > 1 {
		return query, malformed("compression %d", compression)
	}
	query.Compressed = compression == 1
	return query, f.err
}

// TablesStatusRequest reads the tables, as database and name, that another
// server asks about.
func (r *Reader) TablesStatusRequest() ([][2]string, error) {
	f := fields{from: r.raw}
	count := f.number()
	if count > tablesLimit {
		return nil, malformed("%d tables, limit %d", count, tablesLimit)
	}
	var tables [][2]string
	for i := uint64(0); i < count && f.err == nil; i++ {
		tables = append(tables, [2]string{f.text(nameLimit), f.text(nameLimit)})
	}
	return tables, f.err
}

// fields reads one value after the other and keeps the first error.
type fields struct {
	from source
	err  error
}

func (f *fields) text(limit uint64) (value string) {
	if f.err == nil {
		value, f.err = readString(f.from, limit)
	}
	return value
}

func (f *fields) number() (value uint64) {
	if f.err == nil {
		value, f.err = readUvarint(f.from)
	}
	return value
}

func (f *fields) byte() (value byte) {
	if f.err == nil {
		value, f.err = readByte(f.from)
	}
	return value
}

func (f *fields) skip(count int64) {
	if f.err == nil {
		f.err = skip(f.from, count)
	}
}

// clientInfo passes over who asks; nothing of it is needed.
func (f *fields) clientInfo() {
	if kind := f.byte(); kind == 0 {
		return
	}
	for range 3 { // initial user, query id, address
		f.text(infoTextLimit)
	}
	f.skip(8) // start of the initial query
	via := f.byte()
	f.interfaceInfo(via)
	f.text(infoTextLimit) // quota key
	f.number()            // distributed depth
	if via == 1 {
		f.number() // patch
	}
	if f.byte() == 1 {
		f.skip(24) // trace and span
		f.text(infoTextLimit)
		f.byte()
	}
	for range 3 { // parallel replicas
		f.number()
	}
}

func (f *fields) interfaceInfo(via byte) {
	switch via {
	case 1: // TCP: operating system's user, host, client, version and revision
		for range 3 {
			f.text(infoTextLimit)
		}
		for range 3 {
			f.number()
		}
	case 2: // HTTP: method, agent, forwarded for, referrer
		f.byte()
		for range 3 {
			f.text(infoTextLimit)
		}
	}
}

func (f *fields) settings() (settings []Setting) {
	for f.err == nil {
		name := f.text(infoTextLimit)
		if name == "" {
			return settings
		}
		if len(settings) >= settingsLimit {
			f.err = malformed("more than %d settings", settingsLimit)
			return nil
		}
		flags := f.number()
		settings = append(settings, Setting{Name: name, Value: f.text(valueLimit), Important: flags&1 != 0})
	}
	return nil
}

// Gone tells whether an error means that the peer left, which is no fault.
func Gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
