package telemetry

import (
	"net/netip"
	"os"
	"strings"
	"testing"
)

func TestAnEndpointThatIsTheCollectorIsRefused(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		endpoint, listen string
		own              bool
	}{
		{"http://127.0.0.1:4318", "127.0.0.1:4318", true},
		{"http://127.0.0.1:4318/base", "127.0.0.1:4318", true},
		{"http://localhost:4318", "127.0.0.1:4318", true},
		{"http://LocalHost.:4318", "[::1]:4318", true},
		{"http://here.localhost:4318", "127.0.0.1:4318", true},
		{"http://0.0.0.0:4318", "127.0.0.1:4318", true},
		{"http://[::]:4318", "127.0.0.1:4318", true},
		{"http://[::1]:4318", "0.0.0.0:4318", true},
		{"http://[::ffff:127.0.0.1]:4318", ":4318", true},
		{"http://127.0.0.1:4318", "[::]:4318", true},
		{"http://127.0.0.1:4318", "localhost:4318", true},
		{"http://" + name + ":4318", "0.0.0.0:4318", true},
		{"http://" + name + ":4318", ":4318", true},
		{"http://localhost", ":80", true},
		{"https://localhost", ":443", true},
		{"http://127.0.0.1:4319", "127.0.0.1:4318", false},
		{"https://localhost", ":80", false},
		{"http://192.0.2.7:4318", "0.0.0.0:4318", false},
		{"http://127.0.0.1:4318", "192.0.2.7:4318", false},
		{"http://192.0.2.7:4318", "192.0.2.7:4318", true},
	} {
		err := Config{Endpoint: tt.endpoint}.RefuseLoop("127.0.0.1:1", tt.listen)
		if (err != nil) != tt.own || tt.own && !strings.HasPrefix(err.Error(), "endpoint: ") {
			t.Errorf("%s at %s: got %v", tt.endpoint, tt.listen, err)
		}
	}
}

func TestAnAddressOfTheMachineIsTheCollectorThatListensOnAll(t *testing.T) {
	machine, elsewhere := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.8")
	local, all := []netip.Addr{loopback, machine}, []netip.Addr{netip.IPv4Unspecified()}
	if !meet([]netip.Addr{elsewhere, machine}, all, local) {
		t.Error("an address of the machine is let through")
	}
	if meet([]netip.Addr{elsewhere}, all, local) {
		t.Error("another machine is refused")
	}
}
