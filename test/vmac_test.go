package test

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

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
	for _, c := range []pairing{
		{"use_vmac", xvrrpVMAC(), xvrrpVMAC()},
		{"by BPF", xvrrpBPF(), xvrrpBPF()},
		{"one of each", xvrrpBPF(), xvrrpVMAC()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keepsTheClientsEntry(t, newLAN(t, peersNetwork), c)
		})
	}
}

// keeps waits until the client that pings an address is answered, and looks which MAC it has for it then.
func (l *lan) keeps(ping *lab.Ping, vip, mac, what string) {
	l.t.Helper()
	since := time.Now()
	testnet.Eventually(l.t, 5*time.Second, func() error {
		for _, e := range ping.Echoes() {
			if e.Sent.After(since) && !e.Answered.IsZero() {
				return nil
			}
		}
		return fmt.Errorf("%s: no answer", what)
	})
	if got := l.cached(vip); got != mac {
		l.t.Errorf("%s: the client has %s, want %s", what, got, mac)
	}
}

func keepsTheClientsEntry(t *testing.T, l *lan, c pairing) {
	t.Helper()
	b := c.b(l.b, 100)
	l.owned(peersVIP, "b", patience)
	a := c.a(l.a, 200)
	l.master(a, b, 10*time.Second)
	wire := l.c.Capture("eth0")
	ping := l.c.Ping(peersVIP, 5*time.Millisecond)
	answered := func(what string) {
		t.Helper()
		l.keeps(ping, peersVIP, virtualMAC, what)
	}
	answered("at first")
	a.kill()
	testnet.Eventually(t, 3*time.Second, func() error {
		if !b.holds(l) {
			return fmt.Errorf("b has not taken over")
		}
		return nil
	})
	l.soleAnswer(peersVIP, 2*time.Second) // the dead host falls silent behind its fence
	for range 20 {
		if answers := l.c.WhoHas("eth0", peersVIP, 20*time.Millisecond); len(answers) > 1 {
			t.Errorf("a dead host answers, too: %v", answers)
		}
	}
	if !l.a.Has(peersVIP) {
		t.Error("the address is gone, so that its silence proves nothing")
	}
	answered("after a crash")

	a = c.a(l.a, 200)
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
	nothingLeft(t, l.a)
	if got := l.a.takesIn(); len(got) > 0 {
		t.Errorf("after the stop eth0 still takes in %v", got)
	}
	tables, err := nftables.New(nftables.WithNetNSFd(int(l.a.NS())))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := tables.ListTables(); err != nil || len(list) > 0 {
		t.Errorf("tables after the stop: %v, %v", list, err)
	}
}

// frrVMAC is FRR where the other is on a macvlan too: who answers says nothing
// then, but FRR takes the carrier from its interface in Backup.
type frrVMAC struct{ daemon }

func (f frrVMAC) holds(*lan) bool {
	link, err := f.daemon.(*frrRouter).n.Netlink().LinkByName("vrrp4-51")
	return err == nil && link.Attrs().RawFlags&unix.IFF_RUNNING != 0
}

func frrOnVMAC(n *node, priority int) daemon { return frrVMAC{frr(0.2)(n, priority)} }

// One virtual router with a virtual MAC, of two makes, through a whole life in
// both roles.
func TestVirtualMACPeers(t *testing.T) {
	for _, c := range []pairing{
		{"two xvrrp", xvrrpVMAC(), xvrrpVMAC()},
		{"xvrrp before keepalived", xvrrpVMAC(), keepalivedVMAC},
		{"keepalived before xvrrp", keepalivedVMAC, xvrrpVMAC()},
		{"xvrrp with vmac_xmit_base before keepalived", xvrrpVMAC("vmac_xmit_base"), keepalivedVMAC},
		{"xvrrp before frr", xvrrpVMAC(), frrOnVMAC},
		{"frr before xvrrp", frrOnVMAC, xvrrpVMAC()},
		{"two xvrrp by BPF", xvrrpBPF(), xvrrpBPF()},
		{"xvrrp by BPF before keepalived", xvrrpBPF(), keepalivedVMAC},
		{"keepalived before xvrrp by BPF", keepalivedVMAC, xvrrpBPF()},
		{"xvrrp by BPF with vmac_xmit_base before keepalived", xvrrpBPF("vmac_xmit_base"), keepalivedVMAC},
		{"xvrrp by BPF before frr", xvrrpBPF(), frrOnVMAC},
		{"frr before xvrrp by BPF", frrOnVMAC, xvrrpBPF()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			life(t, newLAN(t, peersNetwork), c)
		})
	}
}

// both are one IPv4 and one IPv6 virtual router with the same VRID.
func both(priority int) string {
	return vmacConf(priority) + fmt.Sprintf(`vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int 0.2
    use_vmac
    virtual_ipaddress {
        fe80::51
        2001:db8::51/64
    }
}
`, priority)
}

// What a backup sends never bears the virtual MAC, from its start over its life
// to its stop: a switch would send it what is for the master.
func TestBackupKeepsTheVirtualMACToItself(t *testing.T) {
	for _, c := range []struct {
		name string
		conf func(priority int) string
		// reports: as master it reports its groups with the virtual MAC, too.
		reports bool
	}{{"use_vmac", both, true}, {"by BPF", bothByBPF, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keepsToItself(t, newLAN(t, peersNetwork), c.conf, c.reports)
		})
	}
}

func keepsToItself(t *testing.T, l *lan, conf func(int) string, reports bool) {
	t.Helper()
	l.a.xvrrp(conf(200))
	l.owned(peersVIP, "a", patience)
	l.owned("2001:db8::51", "a", patience)
	wire := l.b.Capture("eth0")
	leaks := func(f lab.Frame) bool { return f.Out && string(f.Data[6:10]) == "\x00\x00\x5e\x00" }
	quiet := func(what string) {
		t.Helper()
		for _, f := range wire.Matching(leaks) {
			t.Errorf("%s: sent %x", what, f.Data)
		}
	}
	b := l.b.xvrrp(conf(100))
	if reports {
		l.b.Link("vrrp.51")
		l.b.Link("vrrp6.51")
	}
	// Another program that joins a group on every interface, as many do.
	l.b.joinEverywhere()
	testnet.Eventually(t, patience, func() error { // each family's adverts have taught the switch
		if got := l.a.behind(); len(got) != 2 {
			return fmt.Errorf("behind the master's port are %v", got)
		}
		return nil
	})
	testnet.Throughout(t, 3*time.Second, func() error {
		if a, b := l.a.behind(), l.b.behind(); len(a) != 2 || len(b) != 0 {
			return fmt.Errorf("the switch sends %v to the master, %v to the backup", a, b)
		}
		return nil
	})
	l.owned(peersVIP, "a", patience)
	quiet("as backup")
	if got := l.b.takesIn(); !reports && len(got) > 0 {
		t.Errorf("as backup it takes in %v", got)
	}
	if err := b.Stop(patience); err != nil {
		t.Fatal(err)
	}
	quiet("at the stop")

	// As master it does send with that MAC, so there was something to keep back. Only a macvlan's group reports do.
	b = l.b.xvrrp(conf(250))
	l.owned(peersVIP, "b", patience)
	report := func(f lab.Frame) bool { return leaks(f) && string(f.Data[:6]) == "\x33\x33\x00\x00\x00\x16" }
	testnet.Eventually(t, patience, func() error {
		if reports && len(wire.Matching(report)) == 0 {
			return fmt.Errorf("a master reports no group with the virtual MAC")
		}
		if len(wire.Matching(leaks)) < 10 {
			return fmt.Errorf("a master sends nothing with the virtual MAC")
		}
		return nil
	})
	if err := b.Stop(patience); err != nil {
		t.Fatal(err)
	}
	if sent := wire.Matching(report); !reports && len(sent) > 0 {
		t.Errorf("reports groups with the virtual MAC: %x", sent[0].Data)
	}
}

// behind are the virtual MACs that the switch sends to the node.
func (n *node) behind() (list []string) {
	n.t.Helper()
	macs, err := n.port.Learned()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, mac := range macs {
		if text := mac.String(); strings.HasPrefix(text, "00:00:5e:") {
			list = append(list, text)
		}
	}
	return list
}

// joinEverywhere joins a group on every interface of the node.
func (n *node) joinEverywhere() {
	n.t.Helper()
	n.Do(func() {
		links, err := net.Interfaces()
		if err != nil {
			n.t.Fatal(err)
		}
		for _, link := range links {
			conn, err := net.ListenMulticastUDP("udp6", &link, &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: 5353})
			if err != nil {
				n.t.Fatalf("%s: %v", link.Name, err)
			}
			n.t.Cleanup(func() { conn.Close() })
		}
	})
}

// IPv6: neighbours learn the virtual MAC, with the router flag in every answer,
// and it stays theirs over a takeover.
func TestVirtualMACOfIPv6(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b func(priority int) string
	}{{"use_vmac", both, both}, {"by BPF", bothByBPF, bothByBPF}, {"one of each", both, bothByBPF}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			virtualMACOfIPv6(t, newLAN(t, peersNetwork), c.a, c.b)
		})
	}
}

func virtualMACOfIPv6(t *testing.T, l *lan, confA, confB func(int) string) {
	t.Helper()
	const vip, mac = "2001:db8::51", "00:00:5e:00:02:33"
	l.c.AddAddress("eth0", "2001:db8::9/64")
	l.a.AddAddress("eth0", "2001:db8::1/64")
	l.b.AddAddress("eth0", "2001:db8::2/64")
	b := l.b.xvrrp(confB(100))
	l.owned(vip, "b", patience)
	wire, ping := l.c.Capture("eth0"), l.c.Ping(vip, 5*time.Millisecond)
	known := func(what string) {
		t.Helper()
		l.keeps(ping, vip, mac, what)
	}
	known("at first")
	l.a.xvrrp(confA(200))
	l.owned(vip, "a", patience)
	known("after a takeover")
	if err := b.Stop(patience); err != nil {
		t.Fatal(err)
	}
	known("without the backup")
	adverts := wire.Matching(func(f lab.Frame) bool { // ICMPv6 type 136 of the address
		return len(f.Data) >= 78 && f.Data[20] == 58 && f.Data[54] == 136 && net.IP(f.Data[62:78]).String() == vip
	})
	for _, f := range adverts {
		if f.Data[58]&0x80 == 0 {
			t.Errorf("denies to be a router: %x", f.Data)
		}
	}
	if len(adverts) == 0 {
		t.Error("no neighbour advertisement")
	}
}

// A master that does not accept is there for ARP alone; an owner accepts.
func TestNoAccept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		priority int
		vmac     string
		answers  bool
	}{
		{"on the interface", 200, "", false}, {"on a virtual MAC", 200, "use_vmac", false}, {"on one by BPF", 200, "bpf", false},
		{"owner", 255, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			conf := vmacConf(c.priority, "no_accept")
			switch c.vmac {
			case "":
				conf = strings.Replace(conf, "use_vmac", "", 1)
			case "bpf":
				conf = byBPF(conf)
			}
			// What it does not accept it must not pass on either: that would go round for ever (RFC 9568 §8.3.1).
			l.a.Sysctl("net/ipv4/ip_forward", "1")
			passed := l.a.Capture("eth0")
			defer func() {
				if f := passed.Matching(func(f lab.Frame) bool {
					return f.Out && len(f.Data) > 34 && f.Data[12] == 8 && f.Data[13] == 0 && net.IP(f.Data[30:34]).String() == peersVIP
				}); len(f) > 0 {
					t.Errorf("passed on: %x", f[0].Data)
				}
			}()
			l.a.xvrrp(conf)
			l.owned(peersVIP, "a", patience)
			l.soleAnswer(peersVIP, 5*time.Second)
			vip, real := l.c.Ping(peersVIP, 5*time.Millisecond), l.c.Ping(l.a.ip, 5*time.Millisecond)
			answered := func(p *lab.Ping) (n int) {
				for _, e := range p.Echoes() {
					if !e.Answered.IsZero() {
						n++
					}
				}
				return n
			}
			testnet.Eventually(t, 10*time.Second, func() error {
				if answered(real) < 50 || c.answers && answered(vip) == 0 {
					return fmt.Errorf("%d answers of the host, %d of the address", answered(real), answered(vip))
				}
				return nil
			})
			if !c.answers && answered(vip) > 0 {
				t.Errorf("%d answers of an address that does not accept", answered(vip))
			}
		})
	}
}

// The interface that a person deletes is back with its address, a reload takes
// it away and makes it again.
func TestVirtualMACComesAndGoes(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := l.a.xvrrp(vmacConf(200))
	l.owned(peersVIP, "a", patience)
	on := func(link string) {
		t.Helper()
		testnet.Eventually(t, 10*time.Second, func() error {
			found, err := l.a.Netlink().LinkByName(link)
			if err != nil {
				return err
			}
			list, err := l.a.Netlink().AddrList(found, netlink.FAMILY_V4)
			if err != nil {
				return err
			}
			for _, a := range list {
				if a.IP.String() == peersVIP {
					return nil
				}
			}
			return fmt.Errorf("%s is not on %s", peersVIP, link)
		})
		l.pinged(peersVIP)
	}
	on("vrrp.51")
	for range 3 {
		if err := l.a.Netlink().LinkDel(l.a.Link("vrrp.51")); err != nil {
			t.Fatal(err)
		}
		on("vrrp.51")
	}
	l.a.write("keepalived.conf", strings.Replace(vmacConf(200), "use_vmac", "", 1))
	a.Signal(syscall.SIGHUP)
	on("eth0")
	if _, err := l.a.Netlink().LinkByName("vrrp.51"); err == nil {
		t.Error("vrrp.51 is still there after the reload")
	}
	l.a.write("keepalived.conf", vmacConf(200))
	a.Signal(syscall.SIGHUP)
	on("vrrp.51")
}

// A hand-over to another process is no event for who talks to the address.
func TestVirtualMACOverAHandover(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	b := l.b.xvrrp(vmacConf(100))
	a := l.a.xvrrp(vmacConf(200))
	l.owned(peersVIP, "a", patience)
	l.pinged(peersVIP)
	index, wire, ping := l.a.Index("vrrp.51"), l.b.Capture("eth0"), l.c.Ping(peersVIP, 5*time.Millisecond)
	for range 3 {
		a, b = l.a.successor(a), l.b.successor(b)
	}
	l.pinged(peersVIP)
	if got := l.a.Index("vrrp.51"); got != index {
		t.Errorf("made anew: index %d, want %d", got, index)
	}
	lost := 0
	for _, e := range ping.Echoes() {
		if e.Answered.IsZero() && time.Since(e.Sent) > 100*time.Millisecond {
			lost++
		}
	}
	if lost > 3 {
		t.Errorf("%d questions without an answer", lost)
	}
	for _, f := range wire.Matching(func(f lab.Frame) bool { return f.Out && string(f.Data[6:10]) == "\x00\x00\x5e\x00" }) {
		t.Errorf("the backup sent %x", f.Data)
	}
}

// A successor of a killed daemon goes on with its interface, and the host is
// what it was when that one stops; one without use_vmac removes it.
func TestVirtualMACSurvivesItsDaemon(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := l.a.xvrrp(vmacConf(200))
	l.owned(peersVIP, "a", patience)
	index := l.a.Index("vrrp.51")
	a.Kill()
	a = l.a.xvrrp(vmacConf(200))
	l.owned(peersVIP, "a", patience)
	if got := l.a.Index("vrrp.51"); got != index {
		t.Errorf("made anew: index %d, want %d", got, index)
	}
	l.pinged(peersVIP)
	a.Kill()
	plain := strings.Replace(vmacConf(200), "use_vmac", "", 1)
	l.a.xvrrp(plain)
	l.owned(peersVIP, "a", patience)
	if _, err := l.a.Netlink().LinkByName("vrrp.51"); err == nil {
		t.Error("vrrp.51 is still there although nobody wants it")
	}
	l.a.Do(func() {
		for _, key := range []string{"arp_ignore", "arp_filter", "arp_announce"} {
			if text, err := os.ReadFile("/proc/sys/net/ipv4/conf/eth0/" + key); err != nil || strings.TrimSpace(string(text)) != "0" {
				t.Errorf("%s: %q, %v", key, text, err)
			}
		}
	})
	l.answers(peersVIP, l.a, patience)
}

// pinged waits until the address answers the client's ping.
func (l *lan) pinged(ip string) {
	l.t.Helper()
	p := l.c.Ping(ip, 5*time.Millisecond)
	testnet.Eventually(l.t, 5*time.Second, func() error {
		for _, e := range p.Echoes() {
			if !e.Answered.IsZero() {
				return nil
			}
		}
		return fmt.Errorf("%s does not answer", ip)
	})
}
