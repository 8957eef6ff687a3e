package vrrp

import "time"

// Memory is what a router needs to go on in another process as if nothing had
// happened. Its times are on the clock of both.
type Memory struct {
	State State
	// Deadline is when the next advert is due, or the down timer ends.
	Deadline time.Time
	// Since and Up are the time of the last transition and of the last way out
	// of Initialize.
	Since, Up time.Time
	// ActiveInterval and Learned are the interval that the down interval counts
	// with, and whether the Active router taught it.
	ActiveInterval time.Duration
	Learned        bool
	// Last and Discarded are the last adverts, as in Status.
	Last, Discarded Heard
	// Released says that the last accepted advert had priority 0.
	Released     bool
	PreemptAfter time.Time
	LastSent     time.Time
	Counters     Counters
}

// Memory returns what Resume needs.
func (r *Router) Memory() Memory {
	return Memory{
		State: r.state, Deadline: r.deadline, Since: r.transition.Evidence.At, Up: r.up,
		ActiveInterval: r.activeInterval, Learned: r.learned, Last: r.last, Discarded: r.discarded,
		Released: r.released, PreemptAfter: r.preemptAfter, LastSent: r.lastSent, Counters: r.counters,
	}
}

// Resume starts the members in the states in which a predecessor in another
// process left them, instead of Startup; there is one Memory for each. An
// Active router claims what it has already and sends its next advert when that
// is due: no peer sees the difference. A Backup may have been deaf for a
// moment, so its down timer starts again. A router with a cause, or one that
// was in Initialize, starts as by Startup. What the rule of the group asks for
// follows.
func (g *Group) Resume(now time.Time, memories []Memory) []MemberAction {
	g.out = g.out[:0]
	for i, m := range memories {
		g.decide(i, func(r *Router) { r.resume(now, m) })
	}
	if len(g.members) > 1 {
		g.sync(now)
	}
	return g.out
}

func (r *Router) resume(now time.Time, m Memory) {
	if r.started || r.state != Initialize {
		return
	}
	r.counters = m.Counters
	if len(r.causes) > 0 || m.State == Initialize {
		r.start(now)
		return
	}
	r.started = true
	r.moveTo(now, m.State, decision{reason: ReasonResumed})
	if !m.Since.IsZero() {
		r.transition.Evidence.At = m.Since
	}
	r.up, r.last, r.discarded, r.released = m.Up, m.Last, m.Discarded, m.Released
	r.preemptAfter, r.lastSent = m.PreemptAfter, m.LastSent
	if m.Learned && m.ActiveInterval > 0 {
		r.activeInterval, r.learned = m.ActiveInterval, true
	}
	if m.State == Active {
		r.out.add(Claim{})
		r.out.add(Announce{Why: Resumed})
		r.deadline = m.Deadline
		if latest := now.Add(r.cfg.Interval); r.deadline.IsZero() || r.deadline.After(latest) {
			r.deadline = latest
		}
		return
	}
	r.deadline = now.Add(r.wait())
}
