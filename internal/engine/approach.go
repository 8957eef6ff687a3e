package engine

import (
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// lead is how long before a Backup's deadline the engine is awake for it: an
// idle processor takes 50 to 100 µs to wake up, a busy one delivers timers some
// hundred late. It costs nothing, since a deadline that is so near is reached:
// adverts move it away long before.
const lead = 500 * time.Microsecond

// trail is how long after the deadline the goroutines that are to claim wait
// awake for it.
const trail = 200 * time.Microsecond

// An advert is waited for awake, too, where there was a pause before it: sleepers
// are some 100 µs late at the worst of a hundred times, and more at the worst of a
// thousand. A fortieth of the pause is what that may cost. Among many routers there
// are no such pauses, nor is anything cold.
const (
	poise = 200 * time.Microsecond // at most
	pause = 4 * time.Millisecond   // at least
)

// alarmOf is when to be awake for a group.
func (e *Engine) alarmOf(g *group) time.Time {
	g.early = 0
	if e.ports.Approach == nil || g.warning {
		return g.deadline
	}
	left := time.Until(g.deadline)
	switch g.machine.State() {
	case vrrp.Backup:
		g.early = lead
	case vrrp.Active:
		if left >= pause {
			g.early = min(poise, left/40)
		}
	}
	// Too late to be early, it is the deadline itself: a takeover needs to know
	// that what arrived before it has been told, see vrrp.Timeout.
	if left <= g.early {
		return g.deadline
	}
	return g.deadline.Add(-g.early)
}

// near reports whether a deadline is to be waited for awake.
func (e *Engine) near(g *group, left time.Duration) bool {
	if e.ports.Approach == nil || g.warning || left <= 0 || g.approached == e.round {
		return false
	}
	if g.machine.State() == vrrp.Backup {
		return left <= lead
	}
	return left <= g.early
}

// approach spends the last moments before a deadline awake, and before a Backup's
// has the goroutines wake up that will have to claim. It returns the deadline: all
// that arrived before has been told.
func (e *Engine) approach(g *group) time.Time {
	g.approached = e.round
	deadline := g.deadline
	e.post.open = false // what is sent meanwhile does not wait with us
	if g.machine.State() == vrrp.Backup {
		e.rehearse(g)
	}
	e.awaited, e.awaitedAt = g, deadline
	if e.still == nil {
		e.still = e.stillAwaited // once: a method value is an allocation
	}
	e.ports.Approach(deadline, e.still)
	e.post.open = true
	return deadline
}

// stillAwaited tells that a deadline which is waited for awake has not moved away.
func (e *Engine) stillAwaited() bool { return e.awaited.deadline.Equal(e.awaitedAt) }

// rehearse gets ready for a takeover: the goroutines that claim, and once ahead what
// is about to be done, so that the processor has it at hand.
func (e *Engine) rehearse(g *group) {
	for _, m := range g.members {
		m.effects.expect(g.deadline.Add(trail))
	}
	if g.deadline.Sub(e.rehearsed) < fresh {
		return
	}
	e.rehearsed = g.deadline
	g.machine.Foresee(g.deadline, 0, vrrp.Timeout{Known: g.deadline})
	if e.ports.Rehearse != nil {
		e.ports.Rehearse()
	}
}

// fresh is for how long a processor remembers: of a thousand routers that take
// over one after the other the first rehearses.
const fresh = 2 * time.Millisecond

// plan puts a group into the schedule as its machine wants it. Where a takeover
// takes long to get ready for, a warning comes first.
func (e *Engine) plan(now time.Time, g *group) {
	deadline := g.machine.Deadline()
	g.warning, g.early = false, 0
	if e.ports.Approach != nil && !deadline.IsZero() && g.machine.State() == vrrp.Backup {
		if w := g.notice(); w > 0 && deadline.Add(-lead-w).After(now) {
			g.warning = true
			deadline = deadline.Add(-lead - w)
		}
	}
	e.schedule.set(g, deadline)
}

// notice is the longest Spec.Warning of the members, within its bound.
func (g *group) notice() (w time.Duration) {
	for _, m := range g.members {
		if m.spec.Warning > 0 { // asked with every advert: the interval lies far off
			w = max(w, min(m.spec.Warning, m.spec.Election.Interval/2))
		}
	}
	return w
}

// warn calls the goroutines that are to claim, and waits for the deadline itself.
func (e *Engine) warn(g *group) {
	g.warning = false
	deadline := g.machine.Deadline()
	for _, m := range g.members {
		m.effects.expect(deadline.Add(trail))
	}
	e.schedule.set(g, deadline)
}
