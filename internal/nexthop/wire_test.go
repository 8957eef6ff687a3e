package nexthop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// lan is two hosts on a switch, with addresses of both families.
func lan(t testing.TB) (a, b *testnet.Host, pa, pb *lab.Port) {
	t.Helper()
	n := testnet.New(t)
	sw := n.Switch("lan")
	a, b = n.Host("a"), n.Host("b")
	pa = sw.Connect(a, "eth0", "192.0.2.1/24", "2001:db8::1/64")
	pb = sw.Connect(b, "eth0", "192.0.2.2/24", "2001:db8::2/64")
	return a, b, pa, pb
}

func TestResolvesPeers(t *testing.T) {
	t.Parallel()
	a, b, _, pb := lan(t)
	r, d := resolver(t, a)
	linkLocal := ""
	for _, p := range b.Addresses("eth0") {
		if p[:4] == "fe80" {
			linkLocal = netip.MustParsePrefix(p).Addr().String()
		}
	}
	for _, c := range [][2]string{{"192.0.2.2", "192.0.2.1"}, {"2001:db8::2", "2001:db8::1"}, {linkLocal, "::"}} {
		hop := watches(t, r, a, c[0], c[1])
		leads(t, 4*time.Second, hop, pb.MAC)
		mac, ifindex, ok := r.MAC(netip.MustParseAddr(c[0]))
		if string(mac[:]) != string(pb.MAC) || ifindex != a.Index("eth0") || !ok {
			t.Errorf("MAC(%s): %x, %d, %v", c[0], mac, ifindex, ok)
		}
		if again := watches(t, r, a, c[0], c[1]); again != hop {
			t.Errorf("%s watched twice gave two hops", c[0])
		}
		testnet.Eventually(t, time.Second, func() error {
			d.mu.Lock()
			defer d.mu.Unlock()
			if told := d.states[hop.Target()]; len(told) != 1 || !told[0].OK {
				return fmt.Errorf("%s: the sink was told %v", c[0], told)
			}
			return nil
		})
	}
	r.Forget(targetOn(a, "192.0.2.2", "192.0.2.1"))
	if _, _, ok := r.MAC(netip.MustParseAddr("192.0.2.2")); !ok {
		t.Error("a peer that is watched still is forgotten")
	}
	r.Forget(targetOn(a, "192.0.2.2", "192.0.2.1"))
	if _, _, ok := r.MAC(netip.MustParseAddr("192.0.2.2")); ok {
		t.Error("a forgotten peer still has a MAC")
	}
}

func TestRefuses(t *testing.T) {
	a, _, _, _ := lan(t)
	r, _ := resolver(t, a)
	for peer, want := range map[string]error{
		"192.0.2.1": ErrOwnAddress, "2001:db8::1": ErrOwnAddress, "127.0.0.9": ErrOwnAddress,
		"224.0.0.18": nil, "0.0.0.0": nil, "ff02::12": nil,
	} {
		to := Target{Peer: netip.MustParseAddr(peer)}
		testnet.Eventually(t, time.Second, func() error { // the kernel adds local IPv6 routes a moment after the address
			_, err := r.Watch(to)
			r.Forget(to)
			if err == nil || want != nil && !errors.Is(err, want) {
				return fmt.Errorf("%s: %v, want %v", peer, err, want)
			}
			return nil
		})
	}
	if _, err := r.Watch(Target{Peer: netip.MustParseAddr("fe80::1")}); err == nil {
		t.Error("link-local without an interface: accepted")
	}
}

// An address that becomes our own later stops being a peer at once.
func TestPeerBecomesOurself(t *testing.T) {
	t.Parallel()
	a, _, _, pb := lan(t)
	r, _ := resolver(t, a)
	hop := watches(t, r, a, "192.0.2.2", "192.0.2.1")
	leads(t, 4*time.Second, hop, pb.MAC)
	a.AddAddress("eth0", "192.0.2.2/24")
	testnet.Eventually(t, time.Second, func() error {
		if s := hop.State(); s.OK || !errors.Is(s.Problem, ErrOwnAddress) {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
}

// The peer's network card is replaced, and says so as Linux does.
func TestFollowsANewMAC(t *testing.T) {
	t.Parallel()
	a, b, _, pb := lan(t)
	r, _ := resolver(t, a)
	hop4 := watches(t, r, a, "192.0.2.2", "192.0.2.1")
	hop6 := watches(t, r, a, "2001:db8::2", "2001:db8::1")
	leads(t, 4*time.Second, hop4, pb.MAC)
	leads(t, 4*time.Second, hop6, pb.MAC)
	b.Sysctl("net/ipv4/conf/eth0/arp_notify", "1")
	b.Sysctl("net/ipv6/conf/eth0/ndisc_notify", "1")
	replaced := net.HardwareAddr{2, 0, 0, 0, 0xbb, 1}
	testnet.Throughout(t, 1100*time.Millisecond, func() error { // the kernel's locktime for IPv4
		if _, _, ok := hop4.MAC(); !ok {
			return errors.New("lost")
		}
		return nil
	})
	must(t, b.Netlink().LinkSetHardwareAddr(b.Link("eth0"), replaced))
	leads(t, time.Second, hop4, replaced)
	leads(t, time.Second, hop6, replaced)
}

// A person or another daemon changes or removes the entry.
func TestFollowsTheNeighbourTable(t *testing.T) {
	t.Parallel()
	a, _, _, pb := lan(t)
	r, _ := resolver(t, a)
	hop := watches(t, r, a, "192.0.2.2", "192.0.2.1")
	leads(t, 4*time.Second, hop, pb.MAC)
	entry := &netlink.Neigh{LinkIndex: a.Index("eth0"), IP: net.IPv4(192, 0, 2, 2), State: netlink.NUD_PERMANENT,
		HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0xcc, 1}}
	must(t, a.Netlink().NeighSet(entry))
	leads(t, time.Second, hop, entry.HardwareAddr)
	testnet.Throughout(t, 2500*time.Millisecond, func() error { // the looks every second must leave it alone
		list, err := a.Netlink().NeighList(a.Index("eth0"), netlink.FAMILY_V4)
		if err != nil {
			return err
		}
		if len(list) != 1 || list[0].State != netlink.NUD_PERMANENT {
			return fmt.Errorf("the table now has %+v", list)
		}
		return nil
	})
	must(t, a.Netlink().NeighDel(entry))
	leads(t, 3*time.Second, hop, pb.MAC)
}

// A peer that stops to answer keeps its last address.
func TestSilentPeerKeepsItsMAC(t *testing.T) {
	t.Parallel()
	a, _, _, pb := lan(t)
	r, _ := resolver(t, a)
	hop := watches(t, r, a, "192.0.2.2", "192.0.2.1")
	leads(t, 4*time.Second, hop, pb.MAC)
	must(t, pb.Unplug())
	entry := &netlink.Neigh{LinkIndex: a.Index("eth0"), IP: net.IPv4(192, 0, 2, 2), State: netlink.NUD_FAILED}
	must(t, a.Netlink().NeighSet(entry))
	testnet.Eventually(t, 2*time.Second, func() error {
		if s := hop.State(); !errors.Is(s.Problem, ErrUnresolved) {
			return fmt.Errorf("the problem is %v", s.Problem)
		}
		return nil
	})
	if mac, _, ok := hop.MAC(); !ok || string(mac[:]) != string(pb.MAC) {
		t.Errorf("a silent peer: %x, %v", mac, ok)
	}
	must(t, pb.Plug())
	leads(t, 5*time.Second, hop, pb.MAC)
}

// A peer that is off when we start is found when it comes.
func TestPeerComesLater(t *testing.T) {
	t.Parallel()
	n := testnet.New(t)
	sw := n.Switch("lan")
	a, b := n.Host("a"), n.Host("b")
	sw.Connect(a, "eth0", "192.0.2.1/24")
	r, _ := resolver(t, a)
	hop := watches(t, r, a, "192.0.2.2", "192.0.2.1")
	if _, _, ok := hop.MAC(); ok {
		t.Fatal("resolved, with nobody there")
	}
	pb := sw.Connect(b, "eth0", "192.0.2.2/24")
	leads(t, 3*time.Second, hop, pb.MAC)
}

// A peer behind routers: the gateway's MAC, then another gateway's, then no
// route for a moment, then none for long.
func TestFollowsRoutes(t *testing.T) {
	t.Parallel()
	n := testnet.New(t)
	sw := n.Switch("lan")
	a, g1, g2 := n.Host("a"), n.Host("g1"), n.Host("g2")
	sw.Connect(a, "eth0", "192.0.2.1/24")
	p1 := sw.Connect(g1, "eth0", "192.0.2.11/24")
	p2 := sw.Connect(g2, "eth0", "192.0.2.12/24")
	r, _ := resolver(t, a)
	hop, err := r.Watch(Target{Peer: netip.MustParseAddr("198.51.100.9"), Source: netip.MustParseAddr("192.0.2.1")})
	must(t, err)
	if s := hop.State(); s.OK || !errors.Is(s.Problem, unix.ENETUNREACH) {
		t.Errorf("without a route: %+v", s)
	}
	_, there, err := net.ParseCIDR("198.51.100.0/24")
	must(t, err)
	route := &netlink.Route{LinkIndex: a.Index("eth0"), Dst: there, Gw: net.IPv4(192, 0, 2, 11)}
	must(t, a.Netlink().RouteAdd(route))
	leads(t, time.Second, hop, p1.MAC)

	other := *route
	other.Gw = net.IPv4(192, 0, 2, 12)
	must(t, a.Netlink().RouteReplace(&other))
	leads(t, time.Second, hop, p2.MAC)

	must(t, a.Netlink().RouteDel(&other))
	testnet.Eventually(t, time.Second, func() error {
		if s := hop.State(); s.Problem == nil {
			return errors.New("no problem noticed")
		}
		return nil
	})
	if _, _, ok := hop.MAC(); !ok {
		t.Error("a route that was lost a moment ago is not bridged")
	}
	testnet.Eventually(t, 2*grace, func() error {
		if _, _, ok := hop.MAC(); ok {
			return errors.New("still in use")
		}
		return nil
	})
	must(t, a.Netlink().RouteAdd(route))
	leads(t, time.Second, hop, p1.MAC)
}

// An IPv4 route through an IPv6 router (RFC 5549).
func TestRouteVia6(t *testing.T) {
	t.Parallel()
	a, _, _, pb := lan(t)
	r, _ := resolver(t, a)
	_, there, err := net.ParseCIDR("198.51.100.0/24")
	must(t, err)
	must(t, a.Netlink().RouteAdd(&netlink.Route{LinkIndex: a.Index("eth0"), Dst: there,
		Via: &netlink.Via{AddrFamily: netlink.FAMILY_V6, Addr: net.ParseIP("2001:db8::2")}}))
	hop := watches(t, r, a, "198.51.100.9", "192.0.2.1")
	leads(t, 4*time.Second, hop, pb.MAC)
}

// No usual firewall hinders an IPv4 peer; for IPv6, and for a host that
// filters ARP itself, our own questions get through.
func TestFirewalls(t *testing.T) {
	t.Parallel()
	a, _, _, pb := lan(t)
	a.Firewall(lab.EstablishedOnly)
	r, _ := resolver(t, a)
	leads(t, time.Second, watches(t, r, a, "192.0.2.2", "192.0.2.1"), pb.MAC)
	hop := watches(t, r, a, "2001:db8::2", "2001:db8::1")
	resolvedByUs(t, hop, pb.MAC)
}

func TestARPFilter(t *testing.T) {
	t.Parallel()
	a, _, _, pb := lan(t)
	dropARP(t, a)
	r, _ := resolver(t, a)
	resolvedByUs(t, watches(t, r, a, "192.0.2.2", "192.0.2.1"), pb.MAC)
}

// resolvedByUs waits until a hop is in use that the kernel cannot resolve, and
// looks that it stays so without alarm.
func resolvedByUs(t *testing.T, hop *Hop, mac []byte) {
	t.Helper()
	leads(t, 5*time.Second, hop, mac)
	testnet.Throughout(t, 2500*time.Millisecond, func() error {
		if s := hop.State(); !s.OK || s.Problem != nil {
			return fmt.Errorf("%v: %+v", hop.Target(), s)
		}
		return nil
	})
}

// dropARP makes a host lose all ARP, in the one family of tables that can.
func dropARP(t *testing.T, h *testnet.Host) {
	t.Helper()
	c, err := nftables.New(nftables.WithNetNSFd(int(h.NS())))
	must(t, err)
	table := c.AddTable(&nftables.Table{Family: nftables.TableFamilyARP, Name: "deaf"})
	for name, hook := range map[string]nftables.ChainHook{"input": 0, "output": 1} { // NF_ARP_IN, NF_ARP_OUT
		chain := c.AddChain(&nftables.Chain{Name: name, Table: table, Type: nftables.ChainTypeFilter,
			Hooknum: &hook, Priority: nftables.ChainPriorityFilter})
		c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}}})
	}
	must(t, c.Flush())
}

func BenchmarkMAC(b *testing.B) {
	h, _, _, _ := lan(b)
	r, _ := resolver(b, h)
	hop := watches(b, r, h, "192.0.2.2", "192.0.2.1")
	b.ReportAllocs()
	for b.Loop() {
		hop.MAC()
	}
}
