package main

import (
	"context"
	"encoding/json"
	"fmt"
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
		for name, address := range c.addresses() {
			*address = net.JoinHostPort("127.0.0.1", fmt.Sprint(freePort(ports[name])))
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

// freePort returns the wanted port when it is free, else another one.
func freePort(wanted int) int {
	for _, port := range []int{wanted, 0} {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(port)))
		if err == nil {
			defer l.Close()
			return l.Addr().(*net.TCPAddr).Port
		}
	}
	return 0
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
