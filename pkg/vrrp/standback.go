package vrrp

import "time"

// An Active router under GuardHold stands back for another one that is Active
// too and cannot be told so. Three cases, none of which the RFC can end while
// adverts are lost one way or both:
//
//   - our own timers stood still for longer than a peer's down interval, and
//     nobody's advert came meanwhile: somebody may be Active unheard, so ask;
//   - somebody goes on advertising a lower priority for most of a down interval
//     in spite of all our adverts: it does not hear us;
//   - the addresses still answer a down interval after we preempted, or after we
//     took over from silence as another one did at the same time. Who hears a
//     better advert has yielded by then; of those that are left the higher MAC
//     stays.
//
// An address owner never stands back.

// standsBack says that the rules above go for this router.
func (r *Router) standsBack() bool { return r.cfg.Guard == GuardHold && !r.cfg.owner() }

// retakeStalled lets a router that stood still ask before it goes on.
func (r *Router) retakeStalled(now time.Time) {
	r.enterBackup(now, decision{reason: ReasonStalled, expired: r.deadline})
	r.leaveActive(now, silent)
	r.deadline = now.Add(r.lead())
	r.ask(now, r.deadline)
}

// stood says that our advert comes so late that our fence may have closed, and a
// peer that asks may have taken over. What was sent in answer to adverts that
// waited meanwhile is no sign of life.
func (r *Router) stood(now time.Time) bool {
	adverts := max(2, r.cfg.downAdverts())
	return r.standsBack() && now.Sub(r.deadline) >= (adverts-1)*r.cfg.Interval-r.cfg.Interval/4
}

// unheard says that a losing router should have yielded by now, had it heard
// any of the adverts that we have sent since it contradicted first.
func (r *Router) unheard(heard Heard) bool {
	c := r.contrary
	patience := (r.cfg.downAdverts() - 1) * max(r.cfg.Interval, heard.Interval)
	return r.standsBack() && c.Adverts > 2 && heard.At.Sub(c.FirstAdvert) >= patience-r.cfg.Interval/8
}

// followUnheard lets the other one be.
func (r *Router) followUnheard(now time.Time, heard Heard) {
	r.standBack(now, decision{reason: ReasonUnheard, trigger: heard})
	if heard.Path > 0 {
		r.backupPath(now, &r.paths[heard.Path-1], heard)
		return
	}
	r.accept(now, heard)
}

// race is the doubt about our own takeover, for a down interval after it. With
// the last advert but one of that time the addresses are asked for once more; if
// they answer then, we stand back.
type race struct {
	left     int  // adverts until it is decided, 0: there is no doubt
	sign     bool // there is something to ask for
	answered bool
}

// enterRace begins with a takeover. A router that preempts asks in any case: whom
// it replaces must have heard it by then.
func (r *Router) enterRace(why Reason) {
	switch {
	case !r.standsBack():
	case why == ReasonPreempt:
		r.race = race{left: max(2, int(r.cfg.downAdverts())), sign: true}
	case why == ReasonNoAdvert || why == ReasonPriorityZero:
		r.race = race{left: max(2, int(r.cfg.downAdverts()))}
	}
}

// contested takes an answer in. Two that took over from silence at once go by
// their MACs: one of them must stay.
func (r *Router) contested(ev Answered) {
	if ra := &r.race; ra.left > 0 && !ev.Stranger && (ev.Outranks || r.transition.Reason == ReasonPreempt) {
		ra.answered = ra.left == 1
		ra.sign = true
	}
}

// lost moves the race on by an advert, and says whether it is lost.
func (r *Router) lost(now time.Time) bool {
	ra := &r.race
	if ra.left == 0 {
		return false
	}
	ra.left--
	switch {
	case ra.left == 1 && ra.sign:
		r.counters.Questions++
		r.out.add(Ask{Until: now.Add(r.cfg.Interval), Addresses: true})
	case ra.left == 0 && ra.answered:
		r.standBack(now, decision{reason: ReasonAnswered})
		return true
	}
	return false
}

// standBack leaves Active, and leaves a router of lower priority alone for the
// hold limit, doubled each time.
func (r *Router) standBack(now time.Time, why decision) {
	setbacks := r.setbacks
	r.enterBackup(now, why)
	r.leaveActive(now, silent)
	r.preemptAfter = now.Add(r.cfg.holdLimit() << min(setbacks, mostSetbacks))
	r.setbacks = setbacks + 1
}

const mostSetbacks = 6
