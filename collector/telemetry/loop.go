package telemetry

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// lookupTimeout bounds the question which addresses a name has. A name that
// cannot be resolved now is let through: what is exported is marked, so that a
// collector knows its own.
const lookupTimeout = 2 * time.Second

// RefuseLoop returns an error where the endpoint is one of the addresses on which
// the collector itself takes telemetry.
func (c Config) RefuseLoop(listens ...string) error {
	if !c.Enabled() {
		return nil
	}
	endpoint, err := c.endpoint()
	if err != nil {
		return err
	}
	for _, listen := range listens {
		host, port, err := net.SplitHostPort(listen)
		if err != nil || port != portOf(endpoint) || !meet(addresses(endpoint.Hostname()), addresses(host), localAddresses()) {
			continue
		}
		return fmt.Errorf("endpoint: port %s of this machine is where this collector itself takes telemetry; name another collector, or leave the setting empty", port)
	}
	return nil
}

func portOf(endpoint *url.URL) string {
	switch {
	case endpoint.Port() != "":
		return endpoint.Port()
	case endpoint.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// addresses returns those of a host, which may be a name, an address or nothing
// for all of this machine.
func addresses(host string) []netip.Addr {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" {
		return []netip.Addr{netip.IPv4Unspecified()}
	}
	if literal, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{bare(literal)}
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return []netip.Addr{loopback}
	}
	if own, err := os.Hostname(); err == nil && strings.EqualFold(host, own) {
		return localAddresses()
	}
	return resolved(host)
}

func resolved(host string) []netip.Addr {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	found, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i, a := range found {
		found[i] = bare(a)
	}
	return found
}

func localAddresses() []netip.Addr {
	local := []netip.Addr{loopback}
	interfaces, _ := net.InterfaceAddrs()
	for _, a := range interfaces {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			local = append(local, bare(prefix.Addr()))
		}
	}
	return local
}

// bare leaves out what writes one address in several ways.
func bare(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// meet says whether a connection to one of the addresses there ends at a
// listener here. All addresses of the loopback count as one, and the unspecified
// address is reached over it.
func meet(there, here, local []netip.Addr) bool {
	for _, t := range there {
		for _, h := range here {
			switch {
			case t == h,
				nearby(t) && nearby(h),
				h.IsUnspecified() && slices.Contains(local, t):
				return true
			}
		}
	}
	return false
}

func nearby(a netip.Addr) bool { return a.IsLoopback() || a.IsUnspecified() }
