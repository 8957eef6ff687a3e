package vrrp

import (
	"slices"
	"time"
)

// Group is a sync group: routers that are Active together or not at all. A
// lone router is a group of one, so that a shell talks to groups only.
//
// A member whose down timer ran out waits until all have. One that leaves
// Active takes the others with it to Backup. One with a cause keeps the others
// in Initialize; they come back when no member has one. Between two calls
// either every member is Active or none is.
//
// The members of a group should have one priority, and the groups of different
// nodes different ones: if of two groups each wins on one link, both yield.
type Group struct {
	name    string
	members []*Router
	out     []MemberAction
}

// MemberAction is an action of one member.
type MemberAction struct {
	// Member is the index of the router in NewGroup.
	Member int
	Action Action
}

// NewGroup makes a group of at least one router, none of them started. From
// now on the members are fed through the group only.
func NewGroup(name string, members ...*Router) *Group {
	g := &Group{name: name, members: slices.Clone(members)}
	g.out = make([]MemberAction, 0, usualActions*len(members))
	for _, r := range members {
		r.grouped = len(members) > 1
	}
	if len(members) > 1 {
		g.syncCauses(time.Time{})
	}
	return g
}

// Name returns the name of the group.
func (g *Group) Name() string { return g.name }

// Len returns the number of members.
func (g *Group) Len() int { return len(g.members) }

// Member returns the i-th router, to look at and not to feed.
func (g *Group) Member(i int) *Router { return g.members[i] }

// Handle feeds the group one event for one member and returns what all members
// have to do, in order. The slice is used again by the next call. Startup,
// Shutdown, HandOver and Timeout go to every member, whichever is named.
func (g *Group) Handle(now time.Time, member int, ev Event) []MemberAction {
	g.out = g.out[:0]
	switch ev.(type) {
	case Startup, Shutdown, HandOver, Timeout:
		for i := range g.members {
			g.feed(now, i, ev)
		}
	default:
		g.feed(now, member, ev)
	}
	if len(g.members) > 1 {
		g.sync(now)
	}
	return g.out
}

// Deadline is the earliest deadline of the members, zero if none has one.
func (g *Group) Deadline() time.Time {
	var first time.Time
	for _, r := range g.members {
		if d := r.Deadline(); !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}

// State returns the state of the group: Active if every member is, otherwise
// the least of theirs.
func (g *Group) State() State {
	least := Active
	for _, r := range g.members {
		least = min(least, r.State())
	}
	return least
}

// Fault says that the group is in what operators call FAULT.
func (g *Group) Fault() bool {
	return slices.ContainsFunc(g.members, func(r *Router) bool { return r.fault })
}

// feed gives an event to one member and collects what it wants done.
func (g *Group) feed(now time.Time, member int, ev Event) {
	g.collect(member, g.members[member].Handle(now, ev))
}

// decide makes one member do what only the group may decide.
func (g *Group) decide(member int, do func(r *Router)) {
	r := g.members[member]
	r.out.actions = r.out.actions[:0]
	do(r)
	g.collect(member, r.out.actions)
}

func (g *Group) collect(member int, actions []Action) {
	for _, a := range actions {
		g.out = append(g.out, MemberAction{Member: member, Action: a})
	}
}
