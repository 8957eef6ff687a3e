package test

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestVirtualMACFollowsItsInterface: whatever happens to the interface below a virtual MAC, its instances are in FAULT for that and no
// longer, the better node holds the addresses on the virtual MAC again afterwards, and they answer with it. What somebody does to the
// virtual MAC's own interface is undone. At the stop nothing is left, neither on the interface nor in its settings.
func TestVirtualMACFollowsItsInterface(t *testing.T) {
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	type step func(t *testing.T, l *lan)
	events := []struct {
		name     string
		out, in  step
		interim  []string // the faults meanwhile; nil: none is asked for
		lastGone bool     // stop while it is out
	}{
		{name: "cable", out: func(t *testing.T, l *lan) { must(t, l.a.port.Unplug()) }, in: func(t *testing.T, l *lan) { must(t, l.a.port.Plug()) },
			interim: []string{"interface eth0", "interface eth0 no_address"}},
		{name: "down", out: func(_ *testing.T, l *lan) { l.a.Down("eth0") }, in: func(_ *testing.T, l *lan) { l.a.Up("eth0") },
			interim: []string{"interface eth0", "interface eth0 no_address"}},
		{name: "renamed", lastGone: true, out: func(_ *testing.T, l *lan) {
			l.a.set("eth0", "down")
			l.a.set("eth0", "name", "wan0")
			l.a.set("wan0", "up")
		}, in: func(_ *testing.T, l *lan) {
			l.a.set("wan0", "down")
			l.a.set("wan0", "name", "eth0")
			l.a.set("eth0", "up")
		}, interim: nil},
		{name: "made anew", out: func(t *testing.T, l *lan) { must(t, l.a.Netlink().LinkDel(l.a.Link("eth0"))) }, in: func(_ *testing.T, l *lan) {
			l.a.port = l.sw.Connect(l.a.Host, "eth0", l.a.ip+"/24")
		}, interim: nil},
		{name: "hardware address and MTU", in: func(_ *testing.T, l *lan) {
			l.a.set("eth0", "address", "02:00:5e:00:00:07")
			l.a.set("eth0", "mtu", "1400")
		}},
		{name: "its own down", in: func(_ *testing.T, l *lan) { l.a.Down("vrrp.51") }},
		{name: "its own MAC", in: func(_ *testing.T, l *lan) { l.a.set("vrrp.51", "address", "02:00:5e:00:00:09") }},
		{name: "its own name", in: func(t *testing.T, l *lan) {
			testnet.Eventually(t, patience, func() error { // the daemon raises it again
				if _, err := l.a.Host.Host.Run("ip", "link", "set", "vrrp.51", "down"); err != nil {
					return err
				}
				_, err := l.a.Host.Host.Run("ip", "link", "set", "vrrp.51", "name", "other")
				return err
			})
		}},
	}
	for _, e := range events {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			before := l.a.settings()
			l.b.xvrrp(vmacConf(100))
			l.owned(peersVIP, "b", patience)
			p := l.a.xvrrp("global_defs {\n dynamic_interfaces allow_if_changes\n}\n" + vmacConf(200))
			there := func() {
				t.Helper()
				l.owned(peersVIP, "a", patience)
				l.a.is("VI_1", "MASTER")
				testnet.Eventually(t, patience, func() error {
					link, err := l.a.Netlink().LinkByName("vrrp.51")
					if err != nil {
						return err
					}
					if got := link.Attrs(); got.HardwareAddr.String() != virtualMAC || got.ParentIndex != l.a.Index("eth0") || got.Flags&net.FlagUp == 0 ||
						!slices.Contains(l.a.Addresses("vrrp.51"), peersVIP+"/24") {
						return fmt.Errorf("%+v with %v", got, l.a.Addresses("vrrp.51"))
					}
					if answers := l.c.WhoHas("eth0", peersVIP, 1e8); len(answers) != 1 || answers[0].MAC.String() != virtualMAC {
						return fmt.Errorf("answers %v", answers)
					}
					return nil
				})
				l.pinged(peersVIP)
			}
			there()
			for range 2 {
				if e.out != nil {
					e.out(t, l)
					l.owned(peersVIP, "b", patience)
					if e.interim != nil {
						l.a.withFaults("VI_1", e.interim...)
					}
				}
				e.in(t, l)
				there()
			}
			if e.lastGone {
				e.out(t, l)
				l.owned(peersVIP, "b", patience)
			}
			if err := p.Stop(patience); err != nil {
				t.Errorf("%v\n%s", err, p.Output())
			}
			if e.lastGone {
				e.in(t, l)
			}
			for _, name := range []string{"vrrp.51", "vrrp1.51", "other"} {
				if _, err := l.a.Netlink().LinkByName(name); err == nil {
					t.Errorf("%s is left", name)
				}
			}
			after := l.a.settings()
			for _, key := range []string{"arp_ignore", "arp_filter", "arp_announce", "rp_filter"} {
				for _, of := range []string{"all", "default", "eth0", "lo"} {
					path := "ipv4/conf/" + of + "/" + key
					if before[path] == "" || after[path] != before[path] {
						t.Errorf("%s is %q, was %q", path, after[path], before[path])
					}
				}
			}
		})
	}
}
