package datapath

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestShares: what is left of a key when one of its owners lets go, and what a change touches.
func TestShares(t *testing.T) {
	s := newShares[string, int]()
	steps := []struct {
		owner   string
		wanted  map[string]int
		touched []string
		left    map[string]int
	}{
		{"a", map[string]int{"x": 1, "y": 1}, []string{"x", "y"}, map[string]int{"x": 1, "y": 1}},
		{"b", map[string]int{"y": 2}, []string{"y"}, map[string]int{"x": 1, "y": 2}},
		{"a", map[string]int{"x": 3}, []string{"x", "y"}, map[string]int{"x": 3, "y": 2}},
		{"a", map[string]int{"y": 4}, []string{"x", "y"}, map[string]int{"y": 4}},
		{"a", nil, []string{"y"}, map[string]int{"y": 2}},
		{"b", nil, []string{"y"}, map[string]int{}},
	}
	for i, step := range steps {
		touched := s.set(step.owner, step.wanted)
		slices.Sort(touched)
		left := map[string]int{}
		for _, k := range s.keys() {
			left[k], _ = s.get(k)
		}
		if !slices.Equal(touched, step.touched) || !maps.Equal(left, step.left) {
			t.Errorf("step %d: touched %v, left %v; want %v, %v", i, touched, left, step.touched, step.left)
		}
	}
	if len(s.of) != 0 || len(s.at) != 0 {
		t.Errorf("left behind: %v", s)
	}
}

// TestFenceOfTwo: one owner's word changes nothing of the other's, also where they share an address, and a lapsed address stays
// silent until its own owner speaks.
func TestFenceOfTwo(t *testing.T) {
	c := newCourt(t, Config{Fence: true}, "xdp")
	fence := func(owner string, lease time.Duration, addrs ...string) {
		t.Helper()
		var list []FencedVIP
		for _, a := range addrs {
			list = append(list, FencedVIP{courtIfIndex, netip.MustParseAddr(a), lease})
		}
		if err := c.SetFence(owner, list); err != nil {
			t.Fatal(err)
		}
	}
	judge := func(when, four, six string) {
		t.Helper()
		for want, f := range map[string][]byte{four + "4": arp(1, peer4, vip4), six + "6": nd(135, peer6, vip6, nil)} {
			if got := c.judge(t, f); (got.verdict == "fenced") != (want[:len(want)-1] == "silent") {
				t.Errorf("%s: IPv%s is %v, want it %s", when, want[len(want)-1:], got, want[:len(want)-1])
			}
		}
	}
	fence("VI_1", testLease, vip4, vip6)
	fence("VI_2", 4*testLease, vip6)
	die(c.Datapath)
	judge("dead", "silent", "heard") // the later word holds for the shared one
	fence("VI_2", testLease)
	die(c.Datapath)
	judge("the second gone", "silent", "silent")
	fence("VI_2", testLease, vip6)
	fence("VI_1", testLease, vip4)
	die(c.Datapath)
	c.turn(&holder{})
	judge("lapsed", "silent", "silent")
	fence("VI_1", testLease)
	judge("the first removed", "heard", "silent")
	fence("VI_2", testLease, vip6)
	judge("the second raised anew", "heard", "heard")
	if err := c.Lift(); err != nil {
		t.Fatal(err)
	}
	if len(c.leases) != 0 || len(c.vips) != 0 {
		t.Errorf("after Lift: %v, %v", c.leases, c.vips)
	}
}

// BenchmarkFenceStorm: instances with 4 addresses each that take over at one moment, as the daemon tells them, beside twice as many.
func BenchmarkFenceStorm(b *testing.B) {
	for _, instances := range []int{125, 250, 500} {
		b.Run(fmt.Sprint(instances), func(b *testing.B) {
			c := newCourt(b, Config{Fence: true}, "xdp")
			for b.Loop() {
				for i := range instances {
					var list []FencedVIP
					for a := range 4 {
						list = append(list, FencedVIP{courtIfIndex, netip.AddrFrom4([4]byte{10, byte(a), byte(i >> 8), byte(i)}), testLease})
					}
					if err := c.SetFence(fmt.Sprint("VI_", i), list); err != nil {
						b.Fatal(err)
					}
				}
				if err := c.Lift(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
