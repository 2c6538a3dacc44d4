package receiver

import (
	"net"
	"sync"
)

// limit bounds the connections of a listener, in all and of one address. What
// is over the bound is closed at once: senders come back, and those that are
// served are not slowed down.
func (f *Front) limit(l net.Listener) net.Listener {
	return &limitedListener{Listener: l, config: &f.config, refused: f.metrics.connectionsRefused.Inc, of: map[string]int{}}
}

type limitedListener struct {
	net.Listener
	config  *Config
	refused func()

	mu  sync.Mutex
	all int
	of  map[string]int
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address := hostOf(c.RemoteAddr())
		if l.enter(address) {
			return &limitedConn{Conn: c, leave: func() { l.leave(address) }}, nil
		}
		l.refused()
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

func (l *limitedListener) enter(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= l.config.MaxConnections || l.of[address] >= l.config.MaxConnectionsPerAddress {
		return false
	}
	l.all++
	l.of[address]++
	return true
}

func (l *limitedListener) leave(address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.of[address]--; l.of[address] == 0 {
		delete(l.of, address)
	}
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
