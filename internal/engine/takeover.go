package engine

import (
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// In a takeover the goroutines that claim are awake already, see approach. They
// are told before the adverts are sent, so that they can begin while the kernel is
// busy with those, but begin only when the first is on its way: the order on the
// wire is advert, addresses, announcements, and between the first two stands one
// system call of a few microseconds that the second must make itself, and more.

// claims reports whether actions are a takeover.
func claims(actions []vrrp.MemberAction) bool {
	for _, a := range actions {
		if _, ok := a.Action.(vrrp.Claim); ok {
			return true
		}
	}
	return false
}

// hold gives the goroutines their part of a takeover, which they may begin after
// unhold, or when advertise lets them.
func (g *group) hold(actions []vrrp.MemberAction, now time.Time) {
	for _, a := range actions {
		to := g.members[a.Member].effects
		switch a.Action.(type) {
		case vrrp.SendAdvert:
			to.held.Store(true)
			continue
		case vrrp.Ask:
			continue
		case vrrp.Claim:
			to.claiming.Store(true)
		}
		to.add(now, a.Action)
	}
	// All of it before anybody looks: if one looked in between, one of the two would
	// have to wait for the other, and Go's scheduler takes a tenth of a millisecond
	// for that.
	for _, m := range g.members {
		m.effects.filled.Store(true)
	}
}

// unhold lets them begin whatever became of the adverts, and wakes those that sleep.
func (g *group) unhold() {
	for _, m := range g.members {
		m.effects.held.Store(false)
		m.effects.call()
	}
}

// linger is how long the loop's thread stays awake after a takeover. Adding an
// address wakes whoever follows the kernel's addresses, us among them, and to wake
// a thread on a processor that sleeps takes the kernel longer than the adding.
const linger = 150 * time.Microsecond

// stay serves what arrives, awake, until the last takeover's addresses are
// announced, but not into another deadline, nor on a processor that somebody else
// waits for.
func (e *Engine) stay() {
	g := e.claiming
	e.claiming = nil
	if g == nil || e.ports.Approach == nil || e.alone {
		return
	}
	until := time.Now().Add(linger)
	if next := e.schedule.next(); !next.IsZero() && next.Before(until.Add(lead)) {
		return
	}
	if slices.ContainsFunc(g.members, func(m *member) bool { return m.spec.Aided }) {
		return
	}
	e.ports.Approach(until, func() bool {
		for _, m := range g.members {
			if m.effects.claiming.Load() {
				return true
			}
		}
		return false
	})
}
