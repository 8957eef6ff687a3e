package test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// withFaults waits until the daemon says that an instance is in FAULT for exactly one of these sets of reasons.
func (n *node) withFaults(instance string, faults ...string) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		err := n.inState("FAULT", instance)
		for _, f := range faults {
			if err != nil && strings.Contains(err.Error(), "FAULT with faults ["+f+"]") {
				return nil
			}
		}
		return fmt.Errorf("%w, for %s", err, strings.Join(faults, " or "))
	})
}

// is waits until the daemon says that an instance is in a state without a fault.
func (n *node) is(instance, state string) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error { return n.inState(state, instance) })
}

// set runs `ip link set`.
func (n *node) set(args ...string) {
	n.t.Helper()
	n.Run("ip", append([]string{"link", "set"}, args...)...)
}

// garps are the captured gratuitous ARPs for an address from a MAC: requests, or replies.
func garps(c *lab.Capture, ip string, mac net.HardwareAddr, operation byte) (list []lab.Frame) {
	addr := net.ParseIP(ip).To4()
	return c.Matching(func(f lab.Frame) bool {
		d := f.Data
		return len(d) >= 42 && d[12] == 8 && d[13] == 6 && d[21] == operation && bytes.Equal(d[22:28], mac) &&
			bytes.Equal(d[28:32], addr) && bytes.Equal(d[38:42], addr) && bytes.Equal(d[6:12], mac) && bytes.Equal(d[0:6], bytes.Repeat([]byte{255}, 6))
	})
}

// announcedFrom waits for gratuitous ARPs from a MAC after a moment.
func announcedFrom(t *testing.T, c *lab.Capture, ip string, mac net.HardwareAddr, after int) {
	t.Helper()
	testnet.Eventually(t, patience, func() error {
		if got := len(garps(c, ip, mac, 1)); got <= after {
			return fmt.Errorf("%d gratuitous ARPs for %s from %v, want more than %d", got, ip, mac, after)
		}
		return nil
	})
}

// A pair in which a is master, and the events of a's interface.
func TestInterfaceEvents(t *testing.T) {
	t.Parallel()
	pair := func(t *testing.T, lines ...string) (*lan, *testnet.Process) {
		t.Helper()
		l := newLAN(t, peersNetwork)
		l.b.xvrrp(fast("VI_1", 100, unhurried))
		l.owned(fastVIP, "b", patience)
		p := l.a.xvrrp("global_defs {\n dynamic_interfaces allow_if_changes\n}\n" + fast("VI_1", 200, append(lines, unhurried)...))
		l.owned(fastVIP, "a", patience)
		return l, p
	}
	t.Run("renamed and back", func(t *testing.T) {
		t.Parallel()
		l, _ := pair(t)
		for range 2 {
			l.a.set("eth0", "down")
			l.a.set("eth0", "name", "wan0")
			l.a.set("wan0", "up")
			l.a.withFaults("VI_1", "interface eth0")
			l.owned(fastVIP, "b", patience)
			l.a.set("wan0", "down")
			l.a.set("wan0", "name", "eth0")
			l.a.set("eth0", "up")
			l.a.is("VI_1", "MASTER")
			l.owned(fastVIP, "a", patience)
		}
	})
	t.Run("hardware address", func(t *testing.T) {
		t.Parallel()
		l, p := pair(t)
		wire := l.c.Capture("eth0")
		testnet.Eventually(t, patience, func() error {
			_, err := l.c.Host.Host.Run("ping", "-c", "1", "-w", "1", fastVIP) // the client has to know it
			return err
		})
		before := len(p.Output())
		mac := net.HardwareAddr{2, 0, 0x5e, 0, 0, 7}
		l.a.set("eth0", "address", mac.String())
		announcedFrom(t, wire, fastVIP, mac, 0)
		l.knows(fastVIP, "a")
		var advert []byte
		testnet.Eventually(t, patience, func() error {
			sent := advertsOf(wire, l.a, fastVRID)
			if len(sent) == 0 {
				return fmt.Errorf("no advert from %v", mac)
			}
			advert = sent[0].Data
			return nil
		})
		// A network that brings its own frames back to it: they are nobody else's. But those of another host are, and
		// when that is told, what came before has been judged.
		own := garps(wire, fastVIP, mac, 1)[0].Data
		others := bytes.ReplaceAll(own, mac, []byte{2, 0, 0x5e, 0, 0, 8})
		for _, frame := range [][]byte{own, advert, others} {
			l.c.inject("eth0", frame)
		}
		says(t, p, "02:00:5e:00:00:08 claims "+fastVIP, patience)
		out := p.Output()[before:]
		if strings.Contains(out, "FAULT") || strings.Contains(out, "Entering") {
			t.Error("the state changed")
		}
		for _, own := range []string{mac.String() + " claims", mac.String() + " sends"} {
			if strings.Contains(out, own) {
				t.Errorf("its own new address looked like another host's: %q", own)
			}
		}
	})
	t.Run("MTU", func(t *testing.T) {
		t.Parallel()
		l, p := pair(t)
		for _, mtu := range []string{"1280", "576", "1500"} {
			l.a.set("eth0", "mtu", mtu)
			l.stays(fastVIP, "a", 300*time.Millisecond)
		}
		if strings.Contains(p.Output(), "FAULT") {
			t.Error("another MTU was a fault")
		}
	})
	t.Run("primary address", func(t *testing.T) {
		t.Parallel()
		l, _ := pair(t)
		l.a.DeleteAddress("eth0", l.a.ip+"/24")
		l.a.withFaults("VI_1", "no_address")
		l.owned(fastVIP, "b", patience)
		l.a.AddAddress("eth0", l.a.ip+"/24")
		l.a.is("VI_1", "MASTER")
		// Another one: adverts follow it.
		l.a.AddAddress("eth0", "10.9.7.7/24")
		l.a.DeleteAddress("eth0", l.a.ip+"/24")
		wire := l.c.Capture("eth0")
		testnet.Eventually(t, patience, func() error {
			if len(adverts(wire, "10.9.7.7")) == 0 {
				return fmt.Errorf("no advert from the new primary address")
			}
			return nil
		})
		l.a.is("VI_1", "MASTER")
	})
	t.Run("gone and made anew", func(t *testing.T) {
		t.Parallel()
		l, _ := pair(t)
		wire := l.c.Capture("eth0")
		for range 3 {
			if err := l.a.Netlink().LinkDel(l.a.Link("eth0")); err != nil {
				t.Fatal(err)
			}
			// Whether the address is told to be gone before the interface is, is the kernel's business.
			l.a.withFaults("VI_1", "interface eth0", "interface eth0 no_address")
			l.owned(fastVIP, "b", patience)
			l.a.port = l.sw.Connect(l.a.Host, "eth0", l.a.ip+"/24")
			l.a.is("VI_1", "MASTER")
			l.owned(fastVIP, "a", patience)
			announcedFrom(t, wire, fastVIP, l.a.port.MAC, 0)
		}
	})
	t.Run("dont_track_primary", func(t *testing.T) {
		t.Parallel()
		l, p := pair(t, "dont_track_primary")
		wire := l.c.Capture("eth0")
		mac := l.a.Link("eth0").Attrs().HardwareAddr
		if err := l.a.port.Unplug(); err != nil {
			t.Fatal(err)
		}
		l.owned(fastVIP, "a b", patience) // each is alone
		l.a.is("VI_1", "MASTER")
		before := len(garps(wire, fastVIP, mac, 1))
		if err := l.a.port.Plug(); err != nil {
			t.Fatal(err)
		}
		l.owned(fastVIP, "a", patience)
		announcedFrom(t, wire, fastVIP, mac, before)
		if strings.Contains(p.Output(), "FAULT") {
			t.Error("a pulled cable was a fault all the same")
		}
		// But there is no master without an interface.
		if err := l.a.Netlink().LinkDel(l.a.Link("eth0")); err != nil {
			t.Fatal(err)
		}
		l.a.withFaults("VI_1", "interface eth0")
		l.a.port = l.sw.Connect(l.a.Host, "eth0", l.a.ip+"/24")
		l.a.is("VI_1", "MASTER")
		l.owned(fastVIP, "a", patience)
	})
	t.Run("track_interface", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.b.xvrrp(fast("VI_1", 100, unhurried))
		l.owned(fastVIP, "b", patience)
		p := l.a.xvrrp("global_defs {\n dynamic_interfaces\n}\n" + fast("VI_1", 110, unhurried, "track_interface {\n eth1 weight -20\n eth2\n }"))
		l.a.withFaults("VI_1", "tracked_interface eth2") // both are absent
		l.a.Veth("eth2", "wire2")
		l.a.is("VI_1", "BACKUP")
		says(t, p, "Changing effective priority from 110 to 90", patience)
		l.a.Veth("eth1", "wire1")
		l.owned(fastVIP, "a", patience)
		l.a.Down("eth1")
		l.owned(fastVIP, "b", patience)
		l.a.is("VI_1", "BACKUP")
		l.a.Up("eth1")
		l.owned(fastVIP, "a", patience)
		if err := l.a.Netlink().LinkDel(l.a.Link("eth2")); err != nil {
			t.Fatal(err)
		}
		l.a.withFaults("VI_1", "tracked_interface eth2")
		l.owned(fastVIP, "b", patience)
	})
}

// An instance whose interface is not there yet waits for it, where the settings allow that, and is refused where not.
func TestDynamicInterfaces(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	text := strings.Replace(fast("VI_1", 200), "interface eth0", "interface eth7", 1)
	refused(t, l.a, 2, "run", "-f", l.a.write("none.conf", text))
	p := l.a.xvrrp("global_defs {\n dynamic_interfaces\n}\n" + text)
	l.a.withFaults("VI_1", "no_address interface eth7")
	says(t, p, "Entering FAULT STATE", patience)
	l.sw.Connect(l.a.Host, "eth7", "10.9.0.7/24")
	l.a.is("VI_1", "MASTER")
	l.owned(fastVIP, "a", patience)
}
