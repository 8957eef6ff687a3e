package vrrp

import (
	"slices"
	"testing"
	"time"
)

// losing lets somebody of a lower priority advertise n times, an interval apart,
// while we do.
func (b *bench) losing(n int) {
	for range n {
		b.advert(400*time.Millisecond, 50, high)
		if b.r.State() != Active {
			return
		}
		b.feed(600*time.Millisecond, Timeout{})
	}
}

// Under hold a router that is not heard leaves the worse one alone; otherwise it
// is the RFC's.
func TestUnheardStandsBack(t *testing.T) {
	b := active(t, guarded(GuardHold))
	since := b.now
	b.losing(10)
	b.state(Backup)
	if why := b.r.Status().Transition.Reason; why != ReasonUnheard {
		t.Fatalf("because of %v", why)
	}
	if d := b.now.Sub(since); d > 3*time.Second+skew100 {
		t.Errorf("two were Active for %v", d)
	}
	// It follows, and tries again after the limit.
	back := b.now
	for b.r.State() == Backup {
		b.advert(time.Second, 50, high)
		b.feed(0, Timeout{})
	}
	if d := b.now.Sub(back); d < HoldLimitDefault || d > HoldLimitDefault+5*time.Second {
		t.Errorf("tried again after %v", d)
	}
	for _, cfg := range []Config{guarded(GuardAlarm), owner(guarded(GuardHold))} {
		b := active(t, cfg)
		b.losing(10)
		b.state(Active)
	}
}

// Of two that took over from silence at once, unheard, the lower MAC stands back
// within a down interval; a late answer of the dead is no reason.
func TestRaceByMAC(t *testing.T) {
	rival := Answered{Addr: low, MAC: [6]byte{2, 0, 0, 0, 0, 9}, Outranks: true}
	for _, c := range []struct {
		name    string
		rival   Answered
		again   bool
		want    State
		against Guard
	}{
		{"higher MAC", rival, true, Backup, GuardHold},
		{"late answer, or it yielded", rival, false, Active, GuardHold},
		{"lower MAC", Answered{Addr: low, MAC: rival.MAC}, true, Active, GuardHold},
		{"alarm", rival, true, Active, GuardAlarm},
	} {
		b := active(t, guarded(c.against))
		b.feed(time.Millisecond, c.rival)
		asked := false
		for range 3 {
			if b.r.State() != Active {
				break
			}
			b.timeout()
			if slices.ContainsFunc(b.got, func(a Action) bool { _, ok := a.(Ask); return ok }) {
				asked = true
				if c.again {
					b.feed(time.Millisecond, c.rival)
				}
			}
		}
		b.state(c.want)
		if wants := c.against == GuardHold && c.rival.Outranks; asked != wants {
			t.Errorf("%s: asked=%v", c.name, asked)
		}
	}
}

// A router that stood still for longer than its own fence asks before it goes on.
func TestStalledAsksFirst(t *testing.T) {
	b := active(t, guarded(GuardHold))
	b.feed(10*time.Second, Timeout{})
	b.state(Backup)
	b.due(125 * time.Millisecond)
	b.timeout()
	b.state(Active)

	b = active(t, guarded(GuardHold))
	b.feed(10*time.Second, Timeout{})
	b.feed(time.Millisecond, oldOwner)
	b.timeout()
	b.state(Backup)
}

// When two Active routers have met, the winner announces again and tells for how
// long; the loser yields at once with both signs in its evidence.
func TestHeal(t *testing.T) {
	b := active(t, v3())
	b.losing(3)
	first, last := epoch.Add(3*time.Second+skew100+400*time.Millisecond), b.r.Status().Contrary.Last
	if c := b.r.Status().Contrary; !c.First.Equal(first) || c.Count != 3 || c.From != high {
		t.Errorf("contrary %+v", c)
	}
	healed, announced := false, false
	for range 5 {
		for _, a := range b.r.Handle(b.r.Deadline(), Timeout{}) {
			if n, ok := a.(Note); ok && n.Kind == NoteHealed {
				healed = true
				if n.Interval != last.Sub(first) || n.From != high {
					t.Errorf("%+v", n)
				}
			}
			announced = announced || a == Announce{Why: Healed}
		}
	}
	if !healed || !announced {
		t.Errorf("told %v, announced %v", healed, announced)
	}

	b = active(t, v3())
	b.feed(time.Second/2, oldOwner)
	b.advert(time.Second/4, 200, high)
	b.state(Backup)
	if c := b.r.Status().Transition.Evidence.Contrary; c.Count != 2 || c.Last.Sub(c.First) != time.Second/4 {
		t.Errorf("the loser's evidence: %+v", c)
	}
}
