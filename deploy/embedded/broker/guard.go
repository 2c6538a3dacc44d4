package broker

import (
	"encoding/binary"
	"errors"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// errNotKafka closes a connection whose bytes are no Kafka request.
var errNotKafka = errors.New("not a kafka request")

// maxRequestBytes is more than any client of ours sends at once.
const maxRequestBytes = 32 << 20

// headBytes is the length of a request, without itself, and its key.
const headBytes = 6

// listenGuarded listens for connections that are looked at before kfake reads
// them: it trusts the length and the key of a request, so a browser or a port
// scanner could have it allocate gigabytes, or end the process.
func listenGuarded(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return guardedListener{listener}, nil
}

type guardedListener struct{ net.Listener }

func (l guardedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &guardedConn{Conn: conn}, nil
}

// guardedConn follows the requests in what is read.
type guardedConn struct {
	net.Conn
	head [headBytes]byte
	// seen counts the bytes of the head that came, rest those of the body that
	// are still to come.
	seen, rest int
}

func (c *guardedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if follow := c.follow(b[:n]); follow != nil {
		return 0, follow
	}
	return n, err
}

func (c *guardedConn) follow(b []byte) error {
	for len(b) > 0 {
		if c.seen < headBytes {
			n := copy(c.head[c.seen:], b)
			c.seen, b = c.seen+n, b[n:]
			if err := c.check(); err != nil {
				return err
			}
			continue
		}
		n := min(c.rest, len(b))
		c.rest, b = c.rest-n, b[n:]
		if c.rest == 0 {
			c.seen = 0
		}
	}
	return nil
}

// check looks at the length as soon as it is there, and at the key.
func (c *guardedConn) check() error {
	if c.seen < 4 {
		return nil
	}
	size := binary.BigEndian.Uint32(c.head[:])
	if size < 8 || size > maxRequestBytes {
		return errNotKafka
	}
	if c.seen < headBytes {
		return nil
	}
	if kmsg.RequestForKey(int16(binary.BigEndian.Uint16(c.head[4:]))) == nil {
		return errNotKafka
	}
	c.rest = int(size) - (headBytes - 4)
	return nil
}
