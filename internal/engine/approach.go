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

// alarmOf is when to be awake for a group.
func (e *Engine) alarmOf(g *group) time.Time {
	if e.ports.Approach == nil || g.warning || g.machine.State() != vrrp.Backup {
		return g.deadline
	}
	// Too late to be early, it is the deadline itself: a takeover needs to know
	// that what arrived before it has been told, see vrrp.Timeout.
	if early := g.deadline.Add(-lead); early.After(time.Now()) {
		return early
	}
	return g.deadline
}

// near reports whether a Backup's deadline is to be waited for awake.
func (e *Engine) near(g *group, left time.Duration) bool {
	return e.ports.Approach != nil && !g.warning && left > 0 && left <= lead && g.approached != e.round && g.machine.State() == vrrp.Backup
}

// approach spends the last moments before a Backup's deadline awake, and has the
// goroutines wake up that will have to claim. It returns the deadline: all that
// arrived before has been told.
func (e *Engine) approach(g *group) time.Time {
	g.approached = e.round
	deadline := g.deadline
	for _, m := range g.members {
		m.effects.expect(deadline.Add(trail))
	}
	e.post.open = false // what is sent meanwhile does not wait with us
	// Once ahead, so that the processor has it at hand.
	g.machine.Foresee(deadline, 0, vrrp.Timeout{Known: deadline})
	if e.ports.Rehearse != nil {
		e.ports.Rehearse()
	}
	e.ports.Approach(deadline, func() bool { return g.deadline.Equal(deadline) })
	e.post.open = true
	return deadline
}

// plan puts a group into the schedule as its machine wants it. Where a takeover
// takes long to get ready for, a warning comes first.
func (e *Engine) plan(now time.Time, g *group) {
	deadline := g.machine.Deadline()
	g.warning = false
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
