package vrrp

import (
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A steady router allocates nothing, nor does one under a flood: the engine
// thread must not wait for the collector.
func TestNoAllocations(t *testing.T) {
	cases := []struct {
		name   string
		active bool
		ev     Event
	}{
		{"accepted advert in Backup", false, Received{From: high, Priority: 200, Interval: time.Second}},
		{"discarded advert in Backup", false, Received{From: high, Priority: 50, Interval: time.Second}},
		{"priority 0 in Backup", false, Received{From: high, Priority: 0, Interval: time.Second}},
		{"stale Timeout in Backup", false, Timeout{}},
		{"rejected packet in Backup", false, Rejected{Reason: wire.Checksum, From: high, TTL: 255}},
		{"Timeout in Active", true, Timeout{}},
		{"losing advert in Active", true, Received{From: high, Priority: 50, Interval: time.Second}},
		{"priority 0 in Active", true, Received{From: high, Priority: 0, Interval: time.Second}},
		{"rejected packet in Active", true, Rejected{Reason: wire.Checksum, From: high, TTL: 255}},
	}
	for _, size := range []int{1, 3} {
		for _, c := range cases {
			g, now := newGroup(t, size), epoch
			g.Handle(now, 0, Startup{})
			if c.active {
				now = becomeActive(t, g)
			}
			step := 150 * time.Millisecond
			if _, ok := c.ev.(Timeout); ok && c.active {
				step = time.Second
			}
			if allocs := testing.AllocsPerRun(100, func() {
				now = now.Add(step)
				if !c.active && !now.Before(g.Deadline()) {
					now = now.Add(-step)
				}
				g.Handle(now, size-1, c.ev)
			}); allocs != 0 {
				t.Errorf("group of %d, %s: %v allocations", size, c.name, allocs)
			}
		}
	}
}

// Nor does one that is guarded and hears heartbeats.
func TestNoAllocationsWithGuard(t *testing.T) {
	cfg := guarded(GuardHold)
	cfg.Paths = 1
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	g := NewGroup("G", r)
	now := epoch
	g.Handle(now, 0, Startup{})
	for name, ev := range map[string]Event{
		"advert":            Received{From: high, Priority: 200, Interval: time.Second},
		"heartbeat":         beat(1, 200),
		"claim":             oldOwner,
		"frame":             FrameHeard{At: epoch},
		"foreign goodbye":   Received{From: low, Interval: time.Second},
		"witness":           WitnessAnswered{},
		"unneeded wake-up":  Timeout{Known: epoch},
		"unknown heartbeat": beat(3, 200),
	} {
		if allocs := testing.AllocsPerRun(100, func() {
			now = now.Add(100 * time.Millisecond)
			g.Handle(now, 0, ev)
			g.Handle(now, 0, Received{From: high, Priority: 200, Interval: time.Second})
			_ = g.Deadline()
		}); allocs != 0 {
			t.Errorf("%s in Backup: %v allocations", name, allocs)
		}
	}
}

// An event of a variable, not of a constant, is boxed by the caller: that must
// stay on its stack.
func TestNoAllocationsForEvents(t *testing.T) {
	g := newGroup(t, 1)
	g.Handle(epoch, 0, Startup{})
	ad := Received{From: high, Priority: 200, Interval: time.Second}
	now := epoch
	if allocs := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Second)
		ad.Priority ^= 1
		g.Handle(now, 0, ad)
		_ = g.Deadline() // what the engine asks next
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func newGroup(t testing.TB, size int) *Group {
	t.Helper()
	var members []*Router
	for range size {
		r, err := New(v3())
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, r)
	}
	return NewGroup("G", members...)
}

// becomeActive lets nothing be heard until the group is Active.
func becomeActive(t testing.TB, g *Group) time.Time {
	t.Helper()
	now := g.Deadline()
	g.Handle(now, 0, Timeout{})
	if g.State() != Active {
		t.Fatalf("group is %v", g.State())
	}
	return now
}

func BenchmarkAcceptedAdvert(b *testing.B) {
	g := newGroup(b, 1)
	g.Handle(epoch, 0, Startup{})
	now, ad := epoch, Received{From: high, Priority: 200, Interval: time.Second}
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		g.Handle(now, 0, ad)
	}
}

func BenchmarkAdvertTimer(b *testing.B) {
	g := newGroup(b, 1)
	g.Handle(epoch, 0, Startup{})
	now := becomeActive(b, g)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		g.Handle(now, 0, Timeout{})
	}
}
