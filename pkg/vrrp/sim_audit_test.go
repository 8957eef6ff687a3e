package vrrp

import (
	"fmt"
	"time"
)

// view is what an outsider knows of one router: from the actions it asked for,
// and from the adverts that came to it.
type view struct {
	state State
	held  bool
	// since is when it entered its state, by its own clock.
	since time.Time
	// heard is when the last advert came that a Backup must accept, and its
	// interval; gone is when the first priority 0 came since.
	heard, gone time.Time
	interval    time.Duration
	least       time.Duration // the shortest interval since
	// path is when the last advert came on each extra path that a Backup must
	// accept, and its interval; left: a priority 0 came on it since.
	path         [MaxPaths]time.Time
	pathInterval [MaxPaths]time.Duration
	left         [MaxPaths]bool
	// wanted: it had waited long enough before the event, its group had not.
	wanted bool
	// stood: it stood still, and only asks before it goes on.
	stood bool
	// stepped: it handed over and holds back.
	stepped bool
}

// audited handles an event and checks what must hold after any event in any
// history:
//
//   - a transition has a reason, its evidence the time, and it leaves the state
//     that the router was in;
//   - addresses are held by an Active router and by no other;
//   - an advert carries the effective priority or 0, and our own interval; only
//     who is Active sends another priority than 0, and only who was sends 0;
//   - a deadline is missing only in Initialize, is never set into the past, and
//     a Timeout always moves it on (no busy loop). One that is overdue may become
//     another overdue one: a question that is not worth asking any more;
//   - a rejected packet changes nothing;
//   - no router becomes Active, or ready to be with its group, too early (early
//     below);
//   - who heard a better router is not Active afterwards;
//   - the members of a group are Active together or not at all.
func (n *node) audited(at time.Time, member int, ev Event) []MemberAction {
	var before [maxLinks]time.Time
	for i, r := range n.routers {
		before[i], n.views[i].wanted = r.Deadline(), r.wants
	}
	better := n.better(member, ev)
	n.known = time.Time{}
	if t, ok := ev.(Timeout); ok {
		n.known = t.Known
	}
	n.observe(at, member, ev)
	actions := n.machine.Handle(at, member, ev)
	for _, a := range actions {
		n.check(at, a.Member, a.Action)
	}
	if _, ok := ev.(Rejected); ok && len(actions) > 0 {
		n.w.failf("node %d: a rejected packet made it do %v", n.id, actions)
	}
	if better && !n.blind && n.views[member].state == Active {
		n.w.failf("node %d: still Active after %+v", n.id, ev)
	}
	for i, r := range n.routers {
		if r.wants && !n.views[i].wanted && r.wish.reason != ReasonOwner {
			n.early(at, i)
		}
		n.checkDeadline(at, ev, r, before[i])
		n.checkHeld(i, r)
	}
	n.updateActive()
	return actions
}

// better says that an Active router hears one that it must yield to.
func (n *node) better(member int, ev Event) bool {
	r := n.routers[member]
	if ad, ok := ev.(PathHeard); ok && n.views[member].state == Active {
		return ad.Priority > r.Priority() || ad.Priority == r.Priority() && ad.From.Compare(ad.Local) > 0
	}
	ad, ok := ev.(Received)
	if !ok || n.views[member].state != Active {
		return false
	}
	ours, primary := r.Priority(), r.Config().Primary
	return ad.Priority > ours || ad.Priority == ours && ad.From.Compare(primary) > 0
}

// observe keeps what a Backup must accept.
func (n *node) observe(at time.Time, member int, ev Event) {
	n.observePath(at, member, ev)
	ad, ok := ev.(Received)
	v, r := &n.views[member], n.routers[member]
	if !ok || v.state == Initialize || ad.From == r.Config().Primary {
		return
	}
	ours, must := r.Priority(), r.Config().NoPreempt && r.Config().Priority != PriorityOwner
	switch {
	case ad.Priority == 0 && v.state == Backup:
		if v.gone.IsZero() || v.gone.Before(v.since) { // that of another router than the followed one counts for nothing
			v.gone = at
		}
	case v.state == Backup && ad.Priority != 0 && (must || ad.Priority >= ours), n.better(member, ev):
		v.heard, v.gone, v.interval = at, time.Time{}, ad.Interval
		v.least = ad.Interval
	case v.state == Backup && ad.Priority != 0:
		// A preempt delay or a hold may accept it, too, and learn.
		v.least = min(v.least, ad.Interval)
	}
}

// observePath is the same for the extra paths.
func (n *node) observePath(at time.Time, member int, ev Event) {
	ad, ok := ev.(PathHeard)
	v, r := &n.views[member], n.routers[member]
	if !ok || v.state == Initialize {
		return
	}
	i := ad.Path - 1
	must := r.Config().NoPreempt && r.Config().Priority != PriorityOwner || ad.Priority >= r.Priority()
	switch {
	case ad.Priority == 0:
		v.left[i] = true
	case v.state == Backup && must, n.better(member, ev):
		v.path[i], v.pathInterval[i], v.left[i] = at, ad.Interval, false
	default: // a preempt delay or a hold may accept it, too
		v.pathInterval[i] = min(v.pathInterval[i], ad.Interval)
	}
}

// earlyOnPath checks that every extra path that said something was silent for long
// enough, too.
func (n *node) earlyOnPath(at time.Time, v *view, cfg Config) {
	for i, heard := range v.path {
		if heard.IsZero() || heard.Before(v.since) || v.left[i] {
			continue
		}
		wait := time.Duration(cfg.DownAdverts) * v.pathInterval[i]
		if got := at.Sub(heard); got < wait {
			n.w.failf("node %d: Active %v after the last advert on path %d, too early by %v", n.id, got, i+1, wait-got)
		}
	}
}

func (n *node) check(at time.Time, member int, a Action) {
	v, r := &n.views[member], n.routers[member]
	switch a := a.(type) {
	case Transition:
		n.w.log.transition(n, member, a)
		if n.w.judge.quiet {
			n.w.failf("node %d: %s, for no good reason: %v", n.id, formatAction(a), a.Evidence)
		}
		if a.Reason == ReasonNone || a.Evidence.At != at || a.From != v.state || a.From == a.To && a.To != Initialize {
			n.w.failf("node %d: transition in %v without sense: %v", n.id, v.state, formatAction(a))
		}
		if a.To == Active && a.From == Backup && a.Reason != ReasonOwner && !v.wanted {
			n.early(at, member)
		}
		if a.From != a.To && a.From == Initialize {
			*v = view{held: v.held}
		}
		if !n.known.IsZero() && n.known.Before(at) {
			at = n.known // what came after that is still to be told
		}
		v.state, v.since, v.stepped, v.least = a.To, at, a.Reason == ReasonHandOver, r.Config().Interval
		if a.To == Backup && v.heard != at {
			v.heard = time.Time{}
		}
		switch a.Reason { // a worse router is left alone for a while, and learned from
		case ReasonUnheard:
			v.stepped, v.least = true, a.Evidence.Trigger.Interval
		case ReasonAnswered:
			v.stepped = true
		}
		v.stood = a.Reason == ReasonStalled && r.Config().Guard == GuardHold
	case SendAdvert:
		if a.Interval != r.Config().Interval || a.Priority != 0 && a.Priority != r.Priority() {
			n.w.failf("node %d: sends %+v", n.id, a)
		}
		if (a.Priority != 0) != (v.state == Active) {
			n.w.failf("node %d: sends %+v in %v", n.id, a, v.state)
		}
	case Ask:
		if v.state == Initialize || v.state == Active && r.Config().Guard != GuardHold {
			n.w.failf("node %d: asks in %v", n.id, v.state)
		}
	case Claim:
		v.held = true
	case Release:
		if !v.held {
			n.w.failf("node %d: releases what it does not hold", n.id)
		}
		v.held = false
	}
}

// early checks that a Backup waited long enough before it became Active: a down
// interval from the last advert that it had to accept by the time of arrival,
// or from the start; a skew time from a goodbye. The times are computed here
// from section 6.1, not asked of the router.
func (n *node) early(at time.Time, member int) {
	v, r := &n.views[member], n.routers[member]
	if n.blind {
		return
	}
	cfg := r.Config()
	n.earlyOnPath(at, v, cfg)
	from, interval := v.since, cfg.Interval
	if v.stood && v.heard.IsZero() {
		return
	}
	if !v.heard.IsZero() {
		from = v.heard
		if cfg.Version == 3 {
			interval = v.interval
		}
	}
	if cfg.Version == 3 && (cfg.PreemptDelay > 0 || v.stepped) {
		interval = min(interval, v.least)
	}
	unit := interval
	if cfg.Version == 2 {
		unit = time.Second
	}
	wait := time.Duration(256-int(r.Priority())) * unit / 256
	if !v.gone.Before(from) && at.Sub(v.gone) >= wait {
		return
	}
	wait += time.Duration(cfg.DownAdverts) * interval
	if got := at.Sub(from); got < wait {
		n.w.failf("node %d: Active %v after the last sign of life, too early by %v", n.id, got, wait-got)
	}
}

func (n *node) checkDeadline(at time.Time, ev Event, r *Router, before time.Time) {
	now := r.Deadline()
	switch {
	case now.IsZero() != (r.State() == Initialize) && r.cfg.StartupDelay == 0:
		n.w.failf("node %d: deadline %v in %v", n.id, now, r.State())
	case now.IsZero():
	case now != before && now.Before(at) && !before.Before(at):
		n.w.failf("node %d: deadline set %v into the past by %+v: %s", n.id, at.Sub(now), ev, r.where(at))
	}
	switch ev := ev.(type) {
	case Timeout:
		if !ev.Known.IsZero() {
			at = ev.Known
		}
		if !now.IsZero() && !now.After(at) {
			n.w.failf("node %d: deadline still due after Timeout: %s", n.id, r.where(at))
		}
	case Rejected:
		if now != before {
			n.w.failf("node %d: a rejected packet moved a timer", n.id)
		}
	}
}

func (n *node) checkHeld(member int, r *Router) {
	v := &n.views[member]
	if v.state != r.State() {
		n.w.failf("node %d: is %v, told %v", n.id, r.State(), v.state)
	}
	if v.held != (v.state == Active) {
		n.w.failf("node %d: %v and held=%v", n.id, v.state, v.held)
	}
}

// updateActive also checks that a group is never divided.
func (n *node) updateActive() {
	actives := 0
	for i := range n.routers {
		if n.views[i].state == Active {
			actives++
		}
	}
	switch {
	case actives != 0 && actives != len(n.routers):
		n.w.failf("node %d: group divided", n.id)
	case actives == 0:
		n.activeSince = -1
	case n.activeSince < 0:
		n.activeSince = n.w.now
	}
}

// where tells the timers of a router, for a complaint.
func (r *Router) where(now time.Time) string {
	s := fmt.Sprintf("%v, main %v, due %v, next %v, %+v", r.state, r.deadline.Sub(now), r.Due().Sub(now), r.Deadline().Sub(now), r.guard)
	for i := range r.cfg.Paths {
		s += fmt.Sprintf(", path %v lost=%v", r.paths[i].until.Sub(now), r.paths[i].lost)
	}
	return s
}
