package vrrp

import (
	"slices"
	"time"
)

// sync restores the rule of the group after one member handled an event.
func (g *Group) sync(now time.Time) {
	g.syncAnnounce()
	g.syncCauses(now)
	if g.any(isReady) && g.all(func(r *Router) bool { return r.ready || r.state != Initialize }) {
		g.begin(now)
	}
	if g.any(isActive) && !g.all(isActive) {
		g.withdraw(now)
	}
	if g.all(func(r *Router) bool { return r.wants }) {
		g.claim(now)
	}
	g.tellWaiting()
}

// syncCauses keeps a member out while another one has a cause of its own.
// What must be raised is raised before anything is cleared, so that no member
// begins in between.
func (g *Group) syncCauses(now time.Time) {
	for i := range g.members {
		if c := g.causeFor(i); c.Kind != CauseNone && !slices.Contains(g.members[i].causes, c) {
			g.feed(now, i, FaultRaised{Cause: c})
		}
	}
	for i := range g.members {
		wanted := g.causeFor(i)
		for _, kind := range [...]CauseKind{CauseGroup, CauseGroupPending} {
			c := Cause{Kind: kind, Name: g.name}
			if c != wanted && slices.Contains(g.members[i].causes, c) {
				g.feed(now, i, FaultCleared{Cause: c})
			}
		}
	}
}

// causeFor returns the cause that the other members are to one member.
func (g *Group) causeFor(member int) Cause {
	kind := CauseNone
	for i, r := range g.members {
		if i == member {
			continue
		}
		for _, c := range r.causes {
			switch {
			case c.Kind == CauseGroup || c.Kind == CauseGroupPending:
			case !c.Kind.Quiet():
				return Cause{Kind: CauseGroup, Name: g.name}
			default:
				kind = CauseGroupPending
			}
		}
	}
	if kind == CauseNone {
		return Cause{}
	}
	return Cause{Kind: kind, Name: g.name}
}

// begin takes every member out of Initialize. Owners are Active at once, but
// only if all of them are; a single one wants to be and waits for the rest.
// Members that run already, see Regroup, stay as they are.
func (g *Group) begin(now time.Time) {
	atOnce := g.all(func(r *Router) bool { return r.claimsAtOnce() && (r.ready || r.state == Active) })
	for i, r := range g.members {
		if !r.ready {
			continue
		}
		g.decide(i, func(r *Router) {
			why := r.wish
			switch {
			case atOnce:
				r.enterActive(now, decision{reason: ReasonOwner, cause: why.cause})
			case r.claimsAtOnce():
				r.enterBackup(now, why)
				r.wants, r.wish = true, decision{reason: ReasonOwner}
			default:
				r.enterBackup(now, why)
			}
		})
	}
}

// withdraw follows a member that left Active. Nobody has taken the others over
// yet, so they say goodbye.
func (g *Group) withdraw(now time.Time) {
	for i, r := range g.members {
		if isActive(r) {
			g.decide(i, func(r *Router) {
				r.enterBackup(now, decision{reason: ReasonGroup})
				r.leaveActive(now, goodbye)
			})
		}
	}
}

// claim makes every member Active: the last one is ready.
func (g *Group) claim(now time.Time) {
	for i := range g.members {
		g.decide(i, func(r *Router) { r.enterActive(now, r.wish) })
	}
}

// tellWaiting tells once of each member that would be Active by itself.
func (g *Group) tellWaiting() {
	for i, r := range g.members {
		if r.wants && !r.waits {
			g.decide(i, func(r *Router) {
				r.waits = true
				r.out.tell(Note{Kind: NoteGroupWaits, State: r.state, Ours: r.priority})
			})
		}
	}
}

// syncAnnounce repeats a member's announcement for the others: whoever
// believed to be Active on one link has probably claimed on all.
func (g *Group) syncAnnounce() {
	because := Announce{Why: LowerPriority}
	at := slices.IndexFunc(g.out, func(a MemberAction) bool { return a.Action == because })
	if at < 0 {
		return
	}
	from := g.out[at].Member
	for i := range g.members {
		if i != from {
			g.out = append(g.out, MemberAction{Member: i, Action: because})
		}
	}
}

func isActive(r *Router) bool { return r.state == Active }

func isReady(r *Router) bool { return r.ready }

func (g *Group) all(is func(*Router) bool) bool {
	return !slices.ContainsFunc(g.members, func(r *Router) bool { return !is(r) })
}

func (g *Group) any(is func(*Router) bool) bool { return slices.ContainsFunc(g.members, is) }
