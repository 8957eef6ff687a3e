package test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// on is a configuration of conf for another interface and dataplane.
func on(device, mode string, priority int) string {
	text := strings.Replace(conf(3, "BACKUP", priority, "0.1"), "interface eth0", "interface "+device, 1)
	return text + "xvrrp {\n    dataplane " + mode + "\n}\n"
}

// attached is the XDP program on a device, 0 without one.
func (n *node) attached(device string) uint32 {
	n.t.Helper()
	if x := n.Link(device).Attrs().Xdp; x != nil && x.Attached {
		return x.ProgId
	}
	return 0
}

// tcx are the programs at a device's entry.
func (n *node) tcx(device string) (count int) {
	n.t.Helper()
	index := n.Index(device)
	n.Do(func() {
		got, err := link.QueryPrograms(link.QueryOptions{Target: index, Attach: ebpf.AttachTCXIngress})
		if err != nil {
			n.t.Fatal(err)
		}
		count = len(got.Programs)
	})
	return count
}

// pairLife is one pair from its start to a clean stop: takeover, preemption,
// death, return. It returns a's last daemon, running.
func (l *lan) pairLife(start func(n *node, priority int) *testnet.Process) *testnet.Process {
	l.t.Helper()
	b := start(l.b, 100)
	l.owned(peersVIP, "b", patience)
	a := start(l.a, 200)
	l.owned(peersVIP, "a", patience)
	l.stays(peersVIP, "a", time.Second)
	if err := a.Stop(patience); err != nil {
		l.t.Errorf("exit after SIGTERM: %v", err)
	}
	l.owned(peersVIP, "b", patience)
	a = start(l.a, 200)
	l.owned(peersVIP, "a", patience)
	a.Kill()
	l.owned(peersVIP, "a b", patience)
	a = start(l.a, 200)
	l.owned(peersVIP, "a", patience)
	if err := b.Stop(patience); err != nil {
		l.t.Errorf("exit after SIGTERM: %v", err)
	}
	return a
}

// Each way to receive carries a pair through its life, behind a firewall that
// lets nothing in, and is what stands on the interface.
func TestDataplaneModes(t *testing.T) {
	for _, c := range []struct {
		mode, used string
		xdp, tcx   bool
	}{
		{"auto", "xdp", true, false},
		{"xdp", "xdp", true, false},
		{"xdp-generic", "xdp-generic", true, false},
		{"tc", "tc", false, true},
		{"socket", "socket", false, false},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			for _, n := range l.nodes {
				n.Firewall(lab.EstablishedOnly)
			}
			a := l.pairLife(func(n *node, priority int) *testnet.Process {
				p := n.xvrrp(on("eth0", c.mode, priority))
				says(t, p, "dataplane="+c.used+" ", time.Second)
				if got := n.attached("eth0") != 0; got != c.xdp {
					t.Errorf("an XDP program stands on eth0: %v", got)
				}
				if got := n.tcx("eth0") > 0; got != c.tcx {
					t.Errorf("a tcx program stands on eth0: %v", got)
				}
				return p
			})
			if err := a.Stop(patience); err != nil {
				t.Error(err)
			}
			for _, n := range l.nodes {
				nothingLeft(t, n)
				if n.tcx("eth0") != 0 {
					t.Errorf("a tcx program is left on %s", n.Name)
				}
			}
		})
	}
}

// over puts a device on eth0, moves the node's address there and returns its name.
func (n *node) over(dev netlink.Link, enslave bool) string {
	n.t.Helper()
	name := dev.Attrs().Name
	eth := n.Link("eth0")
	if !enslave {
		dev.Attrs().ParentIndex = eth.Attrs().Index
	}
	if err := n.Netlink().LinkAdd(dev); err != nil {
		n.t.Fatalf("make %s: %v", name, err)
	}
	if enslave {
		if err := n.Netlink().LinkSetMaster(eth, n.Link(name)); err != nil {
			n.t.Fatalf("eth0 into %s: %v", name, err)
		}
	}
	prefix := n.ip + "/24"
	n.DeleteAddress("eth0", prefix)
	n.Up(name)
	n.AddAddress(name, prefix)
	return name
}

// An instance may live on what is no network card. VLAN devices and bonds, which
// not every kernel has, are tested in internal/datapath where there are any.
func TestDataplaneDevices(t *testing.T) {
	for _, c := range []struct {
		name    string
		make    func() netlink.Link
		enslave bool
	}{
		{"bridge", func() netlink.Link { return &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "br0"}} }, true},
		{"macvlan", func() netlink.Link {
			return &netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: "mac0"}, Mode: netlink.MACVLAN_MODE_BRIDGE}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			var device string
			for _, n := range l.nodes {
				device = n.over(c.make(), c.enslave)
			}
			var used []string
			l.pairLife(func(n *node, priority int) *testnet.Process {
				p := n.xvrrp(on(device, "auto", priority))
				_, after, _ := strings.Cut(p.Output(), "dataplane=")
				mode, _, _ := strings.Cut(after, " ")
				used = append(used, mode)
				return p
			})
			t.Logf("auto is %v", slices.Compact(used))
		})
	}
}

// A device that vanishes under the daemon and returns is attached again, with
// another index: on the master, whose backup takes over meanwhile, and on the
// backup, which hears its master again.
func TestDataplaneDeviceReturns(t *testing.T) {
	for _, mode := range []string{"xdp", "tc", "socket"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			b := l.b.xvrrp(on("eth0", mode, 100))
			l.owned(peersVIP, "b", patience)
			a := l.a.xvrrp(on("eth0", mode, 200))
			l.owned(peersVIP, "a", patience)
			for _, c := range []struct {
				n           *node
				p           *testnet.Process
				while, then string
			}{{l.a, a, "b", "a"}, {l.b, b, "a", "a"}} {
				if err := c.n.Netlink().LinkDel(c.n.Link("eth0")); err != nil {
					t.Fatal(err)
				}
				says(t, c.p, "Netlink reports eth0 down", patience)
				l.owned(peersVIP, c.while, patience)
				c.n.port = l.sw.Connect(c.n.Host, "eth0", c.n.ip+"/24")
				says(t, c.p, fmt.Sprintf("dataplane=%s ifindex=%d", mode, c.n.Index("eth0")), patience)
				l.owned(peersVIP, c.then, patience)
				l.stays(peersVIP, c.then, time.Second)
			}
			if err := a.Stop(patience); err != nil {
				t.Error(err)
			}
			l.owned(peersVIP, "b", patience)
			nothingLeft(t, l.a)
		})
	}
}

// unicast is conf with one peer.
func unicast(priority int, from, peer string) string {
	return strings.Replace(conf(3, "BACKUP", priority, "0.05"), "    virtual_ipaddress", fmt.Sprintf(
		"    unicast_src_ip %s\n    unicast_peer {\n        %s\n    }\n    virtual_ipaddress", from, peer), 1)
}

// What the kernel does for a backup outlives its death and is handed to its
// successor without a gap: the peer never gets the ICMP error that answers a
// unicast advert which nobody consumed, and some program always stands on the
// device, first the old one, then the new one.
func TestDataplaneIsHandedOn(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.a.xvrrp(unicast(200, l.a.ip, l.b.ip))
	l.owned(peersVIP, "a", patience)
	wire := l.a.Capture("eth0")
	refusals := func() int {
		return len(wire.Matching(func(f lab.Frame) bool { // destination unreachable
			return !f.Out && len(f.Data) > 35 && f.Data[12] == 8 && f.Data[13] == 0 && f.Data[23] == 1 && f.Data[34] == 3
		}))
	}
	testnet.Eventually(t, 5*time.Second, func() error {
		if refusals() == 0 {
			return errors.New("no ICMP error while nobody listens: this test could not fail")
		}
		return nil
	})
	b := l.b.xvrrp(unicast(100, l.b.ip, l.a.ip))
	before := refusals()

	stop, seen := make(chan struct{}), make(chan []uint32)
	go func() {
		var ids []uint32
		for {
			select {
			case <-stop:
				seen <- ids
				return
			default:
			}
			got, err := l.b.Netlink().LinkByName("eth0")
			id := uint32(0)
			if err == nil && got.Attrs().Xdp != nil {
				id = got.Attrs().Xdp.ProgId
			}
			if len(ids) == 0 || ids[len(ids)-1] != id {
				ids = append(ids, id)
			}
		}
	}()
	for range 3 {
		b.Kill()
		l.stays(peersVIP, "a", 300*time.Millisecond)
		b = l.b.xvrrp(unicast(100, l.b.ip, l.a.ip))
		l.stays(peersVIP, "a", 300*time.Millisecond)
	}
	close(stop)
	ids := <-seen
	if len(ids) != 4 || slices.Contains(ids, 0) {
		t.Errorf("programs on the device, one after the other: %v; want one for each of 4 daemons and never 0", ids)
	}
	if n := refusals() - before; n != 0 {
		t.Errorf("%d ICMP errors reached the peer", n)
	}
	if err := b.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, l.b)
}

// standing attaches an XDP program of somebody else, which passes everything.
func (n *node) standing(device string) (id uint32) {
	n.t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.XDP, License: "MIT", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 2), asm.Return()},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	index := n.Index(device)
	n.Do(func() {
		l, err := link.AttachXDP(link.XDPOptions{Program: p, Interface: index})
		if err != nil {
			n.t.Fatal(err)
		}
		n.t.Cleanup(func() { l.Close(); p.Close() })
	})
	return n.attached(device)
}

// An XDP program that stands already keeps its place: auto takes tcx behind it,
// and xdp by force is a fault that says so.
func TestDataplaneForeignProgramStays(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	foreign := map[*node]uint32{}
	for _, n := range l.nodes {
		foreign[n] = n.standing("eth0")
	}
	a := l.pairLife(func(n *node, priority int) *testnet.Process {
		p := n.xvrrp(on("eth0", "auto", priority))
		says(t, p, "dataplane=tc ", time.Second)
		return p
	})
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	forced := l.a.xvrrp(on("eth0", "xdp", 200))
	says(t, forced, "cannot receive adverts on eth0", patience)
	l.stays(peersVIP, "", time.Second) // deaf, it must not be master
	if err := forced.Stop(patience); err != nil {
		t.Error(err)
	}
	for _, n := range l.nodes {
		if got := n.attached("eth0"); got != foreign[n] {
			t.Errorf("program %d stands on %s, want %d", got, n.Name, foreign[n])
		}
		if n.tcx("eth0") != 0 {
			t.Errorf("a tcx program is left on %s", n.Name)
		}
	}
}
