package test

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// byBPF turns a configuration with use_vmac into one with virtual_mac bpf.
func byBPF(conf string) string {
	return strings.ReplaceAll(conf, "    use_vmac\n", "") + "xvrrp {\n    virtual_mac bpf\n}\n"
}

func bothByBPF(priority int) string { return byBPF(both(priority)) }

func xvrrpBPF(more ...string) maker {
	return func(n *node, priority int) daemon { return process{n.xvrrp(byBPF(vmacConf(priority, more...))), n} }
}

// takesIn are the virtual MACs that the node's eth0 takes frames in for.
func (n *node) takesIn() (list []string) {
	n.t.Helper()
	entries, err := n.Netlink().NeighList(n.Index("eth0"), unix.AF_BRIDGE)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, e := range entries {
		if mac := e.HardwareAddr.String(); strings.HasPrefix(mac, "00:00:5e:") {
			list = append(list, mac)
		}
	}
	return list
}

// spoken is one frame of each kind that a master of the address sends with the
// virtual MAC, whole, as the client's wire has it.
type spoken map[string][]byte

// speech collects them from whoever is master.
func (l *lan) speech(from string) spoken {
	l.t.Helper()
	wire := l.c.Capture("eth0")
	defer wire.Close()
	arp := func(op byte, kind func(f []byte) bool) func(lab.Frame) bool {
		return func(f lab.Frame) bool {
			return !f.Out && len(f.Data) >= 42 && f.Data[12] == 8 && f.Data[13] == 6 && f.Data[21] == op &&
				net.IP(f.Data[28:32]).String() == peersVIP && kind(f.Data)
		}
	}
	kinds := map[string]func(lab.Frame) bool{
		"gratuitous ARP": arp(1, func(f []byte) bool { return bytes.Equal(f[28:32], f[38:42]) }),
		"ARP reply":      arp(2, func([]byte) bool { return true }),
		"advert": func(f lab.Frame) bool {
			return len(f.Data) > 34 && f.Data[12] == 8 && f.Data[13] == 0 && f.Data[23] == 112 && net.IP(f.Data[26:30]).String() == from
		},
	}
	all := spoken{}
	testnet.Eventually(l.t, patience, func() error {
		l.c.WhoHas("eth0", peersVIP, 20*time.Millisecond)
		for kind, is := range kinds {
			if frames := wire.Matching(is); len(frames) > 0 {
				all[kind] = frames[0].Data
				continue
			}
			return fmt.Errorf("no %s", kind)
		}
		return nil
	})
	return all
}

// What leaves is, byte by byte, what leaves with a macvlan, ours or keepalived's: adverts, gratuitous ARP, ARP replies.
func TestVirtualMACByBPFSpeaksLikeAMacvlan(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	refresh := []string{"garp_master_refresh 1"}
	take := func(m maker, what string) spoken {
		t.Helper()
		d := m(l.a, 200)
		testnet.Eventually(t, patience, func() error {
			if !d.holds(l) {
				return fmt.Errorf("%s is not master", what)
			}
			return nil
		})
		defer d.stop(t)
		return l.speech(l.a.ip)
	}
	bpf := take(xvrrpBPF(refresh...), "bpf")
	for what, m := range map[string]maker{
		"use_vmac": xvrrpVMAC(refresh...),
		"keepalived": func(n *node, priority int) daemon {
			return process{n.keepalived(vmacConf(priority, refresh...)), n}
		},
	} {
		for kind, want := range take(m, what) {
			got := slices.Clone(bpf[kind])
			if kind == "advert" { // keepalived counts datagrams; the identification and the header's checksum go with it
				for _, f := range [][]byte{got, want} {
					clear(f[18:20])
					clear(f[24:26])
				}
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s of bpf and of %s:\n%x\n%x", kind, what, got, want)
			}
			if mac := net.HardwareAddr(want[6:12]).String(); mac != virtualMAC {
				t.Errorf("%s of %s is from %s", kind, what, mac)
			}
		}
	}
}

// A client that knows nothing but the virtual MAC is answered; data goes out with the interface's own MAC.
func TestVirtualMACByBPFTakesFramesIn(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := xvrrpBPF()(l.a, 200)
	l.owned(peersVIP, "a", patience)
	mac, err := net.ParseMAC(virtualMAC)
	if err != nil {
		t.Fatal(err)
	}
	// The host's own address as well, as for a route through the virtual router.
	for _, ip := range []string{peersVIP, l.a.ip} {
		err := l.c.Netlink().NeighSet(&netlink.Neigh{LinkIndex: l.c.Index("eth0"), IP: net.ParseIP(ip), HardwareAddr: mac, State: netlink.NUD_PERMANENT})
		if err != nil {
			t.Fatal(err)
		}
	}
	wire := l.c.Capture("eth0")
	l.pinged(peersVIP)
	l.pinged(l.a.ip)
	replies := wire.Matching(func(f lab.Frame) bool {
		return !f.Out && len(f.Data) > 34 && f.Data[12] == 8 && f.Data[13] == 0 && f.Data[23] == 1 && net.IP(f.Data[26:30]).String() == peersVIP
	})
	if got, want := sourceMACs(replies), []string{l.a.Link("eth0").Attrs().HardwareAddr.String()}; !slices.Equal(got, want) {
		t.Errorf("data leaves with %v, want %v", got, want)
	}
	if got := l.a.takesIn(); !slices.Equal(got, []string{virtualMAC}) {
		t.Errorf("as master it takes in %v", got)
	}
	a.stop(t)
	if got := l.a.takesIn(); len(got) > 0 {
		t.Errorf("after the stop it takes in %v", got)
	}
	nothingLeft(t, l.a)
}

// answeredWith waits until the address is answered for by this MAC alone.
func (l *lan) answeredWith(mac string) {
	l.t.Helper()
	testnet.Eventually(l.t, patience, func() error {
		answers := l.c.WhoHas("eth0", peersVIP, 50*time.Millisecond)
		if len(answers) != 1 || answers[0].MAC.String() != mac {
			return fmt.Errorf("answered by %v, want %s", answers, mac)
		}
		return nil
	})
}

// A reload switches it on and off, and between the kinds. A killed daemon's successor goes on with it, or takes it away.
func TestVirtualMACByBPFComesAndGoes(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	own := l.a.Link("eth0").Attrs().HardwareAddr.String()
	plain := strings.Replace(vmacConf(200), "    use_vmac\n", "", 1)
	a := l.a.xvrrp(plain)
	l.answeredWith(own)
	for _, step := range []struct{ conf, mac string }{
		{byBPF(vmacConf(200)), virtualMAC}, {plain, own}, {byBPF(vmacConf(200)), virtualMAC}, {vmacConf(200), virtualMAC}, {byBPF(vmacConf(200)), virtualMAC},
	} {
		l.a.write("keepalived.conf", step.conf)
		a.Signal(syscall.SIGHUP)
		l.answeredWith(step.mac)
	}
	testnet.Eventually(t, patience, func() error {
		if _, err := l.a.Netlink().LinkByName("vrrp.51"); err == nil {
			return fmt.Errorf("vrrp.51 is still there")
		}
		return nil
	})
	a.Kill()
	a = l.a.xvrrp(byBPF(vmacConf(200)))
	l.answeredWith(virtualMAC)
	l.pinged(peersVIP)
	a = l.a.successor(a)
	l.answeredWith(virtualMAC)
	l.pinged(peersVIP)
	a.Kill()
	a = l.a.xvrrp(plain)
	l.answeredWith(own)
	if got := l.a.takesIn(); len(got) > 0 {
		t.Errorf("takes in %v although nobody wants it", got)
	}
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, l.a)
}

// Where it cannot be, the instance is in FAULT and says why: a macvlan takes in its own MAC alone.
func TestVirtualMACByBPFOnAMacvlan(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = "mac0", l.a.Index("eth0")
	if err := l.a.Netlink().LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}); err != nil {
		t.Fatal(err)
	}
	l.a.AddAddress("mac0", "10.9.0.11/24")
	l.a.Up("mac0")
	a := l.a.xvrrp(strings.Replace(byBPF(vmacConf(200)), "interface eth0", "interface mac0", 1))
	says(t, a, "Entering FAULT STATE", patience)
	says(t, a, "no virtual MAC on mac0", patience)
	if l.a.Has(peersVIP) {
		t.Error("it is master all the same")
	}
}

// alone is a master by BPF and a client that knows the virtual MAC alone, for the address and for the host's own.
func alone(t *testing.T, l *lan, conf string) (a *testnet.Process, answered func(ip string, since time.Time) bool) {
	t.Helper()
	a = l.a.xvrrp(conf)
	l.owned(peersVIP, "a", patience)
	mac, err := net.ParseMAC(virtualMAC)
	if err != nil {
		t.Fatal(err)
	}
	pings := map[string]*lab.Ping{}
	for _, ip := range []string{peersVIP, l.a.ip} {
		err := l.c.Netlink().NeighSet(&netlink.Neigh{LinkIndex: l.c.Index("eth0"), IP: net.ParseIP(ip), HardwareAddr: mac, State: netlink.NUD_PERMANENT})
		if err != nil {
			t.Fatal(err)
		}
		pings[ip] = l.c.Ping(ip, 5*time.Millisecond)
	}
	return a, func(ip string, since time.Time) bool {
		for _, e := range pings[ip].Echoes() {
			if e.Sent.After(since) && !e.Answered.IsZero() {
				return true
			}
		}
		return false
	}
}

// bothAnswered waits until both addresses are answered for, or neither, over some questions.
func (l *lan) bothAnswered(what string, want bool, answered func(string, time.Time) bool) {
	l.t.Helper()
	testnet.Eventually(l.t, patience, func() error {
		since := time.Now()
		for end := since.Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if vip, real := answered(peersVIP, since), answered(l.a.ip, since); vip && real {
				if want {
					return nil
				}
				return fmt.Errorf("%s: the address and the host answer", what)
			}
		}
		vip, real := answered(peersVIP, since), answered(l.a.ip, since)
		if vip != want || real != want {
			return fmt.Errorf("%s: the address is answered for: %v, the host: %v", what, vip, real)
		}
		return nil
	})
}

// The fence shuts the virtual MAC, too: a frozen or dead master takes in nothing for it, be it for the address or to be
// passed on. The host itself lives.
func TestVirtualMACByBPFBehindTheFence(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a, answered := alone(t, l, byBPF(vmacConf(200)))
	l.bothAnswered("alive", true, answered)
	a.Freeze()
	l.bothAnswered("frozen", false, answered)
	ping := l.b.Ping(l.a.ip, 5*time.Millisecond) // b knows the host's own MAC
	testnet.Eventually(t, patience, func() error {
		for _, e := range ping.Echoes() {
			if !e.Answered.IsZero() {
				return nil
			}
		}
		return fmt.Errorf("the frozen daemon's host is dead")
	})
	a.Thaw()
	l.bothAnswered("back", true, answered)
	a.Kill()
	l.bothAnswered("dead", false, answered)
	a = l.a.xvrrp(byBPF(vmacConf(200)))
	l.bothAnswered("with a successor", true, answered)

	// Without a fence a dead daemon's host goes on as it was.
	if err := a.Stop(patience); err != nil {
		t.Fatal(err)
	}
	a = l.a.xvrrp(byBPF(vmacConf(200)) + "xvrrp {\n    fence off\n}\n")
	l.bothAnswered("without a fence", true, answered)
	a.Kill()
	testnet.Throughout(t, 2*time.Second, func() error { // longer than any lease
		if !l.a.Has(peersVIP) {
			return fmt.Errorf("the address is gone")
		}
		return nil
	})
	l.bothAnswered("dead without a fence", true, answered)
	a = l.a.xvrrp(byBPF(vmacConf(200)))
	l.bothAnswered("with a successor again", true, answered)
	if err := a.Stop(patience); err != nil {
		t.Fatal(err)
	}
	l.bothAnswered("stopped", false, answered)
}

// The stop that leaves the addresses leaves the virtual MAC with them; the next daemon goes on, and its stop takes all away.
func TestVirtualMACByBPFStaysWithItsAddresses(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	file := l.a.write("keepalived.conf", byBPF(vmacConf(200)))
	own := l.a.write("xvrrp.conf", "xvrrp {\n  listen none\n}\n")
	keeping := l.a.Start(binary, "--runtime-dir", l.a.runtimeDir(), "run", "-V", "-f", file, "-f", own)
	l.owned(peersVIP, "a", patience)
	l.answeredWith(virtualMAC)
	if err := keeping.Stop(patience); err != nil {
		t.Fatal(err)
	}
	if !l.a.Has(peersVIP) {
		t.Fatal("the address is gone")
	}
	l.answeredWith(virtualMAC)
	a, answered := alone(t, l, byBPF(vmacConf(200)))
	l.bothAnswered("with a successor", true, answered)
	if err := a.Stop(patience); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, l.a)
	if got := l.a.takesIn(); len(got) > 0 {
		t.Errorf("at the end it takes in %v", got)
	}
}

// An interface that is deleted and made again gets everything again.
func TestVirtualMACByBPFOnAnInterfaceThatReturns(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a, answered := alone(t, l, "global_defs {\n    dynamic_interfaces\n}\n"+byBPF(vmacConf(200)))
	l.bothAnswered("at first", true, answered)
	for range 2 {
		if err := l.a.Netlink().LinkDel(l.a.Link("eth0")); err != nil {
			t.Fatal(err)
		}
		says(t, a, "Entering FAULT STATE", patience)
		l.a.port = l.sw.Connect(l.a.Host, "eth0", l.a.ip+"/24")
		l.owned(peersVIP, "a", patience)
		l.bothAnswered("returned", true, answered)
	}
	if err := a.Stop(patience); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, l.a)
}

// On a bridge, as on a host of virtual machines.
func TestVirtualMACByBPFOnABridge(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "vmbr0"
	if err := l.a.Netlink().LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
		t.Fatal(err)
	}
	l.a.DeleteAddress("eth0", l.a.ip+"/24")
	if err := l.a.Netlink().LinkSetMaster(l.a.Link("eth0"), l.a.Link("vmbr0")); err != nil {
		t.Fatal(err)
	}
	l.a.AddAddress("vmbr0", l.a.ip+"/24")
	l.a.Up("vmbr0")
	conf := strings.Replace(byBPF(vmacConf(200)), "interface eth0", "interface vmbr0", 1)
	_, answered := alone(t, l, conf)
	l.bothAnswered("on a bridge", true, answered)
	l.answeredWith(virtualMAC)
}

// Unicast adverts keep the interface's MAC, as with use_vmac; announcements and answers bear the virtual one.
func TestVirtualMACByBPFUnicast(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	wire := l.b.Capture("eth0")
	l.a.xvrrp(byBPF(vmacConf(200, "unicast_src_ip "+l.a.ip, "unicast_peer {\n        "+l.b.ip+"\n    }")))
	l.answeredWith(virtualMAC)
	testnet.Eventually(t, patience, func() error {
		if len(adverts(wire, l.a.ip)) < 3 {
			return fmt.Errorf("no adverts")
		}
		return nil
	})
	if got, want := sourceMACs(adverts(wire, l.a.ip)), []string{l.a.Link("eth0").Attrs().HardwareAddr.String()}; !slices.Equal(got, want) {
		t.Errorf("adverts leave with %v, want %v", got, want)
	}
}
