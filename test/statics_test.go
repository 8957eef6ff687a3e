package test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// trackedStatics is an instance bound to a static address, a route and a rule, beside one that is not.
const trackedStatics = `global_defs {
    dynamic_interfaces allow_if_changes
}
track_group G {
    group {
        VI_1
    }
}
static_ipaddress {
    10.8.1.1/24 dev eth1 track_group G
    10.8.2.1/24 dev eth1
}
static_routes {
    10.70.0.0/16 via 10.8.1.9 dev eth1 track_group G
    2001:db8:70::/48 dev eth1
}
static_rules {
    from 10.8.1.1 table 70 preference 700 track_group G
}
`

// TestTrackGroup: static entries stand in every state and are put back when somebody deletes them, without a fault. While
// one that names a track_group cannot be put back, its instances are in FAULT, and no other.
func TestTrackGroup(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.b.xvrrp(fast("VI_1", 100, unhurried))
	wire := l.Switch("lan1")
	l.a.second(wire, "10.8.0.1/24")
	other := strings.NewReplacer("VI_1", "VI_2", "virtual_router_id 99", "virtual_router_id 52", fastVIP, "10.9.1.99").Replace(fast("VI_1", 200, unhurried))
	instances := fast("VI_1", 200, unhurried) + other
	p := l.a.xvrrp(trackedStatics + instances)
	l.owned(fastVIP, "a", patience)
	stands := func() {
		t.Helper()
		testnet.Eventually(t, patience, func() error {
			for _, c := range []struct{ command, line string }{
				{"address show", "inet 10.8.1.1/24"}, {"address show", "inet 10.8.2.1/24"},
				{"route show", "10.70.0.0/16 via 10.8.1.9"}, {"-6 route show", "2001:db8:70::/48 dev eth1"}, {"rule show", "from 10.8.1.1 lookup 70"},
			} {
				if out := l.a.Run("ip", strings.Fields(c.command)...); !strings.Contains(out, c.line) {
					return fmt.Errorf("ip %s does not show %s:\n%s", c.command, c.line, out)
				}
			}
			return nil
		})
	}
	stands()
	for _, what := range []string{"address del 10.8.1.1/24 dev eth1", "route del 10.70.0.0/16", "rule del preference 700"} {
		l.a.Run("ip", strings.Fields(what)...)
		stands()
	}
	if strings.Contains(p.Output(), "FAULT") {
		t.Error("what was put back was a fault meanwhile")
	}
	for range 2 { // the second time it is told as the first
		if err := l.a.Netlink().LinkDel(l.a.Link("eth1")); err != nil {
			t.Fatal(err)
		}
		l.a.withFaults("VI_1", "track_group G")
		l.owned(fastVIP, "b", patience)
		l.a.is("VI_2", "MASTER")
		l.a.second(wire, "10.8.0.1/24")
		l.a.is("VI_1", "MASTER")
		l.owned(fastVIP, "a", patience)
		stands()
	}
	// A rule or route alone is enough, and a file without the group ends the fault.
	l.a.set("eth1", "down")
	l.a.withFaults("VI_1", "track_group G")
	l.a.write("keepalived.conf", strings.ReplaceAll(trackedStatics, " track_group G\n", "\n")+instances)
	p.Signal(syscall.SIGHUP)
	l.a.is("VI_1", "MASTER")
	l.a.set("eth1", "up")
	stands()
	l.a.write("keepalived.conf", instances)
	p.Signal(syscall.SIGHUP)
	testnet.Eventually(t, patience, func() error {
		if got := l.a.holdings(); len(got.rules) > 0 || len(got.routes) > 0 || l.a.Has("10.8.1.1") || l.a.Has("10.8.2.1") {
			return fmt.Errorf("static entries that no file names: %+v", got)
		}
		return nil
	})
	l.stays(fastVIP, "a", 300*time.Millisecond)
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, l.a)
}
