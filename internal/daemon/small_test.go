package daemon

import (
	"net/netip"
	"testing"

	"github.com/xvrrp/xvrrp/internal/config"
)

func TestBroadcast(t *testing.T) {
	for _, c := range []struct {
		prefix string
		mode   config.Broadcast
		given  string
		want   string
	}{
		{"10.1.1.200/24", config.BroadcastGiven, "10.1.1.255", "10.1.1.255"},
		{"10.1.1.200/24", config.BroadcastHostOnes, "", "10.1.1.255"},
		{"10.1.1.200/20", config.BroadcastHostOnes, "", "10.1.15.255"},
		{"10.1.1.200/24", config.BroadcastHostZeros, "", "10.1.1.0"},
		{"10.1.1.200/32", config.BroadcastHostOnes, "", "10.1.1.200"},
		{"10.1.1.200/0", config.BroadcastHostOnes, "", "255.255.255.255"},
		{"10.1.1.200/24", config.BroadcastNone, "", ""},
		{"2001:db8::1/64", config.BroadcastHostOnes, "", ""},
	} {
		a := config.Address{Prefix: netip.MustParsePrefix(c.prefix), BroadcastMode: c.mode}
		if c.given != "" {
			a.Broadcast = netip.MustParseAddr(c.given)
		}
		got := broadcast(a)
		if c.want == "" && got.IsValid() || c.want != "" && got != netip.MustParseAddr(c.want) {
			t.Errorf("%s mode %v: %v, want %q", c.prefix, c.mode, got, c.want)
		}
	}
}

// Two runtime directories never give one name on the bpffs.
func TestPinNames(t *testing.T) {
	seen := map[string]string{}
	for _, path := range []string{"/run/xvrrp", "/run/xvrrp/", "/run-xvrrp", "/run/x.vrrp", "/run/x_2evrrp", "/run/xvrrp1", "/run/xvrrp.1", "/Run/xvrrp"} {
		name := pinName(path)
		for _, c := range name {
			if c == '.' || c == '/' {
				t.Errorf("%s: %q has a character that bpffs refuses", path, name)
			}
		}
		if other, ok := seen[name]; ok {
			t.Errorf("%s and %s are both %s", path, other, name)
		}
		seen[name] = path
	}
}
