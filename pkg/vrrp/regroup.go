package vrrp

import (
	"slices"
	"time"
)

// Regroup makes a group of routers that may be running already, alone or in
// other groups, which are not to be used any more. No router changes its state
// for that, unless the rule of the new group asks for it: the cause of one
// member keeps all of them out, and where only some are Active they say
// goodbye. Members that have not been started are, as in NewGroup, started by
// the next Startup.
func Regroup(now time.Time, name string, members ...*Router) (*Group, []MemberAction) {
	g := &Group{name: name, members: slices.Clone(members)}
	g.out = make([]MemberAction, 0, 16*len(members))
	for i := range members {
		g.decide(i, func(r *Router) { r.regroup(now, len(members) > 1) })
	}
	if len(members) > 1 {
		g.sync(now)
	}
	return g, g.out
}

// regroup forgets the old group: what it kept the router from, and what it
// made the router wait for.
func (r *Router) regroup(now time.Time, grouped bool) {
	r.grouped = grouped
	if r.ready && !grouped {
		r.ready = false
		r.begin(now, r.wish)
	}
	for _, c := range slices.Clone(r.causes) {
		if c.Kind == CauseGroup || c.Kind == CauseGroupPending {
			r.clear(now, c)
		}
	}
	if !grouped {
		// A lone router whose down timer ran out takes over at its next one.
		r.wants, r.waits = false, false
	}
}
