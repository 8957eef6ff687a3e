package vrrp

import "time"

// Group is a sync group: routers that are Active together or not at all. A
// lone router is a group of one, so that a shell talks to groups only.
//
// A member whose down timer ran out waits until all have; one that yields
// takes the others with it to Backup; one with a fault takes them to
// Initialize, and they come back when no member has a cause.
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

// NewGroup makes a group of routers that have not been started.
func NewGroup(name string, members ...*Router) *Group {
	return &Group{name: name, members: members}
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

// State returns the state that the members share.
func (g *Group) State() State {
	least := g.members[0].State()
	for _, r := range g.members {
		least = min(least, r.State())
	}
	return least
}
