package vrrp

import "time"

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
	// wanted: it had waited long enough before the event, its group had not.
	wanted bool
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
//     a Timeout always moves it on (no busy loop);
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
	ad, ok := ev.(Received)
	if !ok || n.views[member].state != Active {
		return false
	}
	r := n.routers[member]
	ours, primary := r.Priority(), r.Config().Primary
	return ad.Priority > ours || ad.Priority == ours && ad.From.Compare(primary) > 0
}

// observe keeps what a Backup must accept.
func (n *node) observe(at time.Time, member int, ev Event) {
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
		v.state, v.since, v.stepped, v.least = a.To, at, a.Reason == ReasonHandOver, r.Config().Interval
	case SendAdvert:
		if a.Interval != r.Config().Interval || a.Priority != 0 && a.Priority != r.Priority() {
			n.w.failf("node %d: sends %+v", n.id, a)
		}
		if (a.Priority != 0) != (v.state == Active) {
			n.w.failf("node %d: sends %+v in %v", n.id, a, v.state)
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
	from, interval := v.since, cfg.Interval
	if v.heard.After(from) || v.heard.Equal(from) {
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
	case now != before && now.Before(at):
		n.w.failf("node %d: deadline set %v into the past", n.id, at.Sub(now))
	}
	switch ev.(type) {
	case Timeout:
		if !now.IsZero() && !now.After(at) {
			n.w.failf("node %d: deadline still due after Timeout", n.id)
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
