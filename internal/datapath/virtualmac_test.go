package datapath

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

var (
	vmac4 = [6]byte{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}
	vmac6 = [6]byte{0x00, 0x00, 0x5e, 0x00, 0x02, 0x33}
)

func virtualMACs(ifindex int, lease time.Duration) []VirtualMAC {
	return []VirtualMAC{
		{IfIndex: ifindex, MAC: vmac4, VIPs: []netip.Addr{netip.MustParseAddr(vip4)}, Lease: lease},
		{IfIndex: ifindex, MAC: vmac6, VIPs: []netip.Addr{netip.MustParseAddr(vip6)}, Lease: lease},
	}
}

// as gives an ARP or ND frame another sender: in the Ethernet header, in the message, and where there is one in the checksum.
func as(mac [6]byte, f []byte) []byte {
	f = bytes.ReplaceAll(slices.Clone(f), testMAC[:], mac[:])
	return checked(f)
}

// router sets the flag R of an advertisement.
func router(f []byte) []byte {
	f = slices.Clone(f)
	f[58] |= 0x80
	return checked(f)
}

// checked puts the right checksum into an ICMPv6 message, by the book (RFC 4443 §2.3).
func checked(f []byte) []byte {
	if f[12] != 0x86 {
		return f
	}
	message := f[54:]
	message[2], message[3] = 0, 0
	pseudo := slices.Concat(f[22:54], binary.BigEndian.AppendUint32(nil, uint32(len(message))), []byte{0, 0, 0, 58}, message)
	sum := uint32(0)
	for i := 0; i < len(pseudo); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(pseudo[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	binary.BigEndian.PutUint16(message[2:], ^uint16(sum))
	return f
}

// TestVirtualMACSpeech: what the host says of the addresses bears their MAC, and nothing else changes.
func TestVirtualMACSpeech(t *testing.T) {
	reply, request := arp(2, vip4, peer4), arp(1, vip4, peer4)
	na := checked(nd(136, vip6, vip6, testMAC[:]))
	naShort := checked(nd(136, vip6, vip6, nil))
	ns := checked(nd(135, vip6, peer6, testMAC[:]))
	fromOther := checked(nd(136, peer6, vip6, testMAC[:]))
	strange := checked(nd(136, vip6, vip6, testMAC[:]))
	strange[78] = 14 // another option
	strange = checked(strange)
	cases := []struct{ what, was, is string }{
		{"ARP reply for the address", string(reply), string(as(vmac4, reply))},
		{"gratuitous ARP", string(arp(1, vip4, vip4)), string(as(vmac4, arp(1, vip4, vip4)))},
		{"ARP request in the name of the address", string(request), string(as(vmac4, request))},
		{"the same, tagged 0", string(tagged(request, 0)), string(as(vmac4, tagged(request, 0)))},
		{"the same on a VLAN", string(tagged(request, 3)), ""},
		{"already with the virtual MAC", string(as(vmac4, reply)), string(as(vmac4, reply))},
		{"ARP reply for another address", string(arp(2, other4, peer4)), ""},
		{"ARP request for the address", string(arp(1, other4, vip4)), ""},
		{"ARP of another kind", string(set(reply, 18, 8)), ""},
		{"ARP cut short", string(reply[:41]), ""},
		{"advertisement", string(na), string(router(as(vmac6, na)))},
		{"advertisement without a MAC", string(naShort), string(router(as(vmac6, naShort)))},
		{"advertisement from another address of ours", string(fromOther), string(router(as(vmac6, fromOther)))},
		{"advertisement with another option", string(strange), string(router(onlyEthernet(vmac6, strange)))},
		{"solicitation in the name of the address", string(ns), string(as(vmac6, ns))},
		{"solicitation for the address", string(checked(nd(135, other, vip6, testMAC[:]))), ""},
		{"advertisement of another address", string(checked(nd(136, vip6, other, testMAC[:]))), ""},
		{"data from the address", string(frame(advert(7, vip4, nil))), ""},
		{"data from the address, IPv6", string(ipv6From(vip6)), ""},
	}
	c := newCourt(t, Config{}, "tc")
	say := func(frame string) string {
		t.Helper()
		opts := &ebpf.RunOptions{Data: []byte(frame), DataOut: make([]byte, len(frame)+256), Repeat: 1}
		ret, err := c.objects.VMACEgress.Run(opts)
		if err != nil || !c.passed(t, ret) {
			t.Fatalf("test-run: %d, %v", int32(ret), err)
		}
		return string(opts.DataOut)
	}
	// The maps alone: loopback has no filter of MACs.
	table := newMACTable()
	for _, m := range virtualMACs(courtIfIndex, 0) {
		table.add(&m)
	}
	speak := func(on bool) {
		t.Helper()
		from, to := newMACTable(), table
		if !on {
			from, to = table, from
		}
		o := c.objects
		if err := errors.Join(put(o.Voices4, "", from.voices4, to.voices4), put(o.Voices6, "", from.voices6, to.voices6),
			drop(o.Voices4, "", from.voices4, to.voices4), drop(o.Voices6, "", from.voices6, to.voices6)); err != nil {
			t.Fatal(err)
		}
	}
	for _, master := range []bool{false, true, false} {
		speak(master)
		for _, test := range cases {
			want := test.was
			if master && test.is != "" {
				want = test.is
			}
			if got := say(test.was); got != want {
				t.Errorf("%s, master %v:\n%x, want\n%x", test.what, master, got, want)
			}
		}
	}
}

func onlyEthernet(mac [6]byte, f []byte) []byte {
	f = slices.Clone(f)
	copy(f[6:], mac[:])
	return f
}

func ipv6From(src string) []byte { return frame(set(advert(7, src, nil), 6, 17)) }

// TestVirtualMACOnTheWire: a neighbour that knows the virtual MAC alone is answered, with it, exactly while this host is master
// and alive. By tcx, and by clsact filters as before Linux 6.6.
func TestVirtualMACOnTheWire(t *testing.T) {
	for _, c := range []struct {
		way string
		xdp Mode
	}{{"tcx", XDP}, {"clsact", XDP}, {"tcx", XDPGeneric}, {"clsact", XDPGeneric}} {
		way := c.way
		t.Run(way+" beside "+string(c.xdp), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{Fence: true})
			if way == "tcx" && !l.hasTCX(t) {
				return // TestFeatures says from which kernel on there is one
			}
			l.AddAddress("eth0", vip4+"/24")
			p := newProber(t, l)
			l.attach(t, d, c.xdp, c.xdp)
			l.Do(func() { l.station(t, d, way) })
			set := func(list []VirtualMAC) {
				t.Helper()
				l.Do(func() {
					if err := d.SetVirtualMACs("VI_1", list); err != nil {
						t.Fatal(err)
					}
				})
			}
			answered := func(what string, to [6]byte, want string) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					if got := p.asks(t, to); got != want {
						return fmt.Errorf("%s: a question to %s is answered by %q, want %q", what, net.HardwareAddr(to[:]), got, want)
					}
					return nil
				})
			}
			own := l.Link("eth0").Attrs().HardwareAddr.String()
			virtual := net.HardwareAddr(vmac4[:]).String()
			everybody := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
			answered("backup", vmac4, "")
			answered("backup", everybody, own)
			set(virtualMACs(l.ifindex, testLease))
			hold(t, d, l.ifindex, testLease)
			answered("master", vmac4, virtual)
			answered("master", everybody, virtual)
			answered("master", [6]byte{0, 0, 0x5e, 0, 1, 0x34}, "")
			if !slices.Contains(l.takesIn(t), virtual) {
				t.Errorf("the interface takes in %v", l.takesIn(t))
			}
			if err := d.Lift(); err != nil { // then only the virtual MAC's own lease counts
				t.Fatal(err)
			}
			d.lease.arm(true)
			die(d)
			answered("dead", vmac4, "")
			answered("dead", everybody, virtual)
			d.Heartbeat()
			answered("alive again", vmac4, virtual)
			set(nil)
			answered("backup again", vmac4, "")
			answered("backup again", everybody, own)
			if left := l.takesIn(t); slices.Contains(left, virtual) {
				t.Errorf("the interface still takes in %v", left)
			}
			set(virtualMACs(l.ifindex, 0))
			l.Do(func() {
				if err := d.DetachVirtualMAC(l.ifindex); err != nil {
					t.Fatal(err)
				}
			})
			answered("detached", everybody, own)
		})
	}
}

// station attaches the two programs in one of the ways.
func (l *lan) station(t testing.TB, d *Datapath, way string) {
	t.Helper()
	if way == "tcx" {
		for range 2 {
			if err := d.AttachVirtualMAC(l.ifindex); err != nil {
				t.Fatal(err)
			}
		}
		if len(d.stations[l.ifindex].links) != 2 {
			t.Fatalf("attached as %+v", d.stations[l.ifindex])
		}
		return
	}
	s := &station{}
	d.stations[l.ifindex] = s
	for _, h := range d.hooks() {
		if err := d.manClsact(s, l.ifindex, h); err != nil {
			t.Fatal(err)
		}
	}
	if !s.alive(l.ifindex) {
		t.Fatal("the filters are not there")
	}
}

// takesIn lists the MACs beside its own that eth0 takes in.
func (l *lan) takesIn(t testing.TB) (list []string) {
	t.Helper()
	entries, err := l.Netlink().NeighList(l.ifindex, unix.AF_BRIDGE)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.HardwareAddr.String())
	}
	return list
}

// asks sends one ARP request for vip4 to a MAC and says who answered within 10 ms, "" for nobody.
func (p *prober) asks(t testing.TB, to [6]byte) string {
	t.Helper()
	question := arp(1, peer4, vip4)
	copy(question, to[:])
	p.send(t, question)
	var b [256]byte
	for end := time.Now().Add(10 * time.Millisecond); time.Now().Before(end); {
		n, from, err := unix.Recvfrom(p.ear, b[:], 0)
		if err != nil {
			wait := []unix.PollFd{{Fd: int32(p.ear), Events: unix.POLLIN}}
			if _, err := unix.Poll(wait, 5); err != nil && err != unix.EINTR {
				t.Fatal(err)
			}
			continue
		}
		in := from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING
		if !in || n < 42 || b[21] != 2 || netip.AddrFrom4([4]byte(b[28:32])).String() != vip4 {
			continue
		}
		if !bytes.Equal(b[6:12], b[22:28]) {
			t.Errorf("the answer's frame is from %x, its sender %x", b[6:12], b[22:28])
		}
		return net.HardwareAddr(b[22:28]).String()
	}
	return ""
}

// TestVirtualMACOutlivesTheDaemon: what a killed daemon said the host goes on saying, until its successor has spoken; what the
// successor does not set goes at its Sweep, and nothing is left at its end.
func TestVirtualMACOutlivesTheDaemon(t *testing.T) {
	for _, way := range []string{"tcx", "clsact"} {
		t.Run(way, func(t *testing.T) { outlives(t, way == "clsact") })
	}
}

func outlives(t *testing.T, noTCX bool) {
	t.Helper()
	l, dir := newLAN(t), bpffs(t)
	l.AddAddress("eth0", vip4+"/24")
	p := newProber(t, l)
	everybody := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	own, virtual := l.Link("eth0").Attrs().HardwareAddr.String(), net.HardwareAddr(vmac4[:]).String()
	answers := func(when, want string) {
		t.Helper()
		testnet.Eventually(t, patience, func() error {
			if got := p.asks(t, everybody); got != want {
				return fmt.Errorf("%s: %q, want %q", when, got, want)
			}
			return nil
		})
	}
	daemon := func() *Datapath {
		d := loadUnowned(t, Config{PinDir: dir})
		d.noTCX = noTCX
		return d
	}
	attach := func(d *Datapath) {
		t.Helper()
		l.Do(func() {
			if err := d.AttachVirtualMAC(l.ifindex); err != nil {
				t.Fatal(err)
			}
		})
	}
	first := daemon()
	attach(first)
	l.Do(func() {
		if err := first.SetVirtualMACs("VI_1", virtualMACs(l.ifindex, 0)); err != nil {
			t.Fatal(err)
		}
	})
	answers("master", virtual)
	abandon(t, first)
	answers("killed", virtual)

	second := daemon()
	answers("a successor has started", virtual)
	attach(second)
	answers("it has attached", virtual)
	l.Do(func() {
		if err := second.SetVirtualMACs("VI_1", virtualMACs(l.ifindex, 0)[1:]); err != nil {
			t.Fatal(err)
		}
	})
	answers("it has said something of another", virtual)
	l.Do(func() {
		if err := second.Sweep(); err != nil {
			t.Fatal(err)
		}
	})
	answers("swept", own)
	if got, want := l.takesIn(t), net.HardwareAddr(vmac6[:]).String(); slices.Contains(got, virtual) || !slices.Contains(got, want) {
		t.Errorf("after the sweep the interface takes in %v", got)
	}
	abandon(t, second)

	third := daemon() // its settings know of no virtual MAC
	l.Do(func() {
		if err := errors.Join(third.Sweep(), third.Close()); err != nil {
			t.Fatal(err)
		}
	})
	if left := l.takesIn(t); slices.Contains(left, net.HardwareAddr(vmac6[:]).String()) {
		t.Errorf("at the end the interface takes in %v", left)
	}
	if left, err := os.ReadDir(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still pinned: %v, %v", left, err)
	}
	qdiscs, err := l.Netlink().QdiscList(l.Link("eth0"))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range qdiscs {
		if q.Type() == "clsact" {
			t.Error("the clsact qdisc is still there")
		}
	}
}

// TestVirtualMACLapse: after a freeze, a virtual MAC that the election has lost stays shut until it is taken away.
func TestVirtualMACLapse(t *testing.T) {
	c := newCourt(t, Config{Fence: true}, "tc")
	hold(t, c.Datapath, courtIfIndex, testLease)
	list := virtualMACs(courtIfIndex, testLease)
	c.virtual["VI_1"] = list
	c.voiced.set("VI_1", list)
	c.inherited, c.macs = newMACTable(), newMACTable()
	for i := range list {
		c.macs.add(&list[i])
	}
	if err := put(c.objects.Vmacs, "", nil, c.macs.macs); err != nil {
		t.Fatal(err)
	}
	die(c.Datapath)
	c.turn(&holder{holds: map[string]bool{vip6: true}})
	for mac, want := range map[[6]byte]time.Duration{vmac4: always, vmac6: testLease} {
		var v vrrpVip
		if err := c.objects.Vmacs.Lookup(vrrpVmacKey{Ifindex: courtIfIndex, Mac: mac}, &v); err != nil {
			t.Fatal(err)
		}
		if time.Duration(v.LeaseNs) != want {
			t.Errorf("%x has a lease of %v, want %v", mac, time.Duration(v.LeaseNs), want)
		}
	}
	// Loopback has no filter to take the entries out of.
	c.virtual, c.voiced, c.macs = nil, newMACShares(), newMACTable()
}

// TestVirtualMACWhereItCannotBe: a macvlan takes in its own MAC alone, and says so; without BPF there is none at all.
func TestVirtualMACWhereItCannotBe(t *testing.T) {
	l, d := newLAN(t), load(t, Config{})
	l.stack(t, &netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: "mac0", ParentIndex: l.ifindex}, Mode: netlink.MACVLAN_MODE_BRIDGE,
	}, false)
	l.Do(func() {
		if err := d.AttachVirtualMAC(l.ifindex); !errors.Is(err, unix.EOPNOTSUPP) {
			t.Errorf("on a macvlan: %v", err)
		}
		for range 2 {
			if err := d.SetVirtualMACs("VI_1", virtualMACs(l.ifindex, 0)); !errors.Is(err, unix.EOPNOTSUPP) {
				t.Errorf("on a macvlan, unasked: %v", err)
			}
		}
		if err := d.SetVirtualMACs("VI_1", nil); err != nil {
			t.Error(err)
		}
	})
	bare, err := LoadSocketOnly(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	if err := bare.AttachVirtualMAC(l.ifindex); !errors.Is(err, errNoBPF) {
		t.Errorf("without BPF: %v", err)
	}
}
