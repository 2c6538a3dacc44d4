package receiver

import (
	"net"
	"sync"
)

// connections bounds the connections of all listeners, in all and of one
// address. What is over the bound is closed at once: senders come back, and those
// that are served are not slowed down.
type connections struct {
	most, mostOfOne int
	refused         func()

	mu  sync.Mutex
	all int
	of  map[string]int
}

func newConnections(config Config, refused func()) *connections {
	return &connections{most: config.MaxConnections, mostOfOne: config.MaxConnectionsPerAddress, refused: refused, of: map[string]int{}}
}

func (c *connections) enter(address string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most || c.of[address] >= c.mostOfOne {
		return false
	}
	c.all++
	c.of[address]++
	return true
}

func (c *connections) leave(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[address]--; c.of[address] == 0 {
		delete(c.of, address)
	}
}

// limit bounds the connections of a listener.
func (f *Front) limit(l net.Listener) net.Listener { return &limitedListener{l, f.connections} }

type limitedListener struct {
	net.Listener
	connections *connections
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := hostOf(c.RemoteAddr())
		if l.connections.enter(address) {
			return &limitedConn{Conn: c, leave: func() { l.connections.leave(address) }}, nil
		}
		l.connections.refused()
		c.Close()
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

type limitedConn struct {
	net.Conn
	once  sync.Once
	leave func()
}

func (c *limitedConn) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}
