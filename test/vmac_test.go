package test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// vmacConf is one node of a pair with virtual MACs, version 3, 200 ms. More are
// lines of the instance.
func vmacConf(priority int, more ...string) string {
	return fmt.Sprintf(`global_defs {
    vrrp_version 3
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int 0.2
    use_vmac
    %s
    virtual_ipaddress {
        %s/24
    }
}
`, priority, strings.Join(more, "\n    "), peersVIP)
}

func xvrrpVMAC(more ...string) maker {
	return func(n *node, priority int) daemon { return process{n.xvrrp(vmacConf(priority, more...)), n} }
}

func keepalivedVMAC(n *node, priority int) daemon {
	return process{n.keepalived(vmacConf(priority)), n}
}

// master waits until a daemon is master and the other is not.
func (l *lan) master(is, other daemon, within time.Duration) {
	l.t.Helper()
	testnet.Eventually(l.t, within, func() error {
		if !is.holds(l) || other.holds(l) {
			return fmt.Errorf("the holder holds %v, the other %v", is.holds(l), other.holds(l))
		}
		return nil
	})
}

// cached is the MAC that the client has in its table for an address.
func (l *lan) cached(ip string) string {
	l.t.Helper()
	list, err := l.c.Netlink().NeighList(l.c.Index("eth0"), netlink.FAMILY_ALL)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, n := range list {
		if n.IP.String() == ip && len(n.HardwareAddr) == 6 {
			return n.HardwareAddr.String()
		}
	}
	return ""
}

// adverts are the captured VRRP packets from a host's address.
func adverts(c *lab.Capture, from string) []lab.Frame {
	return c.Matching(func(f lab.Frame) bool {
		return len(f.Data) > 34 && f.Data[12] == 0x08 && f.Data[13] == 0x00 && f.Data[23] == 112 && net.IP(f.Data[26:30]).String() == from
	})
}

func sourceMACs(frames []lab.Frame) (list []string) {
	for _, f := range frames {
		if mac := net.HardwareAddr(f.Data[6:12]).String(); !slices.Contains(list, mac) {
			list = append(list, mac)
		}
	}
	return list
}

// A client keeps one entry through a takeover, a release and a return, and is
// answered all the while; whoever is master sends with the virtual MAC, and a
// host that stops is what it was.
func TestVirtualMACKeepsTheClientsEntry(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	b := xvrrpVMAC()(l.b, 100)
	l.owned(peersVIP, "b", 10*time.Second)
	a := xvrrpVMAC()(l.a, 200)
	l.master(a, b, 10*time.Second)
	wire := l.c.Capture("eth0")
	ping := l.c.Ping(peersVIP, 5*time.Millisecond)
	answered := func(what string) {
		t.Helper()
		since := time.Now()
		testnet.Eventually(t, 5*time.Second, func() error {
			for _, e := range ping.Echoes() {
				if e.Sent.After(since) && !e.Answered.IsZero() {
					return nil
				}
			}
			return fmt.Errorf("%s: no answer", what)
		})
		if got := l.cached(peersVIP); got != virtualMAC {
			t.Errorf("%s: the client has %s, want %s", what, got, virtualMAC)
		}
	}
	answered("at first")
	a.kill()
	testnet.Eventually(t, 3*time.Second, func() error {
		if !b.holds(l) {
			return fmt.Errorf("b has not taken over")
		}
		return nil
	})
	l.dead(l.a)
	answered("after a crash")

	a = xvrrpVMAC()(l.a, 200)
	l.a.Up("eth0")
	l.master(a, b, 10*time.Second)
	answered("after the return")
	a.stop(t)
	l.master(b, a, 3*time.Second)
	answered("after a release")
	for _, n := range l.nodes {
		if got := sourceMACs(adverts(wire, n.ip)); !slices.Equal(got, []string{virtualMAC}) {
			t.Errorf("adverts of %s leave with %v", n.Name, got)
		}
	}
	if _, err := l.a.Netlink().LinkByName("vrrp.51"); err == nil {
		t.Error("vrrp.51 is still there after the stop")
	}
	c, err := nftables.New(nftables.WithNetNSFd(int(l.a.NS())))
	if err != nil {
		t.Fatal(err)
	}
	if tables, err := c.ListTables(); err != nil || len(tables) > 0 {
		t.Errorf("tables after the stop: %v, %v", tables, err)
	}
}

// dead takes a crashed host off the wire, whose kernel would go on answering.
func (l *lan) dead(n *node) { n.Down("eth0") }
