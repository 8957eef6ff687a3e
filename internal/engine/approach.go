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
	return g.deadline.Add(-lead)
}

// approach spends the last moments before a Backup's deadline awake, and has the
// goroutines wake up that will have to claim. It reports whether it did so.
func (e *Engine) approach(g *group, left time.Duration) bool {
	if e.ports.Approach == nil || left <= 0 || left > lead || g.approached == e.round || g.machine.State() != vrrp.Backup {
		return false
	}
	g.approached = e.round
	deadline := g.deadline
	for _, m := range g.members {
		m.effects.expect(deadline.Add(trail))
	}
	e.ports.Approach(deadline, func() bool { return g.place >= 0 && g.deadline.Equal(deadline) })
	return true
}
