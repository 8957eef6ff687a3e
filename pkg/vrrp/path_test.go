package vrrp

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

var (
	farHigh = netip.MustParseAddr("198.51.100.9")
	farLow  = netip.MustParseAddr("198.51.100.1")
	farUs   = netip.MustParseAddr("198.51.100.5")
)

func withPaths(n uint8) Config {
	cfg := v3()
	cfg.Paths = n
	return cfg
}

func beat(path, priority uint8) PathHeard {
	return PathHeard{Path: path, From: farHigh, Local: farUs, Priority: priority, Interval: time.Second}
}

// A takeover needs silence on all paths, and the loss of one is told.
func TestPathHoldsBackup(t *testing.T) {
	b := started(t, withPaths(2))
	b.advert(time.Second, 200, high)
	var told []NoteKind
	for range 10 {
		told = append(told, b.notes(time.Second, beat(2, 200))...)
		told = append(told, b.notes(0, Timeout{})...)
	}
	b.state(Backup)
	if !slices.Equal(told, []NoteKind{NotePathLost}) || b.r.Counters().PathsLost != 1 {
		t.Errorf("told %v", told)
	}
	told = b.notes(0, Received{From: high, Priority: 200, Interval: time.Second})
	if !slices.Contains(told, NotePathBack) {
		t.Errorf("the interface is back: told %v", told)
	}
	last := b.now
	for b.r.State() == Backup {
		b.timeout()
	}
	if got := b.now.Sub(last); got != 3*time.Second+skew100 {
		t.Errorf("Active %v after the last sign of all", got)
	}
	if e := b.r.Status().Transition.Evidence; e.Elsewhere.Path != 2 || e.Elsewhere.From != farHigh {
		t.Errorf("evidence: %+v", e.Elsewhere)
	}
}

// Losing a path while the interface is alive is an alarm and nothing else.
func TestPathLossIsNoFailover(t *testing.T) {
	b := started(t, withPaths(1))
	b.feed(0, beat(1, 200))
	var told []NoteKind
	for range 6 {
		told = append(told, b.notes(time.Second, Received{From: high, Priority: 200, Interval: time.Second})...)
	}
	b.state(Backup)
	if !slices.Equal(told, []NoteKind{NoteActiveChanged, NotePathLost}) {
		t.Errorf("told %v", told)
	}
}

// A path that was never heard, or that is not configured, holds nobody.
func TestUnknownPaths(t *testing.T) {
	b := started(t, withPaths(1))
	b.feed(0, beat(2, 200))
	b.feed(0, beat(0, 200))
	b.feed(0, PathHeard{Path: 1, From: farUs, Local: farUs, Priority: 200})
	if n := b.r.Counters().PathReceived; n != 0 {
		t.Errorf("%d taken in", n)
	}
	b.due(3*time.Second + skew100)
}

func TestPathGoodbye(t *testing.T) {
	b := started(t, withPaths(1))
	b.advert(time.Second, 200, high)
	b.feed(0, beat(1, 200))
	foreign := beat(1, 0)
	foreign.From = farLow
	if told := b.notes(0, foreign); !slices.Equal(told, []NoteKind{NoteForeignGoodbye}) {
		t.Errorf("told %v", told)
	}
	b.advert(0, 0, high)
	if got := b.r.Due().Sub(b.now); got != 3*time.Second+skew100 {
		t.Errorf("the goodbye on the interface alone: due in %v", got)
	}
	b.feed(0, beat(1, 0))
	b.due(skew100)
}

// An Active router yields to a better one that it hears on a path only, by
// priority and by the addresses of the path.
func TestActiveYieldsToPath(t *testing.T) {
	for _, c := range []struct {
		priority uint8
		from     netip.Addr
		want     State
		why      Reason
	}{
		{200, farLow, Backup, ReasonHigherPriority},
		{100, farHigh, Backup, ReasonHigherAddress},
		{100, farLow, Active, ReasonNoAdvert},
		{50, farHigh, Active, ReasonNoAdvert},
	} {
		b := active(t, withPaths(1))
		b.feed(time.Second/2, PathHeard{Path: 1, From: c.from, Local: farUs, Priority: c.priority, Interval: time.Second})
		b.state(c.want)
		if why := b.r.Status().Transition.Reason; why != c.why {
			t.Errorf("priority %d from %v: %v", c.priority, c.from, why)
		}
		if c.want == Backup && b.r.Due().Sub(b.now) != 3*time.Second+skew100 {
			t.Errorf("due in %v", b.r.Due().Sub(b.now))
		}
	}
}
