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
	if e.ports.Approach == nil || g.machine.State() != vrrp.Backup {
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
	return e.ports.Approach != nil && left > 0 && left <= lead && g.approached != e.round && g.machine.State() == vrrp.Backup
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
	e.ports.Approach(deadline, func() bool { return g.place >= 0 && g.deadline.Equal(deadline) })
	e.post.open = true
	return deadline
}
