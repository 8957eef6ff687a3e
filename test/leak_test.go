package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// belongings is what a daemon has of the kernel's and of its own.
type belongings struct {
	descriptors, programs, maps, links, pins, goroutines int

	open []string // what the descriptors are, for the complaint

	resident float64 // MiB
}

// room is how much more memory a daemon may have after thousands of events: the garbage of the last of them, which is
// collected at a quiet moment, and what the allocator keeps for the next.
const room = 32 // MiB

// belongings counts what a daemon has: its descriptors, what of BPF is behind them, and its pins.
func (n *node) belongings(p *testnet.Process) (b belongings) {
	n.t.Helper()
	dir := fmt.Sprintf("/proc/%d/fdinfo", p.Pid())
	list, err := os.ReadDir(dir)
	if err != nil {
		n.t.Fatal(err)
	}
	b.descriptors = len(list)
	for _, f := range list {
		to, err := os.Readlink(filepath.Join(filepath.Dir(dir), "fd", f.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		b.open = append(b.open, to)
		info, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		for line := range strings.Lines(string(info)) {
			switch {
			case strings.HasPrefix(line, "prog_id:"):
				b.programs++
			case strings.HasPrefix(line, "map_id:"):
				b.maps++
			case strings.HasPrefix(line, "link_id:"):
				b.links++
			}
		}
	}
	pins, err := os.ReadDir(n.pinDir())
	if err != nil {
		n.t.Fatal(err)
	}
	b.pins = len(pins)
	page := n.get("http://127.0.0.1:9112/metrics")
	b.goroutines = int(sample(page, "go_goroutines"))
	b.resident = sample(page, "process_resident_memory_bytes") / (1 << 20)
	if b.goroutines <= 0 || b.resident <= 0 || b.maps == 0 || b.links == 0 {
		n.t.Fatalf("cannot see what the daemon has: %+v", b)
	}
	return b
}

// settled is belongings once their number has stood for longer than a new master waits before it asks for its own
// addresses, for which it opens a socket.
func (n *node) settled(p *testnet.Process) belongings {
	n.t.Helper()
	last, since := n.belongings(p), time.Now()
	testnet.Eventually(n.t, patience, func() error {
		if now := n.belongings(p); now.descriptors != last.descriptors {
			last, since = now, time.Now()
		}
		if stood := time.Since(since); stood < 2500*time.Millisecond {
			return fmt.Errorf("%d descriptors for %v", last.descriptors, stood)
		}
		return nil
	})
	return last
}

// more tells what there is more of than before.
func (b belongings) more(before belongings) error {
	for _, c := range []struct {
		what        string
		is, was, of int
	}{
		{"descriptors", b.descriptors, before.descriptors, 0}, {"BPF programs", b.programs, before.programs, 0}, {"BPF maps", b.maps, before.maps, 0},
		{"BPF links", b.links, before.links, 0}, {"pins", b.pins, before.pins, 0}, {"goroutines", b.goroutines, before.goroutines, 0},
		{"MiB of memory", int(b.resident), int(before.resident), room},
	} {
		if c.is > c.was+c.of {
			fresh := slices.DeleteFunc(slices.Clone(b.open), func(to string) bool { return slices.Contains(before.open, to) })
			return fmt.Errorf("%d %s, %d before; descriptors that were not: %v", c.is, c.what, c.was, fresh)
		}
	}
	return nil
}

// Link flaps, interfaces that come anew and other people's interfaces leave a daemon with what it had before.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	n := l.a
	n.second(l.Switch("lan1"), "10.8.0.1/24")
	p := n.serving(fmt.Sprintf(`global_defs {
    dynamic_interfaces allow_if_changes
}
%s
vrrp_instance VMAC {
    interface eth0
    virtual_router_id 8
    version 3
    priority 100
    advert_int 0.1
    use_vmac
    virtual_ipaddress {
        10.9.1.8/32
    }
}
vrrp_instance VBPF {
    interface eth0
    virtual_router_id 9
    version 3
    priority 100
    advert_int 0.1
    virtual_ipaddress {
        10.9.1.9/32
    }
    virtual_routes {
        10.70.0.0/16 dev eth0
    }
    virtual_rules {
        from 10.9.1.9 table 70 preference 700
    }
}
vrrp_instance UNI {
    interface eth0
    virtual_router_id 7
    version 3
    priority 100
    advert_int 0.1
    unicast_src_ip %s
    unicast_peer {
        %s
    }
    virtual_ipaddress {
        10.9.1.7/32
        10.8.1.7/32 dev eth1
    }
    virtual_ipaddress_excluded {
        2001:db8::7/128
    }
}
xvrrp {
    instance VBPF {
        virtual_mac bpf
    }
}
`, fast("VI_1", 100), n.ip, l.b.ip))
	ups := func() int { return strings.Count(p.Output(), "Netlink reports eth0 up") }
	master := func() {
		t.Helper()
		l.owned(fastVIP, "a", patience)
		l.owned("10.9.1.7", "a", patience)
		testnet.Eventually(t, patience, func() error { return n.inState("MASTER", "VI_1", "VMAC", "VBPF", "UNI") })
	}
	for _, c := range []struct {
		what  string
		times int
		step  int // the daemon must have seen each so many
		do    func(i int)
	}{
		{"link flaps", 1000, 50, func(int) { n.Down("eth0"); n.Up("eth0") }},
		{"cables pulled", 200, 50, func(int) {
			if err := n.port.Unplug(); err != nil {
				t.Fatal(err)
			}
			if err := n.port.Plug(); err != nil {
				t.Fatal(err)
			}
		}},
		{"interfaces made anew", 100, 10, func(int) {
			if err := n.Netlink().LinkDel(n.Link("eth0")); err != nil {
				t.Fatal(err)
			}
			n.port = l.sw.Connect(n.Host, "eth0", n.ip+"/24")
		}},
		{"interfaces of others", 200, 200, func(i int) {
			attrs := netlink.NewLinkAttrs()
			attrs.Name = fmt.Sprintf("veth%d", i)
			if err := n.Netlink().LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: attrs.Name + "p"}); err != nil {
				t.Fatal(err)
			}
			if err := n.Netlink().LinkDel(n.Link(attrs.Name)); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		c.do(0) // what the first time costs is no leak
		n.Down("eth0")
		n.Up("eth0")
		master()
		before := n.settled(p)
		began := time.Now()
		for i := range c.times {
			c.do(i)
			if i%c.step == c.step-1 && c.step < c.times {
				seen := ups()
				n.Down("eth0")
				n.Up("eth0")
				testnet.Eventually(t, patience, func() error {
					if ups() <= seen {
						return fmt.Errorf("the daemon has not seen eth0 come up")
					}
					return nil
				})
			}
		}
		master()
		testnet.Eventually(t, patience, func() error { return n.belongings(p).more(before) })
		t.Logf("%d %s in %v: %+v, before %+v", c.times, c.what, time.Since(began).Round(time.Millisecond), n.belongings(p), before)
	}
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, n)
}
