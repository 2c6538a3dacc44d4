package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
)

// listeners are the ports of `up` that are held from the start, so that a port
// in use is found before anything else starts.
type listeners struct {
	otlpHTTP, otlpGRPC, web, metrics net.Listener
}

// takePorts listens where the settings say, or on free ports: the same as at
// the last start where they are free again.
func (u *up) takePorts(_ context.Context, m *mode) error {
	c := &m.config
	remembered := u.data.path("ports.json")
	if u.autoPorts {
		ports := readPorts(remembered)
		taken := map[int]bool{}
		for name, address := range c.addresses() {
			port := freePort(ports[name], taken)
			taken[port] = true
			*address = net.JoinHostPort("127.0.0.1", fmt.Sprint(port))
		}
	}
	for _, l := range []struct {
		setting  string
		address  *string
		listener *net.Listener
	}{
		{"listen.otlp_http", &c.Listen.OTLPHTTP, &u.listeners.otlpHTTP},
		{"listen.otlp_grpc", &c.Listen.OTLPGRPC, &u.listeners.otlpGRPC},
		{"listen.web", &c.Listen.Web, &u.listeners.web},
		{"listen.metrics", &c.Listen.Metrics, &u.listeners.metrics},
	} {
		listener, err := m.listen(l.setting, *l.address)
		if err != nil {
			return err
		}
		*l.address, *l.listener = listener.Addr().String(), listener
	}
	if u.autoPorts {
		return writePorts(remembered, c.addresses())
	}
	return nil
}

// addresses are all addresses that `up` serves, by the name they are
// remembered under.
func (c *Config) addresses() map[string]*string {
	return map[string]*string{
		"otlp_http": &c.Listen.OTLPHTTP, "otlp_grpc": &c.Listen.OTLPGRPC, "web": &c.Listen.Web, "metrics": &c.Listen.Metrics,
		"kafka": &c.Kafka.Brokers[0], "clickhouse": &c.ClickHouse.Addr[0],
	}
}

// Free ports are looked for below those that systems give to outgoing
// connections: of the latter one may be gone before a part listens on it.
const (
	firstFreePort = 20000
	freePorts     = 10000
	freePortTries = 100
)

// freePort returns the wanted port when it is free, else another one; 0 where
// none was found.
func freePort(wanted int, taken map[int]bool) int {
	port := wanted
	for range freePortTries {
		if port != 0 && !taken[port] && isFree(port) {
			return port
		}
		port = firstFreePort + rand.IntN(freePorts)
	}
	return 0
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func readPorts(path string) map[string]int {
	ports := map[string]int{}
	if b, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(b, &ports)
	}
	return ports
}

func writePorts(path string, addresses map[string]*string) error {
	ports := map[string]int{}
	for name, address := range addresses {
		port, err := portOf(name, *address)
		if err != nil {
			return err
		}
		ports[name] = port
	}
	b, err := json.Marshal(ports)
	if err != nil {
		return err
	}
	return writeFileAtomic(path, append(b, '\n'), 0o600)
}
