package test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// scattered is an instance with virtual MACs on two interfaces and of both families; names are of global_defs, lines of the
// instance.
func scattered(names, lines string) string {
	return fmt.Sprintf(`global_defs {
    vrrp_version 3
    %s
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 200
    advert_int 0.2
    %s
    virtual_ipaddress {
        10.9.0.100/24
        10.9.0.101/24 dev eth0
        10.8.0.102/24 dev eth1
        10.8.0.103/24 dev eth1
    }
    virtual_ipaddress_excluded {
        2001:db8::5/64
    }
}
`, names, lines)
}

const scatteredAddresses = 5

// places are the virtual addresses with the interface and the MAC that they are on.
func (n *node) places() (list []string) {
	n.t.Helper()
	links, err := n.Netlink().LinkList()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, link := range links {
		addrs, err := n.Netlink().AddrList(link, netlink.FAMILY_ALL)
		if err != nil {
			n.t.Fatal(err)
		}
		for _, a := range addrs {
			for _, vip := range []string{"10.9.0.100", "10.9.0.101", "10.8.0.102", "10.8.0.103", "2001:db8::5"} {
				if a.IP.String() == vip {
					list = append(list, fmt.Sprintf("%s on %s %s", vip, link.Attrs().Name, strings.TrimPrefix(link.Attrs().HardwareAddr.String(), "00:00:5e:")))
				}
			}
		}
	}
	slices.Sort(list)
	return list
}

// scene is a lan whose directors have a second interface, on a network of its own, with the client.
func scene(t *testing.T) *lan {
	t.Helper()
	l := newLAN(t, peersNetwork)
	second := l.Switch("second")
	for i, n := range []*node{l.a, l.b, l.c} {
		second.Connect(n.Host, "eth1", fmt.Sprintf("10.8.0.%d/24", []int{1, 2, 9}[i]))
	}
	return l
}

// Where addresses live, under which names, and what a reload of other prefixes does: as with keepalived.
func TestVirtualMACNamesAreKeepalived(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, names, lines string }{
		{"defaults", "", "use_vmac\n    use_vmac_addr"},
		{"without use_vmac_addr", "vmac_prefix foo", "use_vmac"},
		{"prefixes", "vmac_prefix foo\n    vmac_addr_prefix bar", "use_vmac\n    use_vmac_addr"},
		{"one prefix", "vmac_prefix foo", "use_vmac\n    use_vmac_addr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := scene(t)
			settled := func(n *node) (list []string) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					if list = n.places(); len(list) != scatteredAddresses {
						return fmt.Errorf("%s holds %q", n.Name, list)
					}
					return nil
				})
				// eth0 and eth1 have MACs of their own on each node.
				for i, p := range list {
					for _, own := range []string{"eth0", "eth1"} {
						if strings.Contains(p, " on "+own+" ") {
							list[i] = p[:strings.LastIndexByte(p, ' ')]
						}
					}
				}
				return list
			}
			conf := scattered(c.names, c.lines)
			k := l.b.keepalived(conf)
			want := settled(l.b)
			again := strings.NewReplacer("foo", "zap", "bar", "zip").Replace(conf)
			if again != conf {
				l.b.write("keepalived.conf", again)
				k.Signal(syscall.SIGHUP)
				says(t, k, "Reload complete", patience)
				if after := settled(l.b); !slices.Equal(after, want) {
					t.Fatalf("keepalived renames at a reload: %q", after)
				}
			}
			if err := k.Stop(patience); err != nil {
				t.Fatal(err)
			}
			a := l.a.xvrrp(conf)
			if got := settled(l.a); !slices.Equal(got, want) {
				t.Errorf("places:\n%q, with keepalived\n%q", got, want)
			}
			if again == conf {
				return
			}
			// What is new takes the new prefix.
			l.a.write("keepalived.conf", again+`vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    advert_int 0.2
    use_vmac
    virtual_ipaddress {
        10.9.0.110/24
    }
}
`)
			a.Signal(syscall.SIGHUP)
			testnet.Eventually(t, patience, func() error {
				_, err := l.a.Netlink().LinkByName("zap.52")
				return err
			})
			if after := settled(l.a); !slices.Equal(after, want) {
				t.Errorf("after the reload:\n%q, with keepalived\n%q", after, want)
			}
		})
	}
}

// garp_extra_if: with each MAC that no advert leaves with one announcement an interval, of the same address as keepalived's;
// and nothing else.
func TestExtraAnnouncements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, lines string
		bpf         bool
		want        string // for what keepalived forgets; empty: as keepalived
	}{
		{name: "use_vmac_addr", lines: "use_vmac\n    use_vmac_addr\n    garp_extra_if 1"},
		{name: "all", lines: "use_vmac\n    garp_extra_if all 1"},
		{name: "all without virtual MACs", lines: "garp_extra_if all 1"},
		{name: "by BPF", lines: "use_vmac\n    use_vmac_addr\n    garp_extra_if 1", bpf: true},
		// Nothing leaves with the virtual MAC but this, and 2.2.7 sends nothing.
		{name: "vmac_xmit_base", lines: "use_vmac\n    vmac_xmit_base\n    garp_extra_if 1", want: "eth0 10.9.0.100 with 00:00:5e:00:01:33"},
		{name: "vmac_xmit_base by BPF", lines: "use_vmac\n    vmac_xmit_base\n    garp_extra_if 1", bpf: true, want: "eth0 10.9.0.100 with 00:00:5e:00:01:33"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := scene(t)
			// Only the periodic ones are left: the first burst is one round, and there is no second.
			conf := scattered("", c.lines+"\n    garp_master_repeat 1\n    garp_master_delay 0")
			kinds := func(n *node, p *testnet.Process) []string {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					if got := n.places(); len(got) != scatteredAddresses {
						return fmt.Errorf("%s holds %q", n.Name, got)
					}
					return nil
				})
				wires := map[string]*lab.Capture{"eth0": l.c.Capture("eth0"), "eth1": l.c.Capture("eth1")}
				seen := map[string]int{}
				testnet.Eventually(t, patience, func() error {
					clear(seen)
					rounds := 0
					for link, w := range wires {
						for _, f := range w.Matching(announcement) {
							what := link + " " + announced(f.Data, n)
							seen[what]++
							rounds = max(rounds, seen[what])
						}
					}
					if rounds < 4 { // the first burst may be among them
						return fmt.Errorf("announced: %v", seen)
					}
					return nil
				})
				if err := p.Stop(patience); err != nil {
					t.Fatal(err)
				}
				var list []string
				for what, times := range seen {
					if times > 1 {
						list = append(list, what)
					}
				}
				slices.Sort(list)
				return list
			}
			want := []string{c.want}
			if c.want == "" {
				want = kinds(l.b, l.b.keepalived(conf))
			}
			if c.bpf {
				conf = byBPF(conf)
			}
			if got := kinds(l.a, l.a.xvrrp(conf)); !slices.Equal(got, want) {
				t.Errorf("announced again and again:\n%q, with keepalived\n%q", got, want)
			}
		})
	}
}

// announcement recognises a gratuitous ARP or an unsolicited NA.
func announcement(f lab.Frame) bool {
	b := f.Data
	switch {
	case f.Out || len(b) < 42:
		return false
	case b[12] == 8 && b[13] == 6:
		return b[21] == 1 && string(b[28:32]) == string(b[38:42])
	case b[12] == 0x86 && len(b) >= 78:
		return b[20] == 58 && b[54] == 136 && b[58]&0x40 == 0
	}
	return false
}

// announced says which address is announced, with which MAC.
func announced(b []byte, n *node) string {
	addr := net.IP(b[28:32])
	if b[12] == 0x86 {
		addr = net.IP(b[62:78])
	}
	mac := net.HardwareAddr(b[6:12]).String()
	for _, link := range []string{"eth0", "eth1"} {
		if mac == n.Link(link).Attrs().HardwareAddr.String() {
			mac = "its own MAC"
		}
	}
	return fmt.Sprintf("%v with %s", addr, mac)
}
