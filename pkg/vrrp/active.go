package vrrp

import (
	"net/netip"
	"time"
)

// active is RFC 9568 section 6.4.3 and RFC 3768 section 6.4.3.
func (r *Router) active(now time.Time, ev Event) {
	switch ev := ev.(type) {
	case Shutdown:
		r.started = false
		r.enterInitialize(now, decision{reason: ReasonShutdown})
	case Timeout:
		if r.expired(now) {
			r.advertise(now)
		}
	case Received:
		if heard, ok := r.receive(now, ev); ok {
			r.activeAdvert(now, heard)
		}
	case HandOver:
		r.handOver(now, ev.Hold)
	}
}

// advertise is the end of Adver_Timer.
func (r *Router) advertise(now time.Time) {
	silence := now.Sub(r.lastSent)
	if silence > r.cfg.downInterval(PriorityOwner-1, r.cfg.Interval) {
		r.counters.Stalls++
		r.out.tell(Note{Kind: NoteStalled, State: r.state, Ours: r.priority, Late: now.Sub(r.deadline)})
	}
	if r.stood(now) {
		r.retakeStalled(now)
		return
	}
	if r.lost(now) {
		return
	}
	if p := r.cfg.TimerExpiredBackup; p != 0 && !r.cfg.owner() && silence > r.cfg.downInterval(p, r.cfg.Interval) {
		r.enterBackup(now, decision{reason: ReasonStalled, expired: r.deadline})
		r.leaveActive(now, silent)
		return
	}
	r.send(now, r.priority)
	r.deadline = r.cfg.nextAdvert(r.deadline, now)
	r.heal(now, false)
}

func (r *Router) activeAdvert(now time.Time, heard Heard) {
	if r.cfg.owner() && heard.Priority == PriorityOwner {
		r.out.tell(Note{Kind: NoteOwnerConflict, State: r.state, From: heard.From, Priority: heard.Priority, Ours: r.priority})
	}
	switch {
	case r.cfg.owner() && r.cfg.OwnerIgnoresAdverts:
	case heard.Priority == 0:
		r.out.tell(Note{Kind: NotePriorityZero, State: r.state, From: heard.From, Ours: r.priority})
		r.send(now, r.priority)
		r.deadline = now.Add(r.cfg.Interval)
		r.heal(now, heard.From == r.contrary.From)
	case heard.Priority > r.priority:
		r.yield(now, decision{reason: ReasonHigherPriority, trigger: heard})
	case heard.Priority == r.priority && heard.From.Compare(r.cfg.Primary) > 0:
		r.yield(now, decision{reason: ReasonHigherAddress, trigger: heard})
	default:
		r.counters.Discarded++
		r.discarded = heard
		r.contradict(now, heard.From)
		if r.unheard(heard) {
			r.followUnheard(now, heard)
			return
		}
		r.answer(now, heard)
	}
}

// contradict keeps a sign that another router is Active, too.
func (r *Router) contradict(now time.Time, from netip.Addr) {
	c := &r.contrary
	if c.Count == 0 {
		c.First = now
	}
	c.Last = now
	c.Count++
	if !from.IsValid() {
		return
	}
	if c.From = from; c.Adverts == 0 {
		c.FirstAdvert = now
	}
	c.Adverts++
}

// heal ends a time with two Active routers, when the other one has been silent
// for a down interval or said goodbye. A single sign is no such time: the last
// advert of a router that yields crosses the first one of the better.
func (r *Router) heal(now time.Time, gone bool) {
	c := r.contrary
	quiet := now.Sub(c.Last)
	wait := r.cfg.downInterval(r.priority, r.cfg.Interval)
	if c.Count > c.Adverts { // some signs were answers, which come when somebody asks
		wait = max(wait, answersApart)
	}
	if c.Count == 0 || !gone && quiet <= wait {
		return
	}
	r.contrary, r.setbacks = Contrary{}, 0
	if c.Count > 1 {
		r.out.tell(Note{Kind: NoteHealed, State: r.state, From: c.From, Ours: r.priority, Interval: c.Last.Sub(c.First), Late: quiet})
		r.out.add(Announce{Why: Healed})
	}
}

// answersApart is for how long there must be no answer until the other one does
// not answer any more. A shell that knows of two Active routers asks every second:
// one that was asked and is silent until the next question is still there.
const answersApart = 2500 * time.Millisecond

// yield lets a better router be Active. It has heard us, or will not: no
// priority 0 is sent.
func (r *Router) yield(now time.Time, why decision) {
	r.contradict(now, why.trigger.From)
	if r.cfg.HigherPriorityAdvert {
		r.send(now, r.priority)
	}
	r.enterBackup(now, why)
	r.leaveActive(now, silent)
	r.accept(now, why.trigger)
}

// answer tells a losing router that we are here, and its neighbours where the
// addresses are. The advert schedule is not touched. Answers are limited, or two
// Active routers with crossed adverts could chase each other.
func (r *Router) answer(now time.Time, heard Heard) {
	note := Note{Kind: NoteLowerPriority, State: r.state, From: heard.From, Priority: heard.Priority, Ours: r.priority}
	if now.Sub(r.lastAnswer) < min(answerLimit, r.cfg.Interval) {
		r.counters.Suppressed++
		r.out.tell(note)
		return
	}
	r.lastAnswer = now
	note.Answered = r.cfg.LowerPriorityAdvert
	r.out.tell(note)
	if note.Answered {
		r.counters.Answered++
		r.send(now, r.priority)
	}
	r.out.add(Announce{Why: LowerPriority})
}

// handOver steps aside. The slowest peer that missed our goodbye takes over
// within the down interval of priority 1; we wait an interval longer.
func (r *Router) handOver(now time.Time, hold time.Duration) {
	r.enterBackup(now, decision{reason: ReasonHandOver})
	r.leaveActive(now, goodbye)
	r.deadline = now.Add(r.cfg.downInterval(0, r.cfg.Interval) + skew(r.cfg.Version, 0, r.cfg.Interval))
	if hold > 0 {
		r.preemptAfter = now.Add(hold)
	}
}

// enterActive takes the addresses over. The advert goes first: the old Active
// router yields to it.
func (r *Router) enterActive(now time.Time, why decision) {
	r.moveTo(now, Active, why)
	r.enterRace(why.reason)
	r.counters.BecomeActive++
	r.counters.NewActiveReason = why.reason.NewActive()
	r.lastAnswer = time.Time{}
	r.send(now, r.priority)
	r.out.add(Claim{})
	r.out.add(Announce{Why: BecameActive})
	r.deadline = now.Add(r.cfg.Interval)
}

// parting is whether an Active router says that it leaves.
type parting bool

const (
	goodbye parting = true
	silent  parting = false
)

// leaveActive gives the addresses up, after the move to another state. It and
// enterActive are the only places that claim and release for good.
func (r *Router) leaveActive(now time.Time, p parting) {
	r.counters.ReleaseActive++
	if p == goodbye {
		r.send(now, 0)
	}
	r.out.add(Release{})
}

// send asks for an advert of that priority.
func (r *Router) send(now time.Time, priority uint8) {
	r.lastSent = now
	r.counters.Sent++
	if priority == 0 {
		r.counters.PriorityZeroSent++
	}
	r.out.send(SendAdvert{Priority: priority, Interval: r.cfg.Interval})
}
