package test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// A virtual address may live on another interface than its instance's: what happens there is told there, while the
// instance stays master.
func TestAddressOnAnotherInterface(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	other := l.Switch("lan1")
	l.a.second(other, "10.8.0.1/24")
	l.c.second(other, "10.8.0.9/24")
	p := l.a.xvrrp(strings.Replace(fast("VI_1", 200), fastVIP+"/32", fastVIP+"/32\n 10.8.0.99/24 dev eth1\n }\n virtual_ipaddress_excluded {\n 2001:db8:8::99/64 dev eth1", 1))
	l.owned("10.8.0.99", "a", patience)
	wire := l.c.Capture("eth1")
	mac := func() net.HardwareAddr { return l.a.Link("eth1").Attrs().HardwareAddr }
	again := func(what string, do func()) {
		t.Helper()
		was, before := mac(), len(garps(wire, "10.8.0.99", mac(), 1))
		do()
		if !bytes.Equal(was, mac()) {
			before = 0
		}
		announcedFrom(t, wire, "10.8.0.99", mac(), before)
		testnet.Eventually(t, patience, func() error {
			if !slices.Contains(l.a.Addresses("eth1"), "2001:db8:8::99/64") || !slices.Contains(l.a.Addresses("eth1"), "10.8.0.99/24") {
				return fmt.Errorf("%s: eth1 has %v", what, l.a.Addresses("eth1"))
			}
			return nil
		})
	}
	again("down and up", func() { l.a.Down("eth1"); l.a.Up("eth1") })
	again("hardware address", func() { l.a.set("eth1", "address", "02:00:5e:00:00:08") })
	again("anew", func() {
		if err := l.a.Netlink().LinkDel(l.a.Link("eth1")); err != nil {
			t.Fatal(err)
		}
		l.a.second(other, "10.8.0.1/24")
	})
	if strings.Count(p.Output(), "Entering MASTER") != 1 || strings.Contains(p.Output(), "FAULT") {
		t.Error("the state changed")
	}
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	l.owned("10.8.0.99", "", patience)
}

// At boot the kernel looks for its link-local address on the link before it uses it. An IPv6 instance waits for that and
// calls it no fault.
func TestTentativeAddressIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := &lan{t: t, Net: testnet.New(t, lab.DAD())}
	l.sw = l.Switch("lan")
	a := l.node("a", peersNetwork, 1)
	l.nodes = []*node{a}
	fault := a.write("fault", "#!/bin/sh\ntouch "+a.dir+"/was-fault\n")
	a.Run("chmod", "755", fault)
	conf := strings.Replace(conf6(200, "0.1"), "priority", "notify_fault \""+fault+"\"\n    priority", 1)
	slow := func() { // a probe takes a second, and the kernel sends three
		a.Sysctl("net/ipv6/conf/eth0/dad_transmits", "3")
		a.Down("eth0")
		a.Up("eth0")
	}
	slow()
	tentative := func() bool {
		return strings.Contains(a.Run("ip", "-6", "address", "show", "dev", "eth0", "scope", "link"), "tentative")
	}
	if !tentative() {
		t.Fatal("the link-local address is not tentative: this test could not fail")
	}
	p := a.xvrrp("global_defs {\n script_user root\n}\n" + conf)
	if !tentative() {
		t.Log("the machine is slow: detection was over before the daemon was up")
	}
	l.owned(vip6, "a", patience)
	if out := p.Output(); strings.Contains(out, "FAULT") {
		t.Error("waiting for duplicate address detection was a fault")
	}
	if a.Run("ls", a.dir); strings.Contains(a.Run("ls", a.dir), "was-fault") {
		t.Error("notify_fault ran")
	}
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, a)
}

// Some neighbours learn from requests and some from replies: with garp_reply both are sent.
func TestGratuitousReply(t *testing.T) {
	t.Parallel()
	for _, both := range []bool{false, true} {
		l := newLAN(t, peersNetwork)
		wire := l.c.Capture("eth0")
		text := fast("VI_1", 200)
		if both {
			text += "xvrrp {\n garp_reply on\n}\n"
		}
		l.a.xvrrp(text)
		mac := l.a.Link("eth0").Attrs().HardwareAddr
		testnet.Eventually(t, patience, func() error {
			requests, replies := len(garps(wire, fastVIP, mac, 1)), len(garps(wire, fastVIP, mac, 2))
			if want := map[bool]int{false: 0, true: 5}[both]; requests != 5 || replies != want {
				return fmt.Errorf("%d requests and %d replies, want 5 and %d", requests, replies, want)
			}
			return nil
		})
	}
}

// A virtual address that somebody adds on a backup is told, or removed, as the settings say; one that stood before the
// daemon is none of its business.
func TestStrayAddress(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"report", "remove"} {
		l := newLAN(t, peersNetwork)
		l.b.xvrrp(fast("VI_1", 200))
		l.owned(fastVIP, "b", patience)
		l.a.AddAddress("eth0", "10.9.0.98/32")
		p := l.a.serving(strings.Replace(fast("VI_1", 100, unhurried), fastVIP+"/32", fastVIP+"/32\n 10.9.0.98/32", 1) + "xvrrp {\n stray_addresses " + rule + "\n}\n")
		l.a.is("VI_1", "BACKUP")
		l.a.AddAddress("eth0", fastVIP+"/24") // with another prefix length, and answered for all the same
		if rule == "remove" {
			says(t, p, "stray removed", patience)
			l.owned(fastVIP, "b", patience)
		} else {
			says(t, p, "stray found", patience)
			l.stays(fastVIP, "a b", 300*time.Millisecond)
		}
		if !l.a.Has("10.9.0.98") {
			t.Error("an address that stood before us is gone")
		}
		if got := sample(l.a.get("http://127.0.0.1:9112/metrics"), "xvrrp_vip_strays_total"); got != 1 {
			t.Errorf("xvrrp_vip_strays_total is %v", got)
		}
	}
}
