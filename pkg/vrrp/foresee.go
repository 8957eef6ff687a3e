package vrrp

import (
	"slices"
	"time"
)

// Foresee returns what Handle would return, and changes nothing. It allocates.
//
// A shell that waits for a deadline may do it once ahead: what a processor has
// not done for a while it does at a tenth of its pace.
func (g *Group) Foresee(now time.Time, member int, ev Event) []MemberAction {
	copied := &Group{name: g.name, members: make([]*Router, len(g.members))}
	for i, r := range g.members {
		copied.members[i] = r.clone()
	}
	return copied.Handle(now, member, ev)
}

// clone is a router that shares nothing with r.
func (r *Router) clone() *Router {
	c := *r
	c.causes, c.paths = slices.Clone(r.causes), slices.Clone(r.paths)
	c.out.actions = nil
	return &c
}
