package test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// chaosTime is how long a host is tormented, XVRRP_CHAOS_TIME another time, such as 10m. The seed is printed;
// XVRRP_CHAOS_SEED makes it the same again.
const chaosTime = 8 * time.Second

// chaotic is a host whose addresses, routes, rules and links change at random under its daemon, and what must be
// there when it is over.
type chaotic struct {
	*lan
	n       *node
	dice    *rand.Rand
	wire    *testnet.Switch // of eth1
	foreign map[string]bool // addresses on eth0 that are none of the daemon's
	log     []string
}

// chaosConf has addresses of both families on two interfaces, routes and rules.
func chaosConf(priority int) string {
	return fmt.Sprintf(`global_defs {
    dynamic_interfaces allow_if_changes
}
vrrp_instance VI_4 {
    interface eth0
    virtual_router_id 51
    version 3
    priority %[1]d
    advert_int 0.1
    garp_master_delay 1
    virtual_ipaddress {
        10.9.0.100/24 label eth0:vip
        10.9.0.101/24 brd 10.9.0.255
        10.9.1.100/32
        10.8.0.100/24 dev eth1
    }
    virtual_ipaddress_excluded {
        2001:db8::101/64
        2001:db8:8::101/64 dev eth1
    }
    virtual_routes {
        10.77.0.0/16 via 10.9.0.9 dev eth0 table 177
        10.78.0.0/16 dev eth0 table 177
        10.79.0.0/16 via 10.8.0.9 dev eth1
        2001:db8:77::/48 via 2001:db8::9 dev eth0
        blackhole 10.80.0.0/16
    }
    virtual_rules {
        from 10.9.0.100 lookup 177 preference 1000
        to 10.77.0.0/16 lookup 177 preference 1001
        from 2001:db8::101 lookup 177 preference 1002
    }
}
vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 51
    priority %[1]d
    advert_int 0.1
    virtual_ipaddress {
        fe80::100/64
        2001:db8::100/64
    }
}
xvrrp {
    stray_addresses remove
}
`, priority)
}

var chaosHoldings = holdings{
	addresses: []string{
		"eth0 10.9.0.100/24 eth0:vip", "eth0 10.9.0.101/24", "eth0 10.9.1.100/32", "eth1 10.8.0.100/24",
		"eth0 2001:db8::101/64", "eth1 2001:db8:8::101/64", "eth0 fe80::100/64", "eth0 2001:db8::100/64",
	},
	routes: []string{
		"10.77.0.0/16 via 10.9.0.9 dev eth0 table 177", "10.78.0.0/16 dev eth0 table 177", "10.79.0.0/16 via 10.8.0.9 dev eth1",
		"2001:db8:77::/48 via 2001:db8::9 dev eth0", "blackhole 10.80.0.0/16",
	},
	rules: []string{
		"1000: from 10.9.0.100 lookup 177", "1001: from all to 10.77.0.0/16 lookup 177", "1002: from 2001:db8::101 lookup 177",
	},
}

// A director under random blows holds exactly what it should when they end, as the master that it must be then and as the
// backup, and nothing of its own when it stops. What others added stays.
func TestChaos(t *testing.T) {
	for _, c := range []struct {
		name        string
		priority    int // the peer has 100
		want        holdings
		state       string
		owner, heir string
	}{{"master", 200, chaosHoldings, "MASTER", "a", "b"}, {"backup", 50, holdings{}, "BACKUP", "b", ""}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			x := newChaotic(t, l)
			l.b.second(x.wire, "10.8.0.2/24")
			l.c.second(x.wire, "10.8.0.9/24")
			l.b.xvrrp(chaosConf(100))
			l.owned("10.9.0.100", "b", patience)
			p := l.a.xvrrp(chaosConf(c.priority))
			l.owned("10.9.0.100", c.owner, patience)
			l.c.Start("ping", "-i", "0.2", "10.9.0.100") // so that the client's neighbour table has an entry to keep right
			witness := l.a.Start("ip", "-o", "monitor", "address")

			x.torment(chaosDuration(t))
			x.quiet()
			x.settles(c.state, c.want)
			l.owned("10.9.0.100", c.owner, patience)
			x.agrees(witness.Output(), c.want)
			x.rests(witness, c.state, c.want)
			l.knows("10.9.0.100", c.owner)

			if err := p.Stop(patience); err != nil {
				t.Error(err)
			}
			l.owned("10.9.0.100", "b", patience)
			x.holds(holdings{})
			nothingLeft(t, l.a)
		})
	}
}

func newChaotic(t *testing.T, l *lan) *chaotic {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("XVRRP_CHAOS_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("XVRRP_CHAOS_SEED: %v", err)
		}
	}
	t.Logf("XVRRP_CHAOS_SEED=%d", seed)
	x := &chaotic{lan: l, n: l.a, dice: rand.New(rand.NewPCG(seed, 7)), wire: l.Switch("lan1"), foreign: map[string]bool{}}
	l.a.second(x.wire, "10.8.0.1/24")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was done:\n%s", strings.Join(x.log, "\n"))
		}
	})
	return x
}

func chaosDuration(t *testing.T) time.Duration {
	text := os.Getenv("XVRRP_CHAOS_TIME")
	if text == "" {
		return chaosTime
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("XVRRP_CHAOS_TIME: %v", err)
	}
	return d
}

// second gives a node an interface eth1.
func (n *node) second(sw *testnet.Switch, prefix string) { sw.Connect(n.Host, "eth1", prefix) }

// settles waits until the daemon is in the state wanted, without a fault, and the kernel has exactly what is wanted.
func (x *chaotic) settles(state string, want holdings) {
	x.t.Helper()
	testnet.Eventually(x.t, patience, func() error {
		if err := x.n.inState(state, "VI_4", "VI_6"); err != nil {
			return err
		}
		return x.differs(want)
	})
}

// inState asks the daemon.
func (n *node) inState(state string, instances ...string) error {
	n.t.Helper()
	text, code := n.ask("status", "--json")
	var got struct {
		Instances []struct {
			Name, State string
			Faults      []string
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != 0 {
		return fmt.Errorf("status: exit %d, %v", code, err)
	}
	for _, name := range instances {
		found := false
		for _, in := range got.Instances {
			if in.Name == name {
				found = true
				if in.State != state || len(in.Faults) > 0 {
					return fmt.Errorf("%s is %s with faults %v, want %s", name, in.State, in.Faults, state)
				}
			}
		}
		if !found {
			return fmt.Errorf("status names no %s", name)
		}
	}
	return nil
}

// holds fails unless the kernel has exactly what is wanted.
func (x *chaotic) holds(want holdings) {
	x.t.Helper()
	if err := x.differs(want); err != nil {
		x.t.Error(err)
	}
}

// differs compares the kernel with what is wanted and with what others put there.
func (x *chaotic) differs(want holdings) error {
	want.addresses = append(slices.Clone(want.addresses), "eth0 "+x.n.ip+"/24", "eth1 10.8.0.1/24")
	for a := range x.foreign {
		want.addresses = append(want.addresses, "eth0 "+a)
	}
	return want.differ(x.n.holdings())
}

// rests sees to it that nothing comes and goes for a while when all is as it should be.
func (x *chaotic) rests(witness *testnet.Process, state string, want holdings) {
	x.t.Helper()
	before := witness.Output()
	time.Sleep(time.Second) // a time in which nothing shall happen
	for line := range strings.Lines(strings.TrimPrefix(witness.Output(), before)) {
		if !strings.Contains(line, "ff:fe") { // the kernel's own link-local addresses are late after a flap
			x.t.Errorf("addresses come and go although all is quiet: %s", line)
		}
	}
	if err := x.n.inState(state, "VI_4", "VI_6"); err != nil {
		x.t.Error(err)
	}
	x.holds(want)
}

// agrees replays what `ip monitor` saw of the virtual addresses: the last word on each must be what is wanted.
func (x *chaotic) agrees(seen string, want holdings) {
	x.t.Helper()
	last := map[string]bool{} // "eth0 10.9.0.100/24": stands
	for line := range strings.Lines(seen) {
		deleted := strings.HasPrefix(line, "Deleted ")
		f := strings.Fields(strings.TrimPrefix(line, "Deleted "))
		for i := 0; i+1 < len(f); i++ {
			if f[i] == "inet" || f[i] == "inet6" {
				last[f[1]+" "+f[i+1]] = !deleted
			}
		}
	}
	if len(last) == 0 {
		x.t.Error("the witness saw nothing")
	}
	for _, a := range chaosHoldings.addresses {
		name := strings.Join(strings.Fields(a)[:2], " ")
		if stands, heard := last[name]; heard && stands != slices.Contains(want.addresses, a) {
			x.t.Errorf("the last that ip monitor saw of %s: stands %v", name, stands)
		}
	}
}

// knows waits until the client's neighbour table says what is true, without the client having to ask: it is the
// announcements that must reach it.
func (l *lan) knows(ip, owner string) {
	l.t.Helper()
	testnet.Eventually(l.t, patience, func() error {
		for _, n := range l.nodes {
			if n.Name != owner {
				continue
			}
			if got, want := l.cached(ip), n.Link("eth0").Attrs().HardwareAddr.String(); got != want {
				return fmt.Errorf("the client has %s at %q, %s is at %s", ip, got, owner, want)
			}
			return nil
		}
		return fmt.Errorf("no director %q", owner)
	})
}
