package datapath

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// The virtual addresses of these tests.
const (
	vip4, vip6    = "192.0.2.100", "fe80::100"
	peer4, peer6  = "192.0.2.9", "fe80::9"
	other4, other = "192.0.2.55", "2001:db8::55"
)

func watchedRouters(ifindex int) []Router {
	return []Router{
		{
			IfIndex: ifindex, Family: wire.IPv4, VRID: 7, Multicast: true, Group: wire.Group(wire.IPv4),
			VIPs: []netip.Addr{netip.MustParseAddr(vip4)},
		},
		{
			IfIndex: ifindex, Family: wire.IPv6, VRID: 7, Multicast: true, Group: wire.Group(wire.IPv6),
			VIPs: []netip.Addr{netip.MustParseAddr(vip6)},
		},
	}
}

// arp is a frame of 60 bytes.
func arp(op byte, sender, target string) []byte {
	f := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, testMAC[:]...)
	f = append(f, 0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, op)
	f = append(append(f, testMAC[:]...), netip.MustParseAddr(sender).AsSlice()...)
	f = append(append(f, 0, 0, 0, 0, 0, 0), netip.MustParseAddr(target).AsSlice()...)
	return append(f, make([]byte, 60-len(f))...)
}

// nd is a neighbour solicitation or advertisement; mac, if any, stands in the option.
func nd(kind byte, source, target string, mac []byte) []byte {
	f := append([]byte{0x33, 0x33, 0, 0, 0, 1}, testMAC[:]...)
	size := byte(24)
	if mac != nil {
		size += 8
	}
	f = append(f, 0x86, 0xdd, 0x60, 0, 0, 0, 0, size, 58, 255)
	f = append(f, netip.MustParseAddr(source).AsSlice()...)
	f = append(f, netip.MustParseAddr("ff02::1").AsSlice()...)
	f = append(f, kind, 0, 0, 0, 0x20, 0, 0, 0)
	f = append(f, netip.MustParseAddr(target).AsSlice()...)
	if mac != nil {
		f = append(append(f, kind-134, 1), mac...)
	}
	return f
}

// claimCase is a frame and the claim that it makes.
type claimCase struct {
	name  string
	frame []byte
	kind  ClaimKind // 0: none
	addr  string
	mac   [6]byte
}

func (c *claimCase) want(ifindex int) []Claim {
	if c.kind == 0 {
		return nil
	}
	return []Claim{{IfIndex: ifindex, MAC: c.mac, Addr: netip.MustParseAddr(c.addr), Kind: c.kind}}
}

func claimCases() []claimCase {
	optionMAC := []byte{2, 0, 0, 0, 0, 0x77}
	return []claimCase{
		{"request from the address", arp(1, vip4, other4), ARPRequest, vip4, testMAC},
		{"reply from the address", arp(2, vip4, other4), ARPReply, vip4, testMAC},
		{"gratuitous request", arp(1, vip4, vip4), GratuitousARP, vip4, testMAC},
		{"gratuitous reply", arp(2, vip4, vip4), GratuitousARP, vip4, testMAC},
		{"probe", arp(1, "0.0.0.0", vip4), ARPProbe, vip4, testMAC},
		{"request for the address", arp(1, other4, vip4), 0, "", testMAC},
		{"reply to the address", arp(2, other4, vip4), 0, "", testMAC},
		{"another address", arp(1, other4, other4), 0, "", testMAC},
		{"reverse ARP", arp(3, vip4, other4), 0, "", testMAC},
		{"not IPv4", set(arp(2, vip4, other4), 17, 9), 0, "", testMAC},
		{"cut short", arp(2, vip4, other4)[:40], 0, "", testMAC},
		{"in a VLAN", tagged(arp(2, vip4, other4), 5), 0, "", testMAC},
		{"behind a priority tag", tagged(arp(2, vip4, other4), 0), ARPReply, vip4, testMAC},

		{"advertisement", nd(136, peer6, vip6, optionMAC), NeighbourAdvert, vip6, [6]byte(optionMAC)},
		{"advertisement without option", nd(136, peer6, vip6, nil), NeighbourAdvert, vip6, testMAC},
		{"advertisement of another", nd(136, vip6, other, optionMAC), 0, "", testMAC},
		{"solicitation from the address", nd(135, vip6, other, optionMAC), NeighbourSolicit, vip6, testMAC},
		{"duplicate address detection", nd(135, "::", vip6, nil), NeighbourProbe, vip6, testMAC},
		{"solicitation for the address", nd(135, peer6, vip6, nil), 0, "", testMAC},
		{"hop limit 254", set(nd(136, peer6, vip6, optionMAC), 21, 254), 0, "", testMAC},
		{"echo request", set(nd(136, peer6, vip6, optionMAC), 54, 128), 0, "", testMAC},
		{"advertisement, cut short", nd(136, peer6, vip6, nil)[:70], 0, "", testMAC},
	}
}

func TestClaims(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		if err := c.SetRouters(watchedRouters(courtIfIndex)); err != nil {
			t.Fatal(err)
		}
		for _, test := range claimCases() {
			c.refill(t)
			ret, err := c.program().Run(runOptions(test.frame))
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if !c.passed(t, ret) {
				t.Errorf("%s: dropped", test.name)
			}
			sink := &recorder{}
			c.drain(sink)
			want := test.want(courtIfIndex)
			for i := range sink.claims {
				if since := time.Since(sink.claims[i].At); since < 0 || since > time.Second {
					t.Errorf("%s: stamped %v ago", test.name, since)
				}
				sink.claims[i].At = time.Time{}
			}
			if !slices.Equal(sink.claims, want) {
				t.Errorf("%s: %+v, want %+v", test.name, sink.claims, want)
			}
		}
	})
}

// TestClaimsBySocket sends the same frames to a packet socket.
func TestClaimsBySocket(t *testing.T) {
	l := newLAN(t)
	for _, test := range claimCases() {
		d := load(t, Config{})
		l.Do(func() {
			if err := d.SetRouters(watchedRouters(l.ifindex)); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Attach(l.ifindex, Socket); err != nil {
				t.Fatal(err)
			}
		})
		l.send(t, test.frame)
		l.send(t, arp(2, vip4, vip4)) // comes last
		want := append(test.want(l.ifindex), Claim{IfIndex: l.ifindex, MAC: testMAC, Addr: netip.MustParseAddr(vip4), Kind: GratuitousARP})
		sink := &recorder{}
		testnet.Eventually(t, patience, func() error {
			d.drain(sink)
			if got := sink.timeless(); !slices.Equal(got, want) {
				return fmt.Errorf("%s: %+v, want %+v", test.name, got, want)
			}
			return nil
		})
		if err := d.Detach(l.ifindex); err != nil {
			t.Fatal(err)
		}
	}
}

// timeless are the claims without their times.
func (r *recorder) timeless() []Claim {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.claims)
	for i := range out {
		out[i].At = time.Time{}
	}
	return out
}

// TestClaimsAreLimited: a flood of claims costs a bounded number of records.
func TestClaimsAreLimited(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		if err := c.SetRouters(watchedRouters(courtIfIndex)); err != nil {
			t.Fatal(err)
		}
		opts := runOptions(arp(1, vip4, vip4))
		opts.Repeat = 20_000
		if _, err := c.program().Run(opts); err != nil {
			t.Fatal(err)
		}
		sink := &recorder{}
		c.drain(sink)
		// A second's worth at once, and what comes in while the test runs.
		if n := len(sink.claims); n < 50 || n > 500 {
			t.Errorf("%d claims told of 20000", n)
		}
	})
}

// TestClaimOnTheWire sees another host announce our address, and not ourselves.
func TestClaimOnTheWire(t *testing.T) {
	for _, m := range []Mode{XDP, TC, Socket} {
		t.Run(string(m), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			l.Do(func() {
				if err := d.SetRouters(watchedRouters(l.ifindex)); err != nil {
					t.Fatal(err)
				}
				if _, err := d.Attach(l.ifindex, m); err != nil {
					t.Fatal(err)
				}
			})
			sink := &recorder{}
			start(t, d, sink)
			reflected := arp(2, vip4, other4)
			copy(reflected[22:], l.Link("eth0").Attrs().HardwareAddr) // our own, come back
			l.send(t, reflected)
			l.send(t, arp(2, vip4, other4))
			testnet.Eventually(t, patience, func() error { return sink.claimed(1) })
			if sink.claims[0].Kind != ARPReply || sink.claims[0].MAC != testMAC || sink.claims[0].IfIndex != l.ifindex {
				t.Errorf("claims %+v", sink.claims)
			}
		})
	}
}
