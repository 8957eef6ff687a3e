package datapath

import (
	"maps"
	"net/netip"
	"testing"
	"time"

	"github.com/cilium/ebpf"
)

const testLease = time.Hour

// hold fences both virtual addresses of the claim tests.
func hold(t testing.TB, d *Datapath, ifindex int, lease time.Duration) {
	t.Helper()
	var held []FencedVIP
	for _, a := range []string{vip4, vip6} {
		held = append(held, FencedVIP{IfIndex: ifindex, Addr: netip.MustParseAddr(a), Lease: lease})
	}
	if err := d.SetFence("VI_1", held); err != nil {
		t.Fatal(err)
	}
}

// die makes the heartbeat as old as a dead process's.
func die(d *Datapath) { d.lease.renew(monotonic() - 2*int64(testLease)) }

func ipv4To(dst string) []byte {
	ip := advert(7, peer4, to(dst, 64))
	return frame(set(ip, 9, 17)) // UDP, as far as anybody looks
}

func ipv6To(dst string) []byte {
	return frame(set(advert(7, peer6, to(dst, 64)), 6, 17))
}

func TestFence(t *testing.T) {
	const always, never = true, false
	cases := []struct {
		name   string
		frame  []byte
		fenced bool // when the lease is over
	}{
		{"ARP request for the address", arp(1, peer4, vip4), always},
		{"ARP probe for the address", arp(1, "0.0.0.0", vip4), always},
		{"ARP request for another", arp(1, peer4, other4), never},
		{"ARP reply of the new owner", arp(2, vip4, other4), never},
		{"frame to the address", ipv4To(vip4), always},
		{"frame to the address, tagged 0", tagged(ipv4To(vip4), 0), always},
		{"frame of another VLAN", tagged(ipv4To(vip4), 3), never},
		{"frame to another", ipv4To(other4), never},
		{"solicitation for the address", nd(135, peer6, vip6, nil), always},
		{"solicitation for another", nd(135, peer6, other, nil), never},
		{"advertisement of the new owner", nd(136, vip6, vip6, testMAC[:]), never},
		{"frame to the address, IPv6", ipv6To(vip6), always},
		{"frame to another, IPv6", ipv6To(other), never},
	}
	inEveryCourt(t, Config{Fence: true}, func(t *testing.T, c *court) {
		judge := func(when string, over bool) {
			t.Helper()
			for _, test := range cases {
				want := ruling{passed: true}
				if over && test.fenced {
					want = ruling{verdict: "fenced"}
				}
				if got := c.judge(t, test.frame); got != want {
					t.Errorf("%s, %s: %v, want %v", test.name, when, got, want)
				}
			}
			if c.FenceActive() != over {
				t.Errorf("%s: FenceActive is %v", when, !over)
			}
		}
		judge("nothing held", false)
		hold(t, c.Datapath, courtIfIndex, testLease)
		judge("alive", false)
		die(c.Datapath)
		judge("dead", true)
		c.Heartbeat()
		judge("back", false)
		die(c.Datapath)
		if err := c.Lift(); err != nil {
			t.Fatal(err)
		}
		judge("lifted", false)
	})
}

// TestAdvertsAreNeverFenced: a dead host's kernel still sees them.
func TestAdvertsAreNeverFenced(t *testing.T) {
	inEveryCourt(t, Config{Fence: true}, func(t *testing.T, c *court) {
		if err := c.SetRouters(tableRouters()); err != nil {
			t.Fatal(err)
		}
		group := netip.MustParseAddr("224.0.0.18")
		local := netip.MustParseAddr("192.0.2.1")
		if err := c.SetFence("VI_1", []FencedVIP{{courtIfIndex, group, testLease}, {courtIfIndex, local, testLease}}); err != nil {
			t.Fatal(err)
		}
		die(c.Datapath)
		if got := c.judge(t, frame(advert(7, peer4, nil))); got.verdict != "accepted" {
			t.Errorf("multicast: %v", got)
		}
		if got := c.judge(t, frame(advert(9, peer4, to("192.0.2.1", 0)))); got.verdict != "consumed" {
			t.Errorf("unicast: %v", got)
		}
	})
}

// TestFenceIsPerInterface: an address is fenced where it is held.
func TestFenceIsPerInterface(t *testing.T) {
	inEveryCourt(t, Config{Fence: true}, func(t *testing.T, c *court) {
		hold(t, c.Datapath, courtIfIndex+1, testLease)
		die(c.Datapath)
		if got := c.judge(t, arp(1, peer4, vip4)); !got.passed {
			t.Errorf("%v", got)
		}
	})
}

// TestFenceOff: without the setting nothing is ever fenced.
func TestFenceOff(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		hold(t, c.Datapath, courtIfIndex, testLease)
		die(c.Datapath)
		if got := c.judge(t, arp(1, peer4, vip4)); !got.passed || c.FenceActive() {
			t.Errorf("%v", got)
		}
	})
}

func TestFenceEgress(t *testing.T) {
	c := newCourt(t, Config{Fence: true}, "tc")
	hold(t, c.Datapath, courtIfIndex, testLease)
	cases := []struct {
		name   string
		frame  []byte
		fenced bool
	}{
		{"gratuitous ARP", arp(1, vip4, vip4), true},
		{"ARP reply", arp(2, vip4, peer4), true},
		{"ARP request from the address", arp(1, vip4, peer4), true},
		{"ARP reply for another address", arp(2, other4, peer4), false},
		{"neighbour advertisement", nd(136, vip6, vip6, testMAC[:]), true},
		{"advertisement of another address", nd(136, other, other, testMAC[:]), false},
		{"solicitation from the address", nd(135, vip6, peer6, testMAC[:]), true},
		{"solicitation from another", nd(135, other, vip6, testMAC[:]), false},
		{"advert", frame(advert(7, peer4, nil)), false},
	}
	for _, dead := range []bool{false, true} {
		if dead {
			die(c.Datapath)
		}
		for _, test := range cases {
			ret, err := c.objects.Egress.Run(&ebpf.RunOptions{Data: test.frame, Repeat: 1})
			if err != nil {
				t.Fatal(err)
			}
			if passed := c.passed(t, ret); passed == (dead && test.fenced) {
				t.Errorf("%s, dead %v: passed %v", test.name, dead, passed)
			}
		}
	}
}

// holder is a Sink that still holds some addresses after a lapse.
type holder struct {
	counting
	holds map[string]bool
	asked int
}

func (h *holder) Held() map[netip.Addr]bool {
	h.asked++
	held := map[netip.Addr]bool{}
	for a := range h.holds {
		held[netip.MustParseAddr(a)] = true
	}
	return held
}

// TestLapse: after a freeze, what the election has lost stays silent until it
// has been removed.
func TestLapse(t *testing.T) {
	c := newCourt(t, Config{Fence: true}, "xdp")
	hold(t, c.Datapath, courtIfIndex, testLease)
	die(c.Datapath)
	h := &holder{holds: map[string]bool{vip6: true}}
	c.turn(h)
	if got := c.judge(t, arp(1, peer4, vip4)); got.verdict != "fenced" {
		t.Errorf("the lost address: %v", got)
	}
	if got := c.judge(t, nd(135, peer6, vip6, nil)); !got.passed {
		t.Errorf("the held address: %v", got)
	}
	c.turn(h)
	if got := c.judge(t, arp(1, peer4, vip4)); got.verdict != "fenced" {
		t.Errorf("the lost address, later: %v", got)
	}
	if h.asked != 1 {
		t.Errorf("one lapse was judged %d times", h.asked)
	}
	die(c.Datapath)
	if c.turn(h); h.asked != 2 {
		t.Errorf("two lapses were judged %d times", h.asked)
	}
	if err := c.SetFence("VI_1", []FencedVIP{{courtIfIndex, netip.MustParseAddr(vip6), testLease}}); err != nil {
		t.Fatal(err)
	}
	if got := c.judge(t, arp(1, peer4, vip4)); !got.passed {
		t.Errorf("the removed address: %v", got)
	}
}

func TestFenceOutlivesTheDaemon(t *testing.T) {
	dir := bpffs(t)
	first := loadUnowned(t, Config{PinDir: dir, Fence: true})
	hold(t, first, courtIfIndex, testLease)
	die(first)
	abandon(t, first)

	second := loadUnowned(t, Config{PinDir: dir, Fence: true})
	if !second.FenceActive() {
		t.Error("the fence did not survive")
	}
	if err := second.SetRouters(watchedRouters(courtIfIndex)); err != nil {
		t.Fatal(err)
	}
	if !second.FenceActive() {
		t.Error("the fence was lifted before the engine has spoken")
	}
	c := &court{second, "xdp"}
	if err := c.introduce(courtIfIndex); err != nil {
		t.Fatal(err)
	}
	if got := c.judge(t, arp(1, peer4, vip4)); got.verdict != "fenced" {
		t.Errorf("%v", got)
	}
	abandon(t, second)

	lifting := loadUnowned(t, Config{PinDir: dir, Fence: true}) // as `xvrrp fence off` does
	if !lifting.FenceActive() {
		t.Error("nothing is left to lift")
	}
	if err := lifting.Lift(); err != nil {
		t.Error(err)
	}
	abandon(t, lifting)
	third := loadUnowned(t, Config{PinDir: dir, Fence: true})
	if third.FenceActive() {
		t.Error("the fence came back")
	}
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
}

// Many addresses are written at once: every one is in the maps with its lease, and none when they go.
func TestFenceOfMany(t *testing.T) {
	c := newCourt(t, Config{Fence: true}, "xdp")
	var list []FencedVIP
	for _, first := range []string{"10.9.0.1", "2001:db8::1"} {
		a := netip.MustParseAddr(first)
		for i := range 3 * manyVIPs {
			v := FencedVIP{courtIfIndex, a, testLease + time.Duration(i)}
			list = append(list, v)
			a = a.Next()
		}
	}
	fenced := func(what string, want vips) {
		t.Helper()
		got, err := readVIPs(c.objects.Vips4, c.objects.Vips6)
		if err != nil {
			t.Fatal(err)
		}
		for k, lease := range got {
			if lease == 0 {
				delete(got, k) // only watched
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: %d in the maps, want %d", what, len(got), len(want))
		}
	}
	for what, held := range map[string][]FencedVIP{"all": list, "without the first": list[manyVIPs:]} {
		if err := c.SetFence("VI_1", held); err != nil {
			t.Fatal(err)
		}
		some := vips{}
		for _, v := range held {
			some[newVIPKey(v.IfIndex, v.Addr)] = v.Lease
		}
		fenced(what, some)
	}
	if err := c.SetFence("VI_1", nil); err != nil {
		t.Fatal(err)
	}
	fenced("released", vips{})
}
