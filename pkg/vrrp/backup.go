package vrrp

import "time"

// backup is RFC 9568 section 6.4.2 and RFC 3768 section 6.4.2.
func (r *Router) backup(now time.Time, ev Event) {
	switch ev := ev.(type) {
	case Shutdown:
		r.started = false
		r.enterInitialize(now, decision{reason: ReasonShutdown})
	case Timeout:
		r.step(now, ev.Known)
	case Received:
		if heard, ok := r.receive(now, ev); ok {
			r.backupAdvert(now, heard)
		}
	}
}

// takeOver is the end of Active_Down_Timer.
func (r *Router) takeOver(now time.Time) {
	why := decision{reason: r.whyTakeOver(), expired: r.due(), doubt: r.doubt(now)}
	if !r.grouped {
		r.enterActive(now, why)
		return
	}
	if !r.wants {
		r.wants, r.wish = true, why
	}
	r.released = false
	r.deadline = now.Add(r.down())
	r.guard = guard{frame: r.guard.frame, known: r.guard.known}
	r.losePaths(now)
}

// whyTakeOver goes by the latest fact: each of them undoes the others.
func (r *Router) whyTakeOver() Reason {
	switch {
	case r.guard.limited:
		return ReasonHoldLimit
	case !r.discarded.At.IsZero():
		return ReasonPreempt
	case r.released:
		return ReasonPriorityZero
	}
	return ReasonNoAdvert
}

func (r *Router) backupAdvert(now time.Time, heard Heard) {
	switch {
	case heard.Priority == 0 && !r.mayLeave(heard):
		r.foreignGoodbye(heard)
	case heard.Priority == 0 && r.released: // said already
	case heard.Priority == 0:
		r.release(now, heard)
	case heard.Priority >= r.priority:
		r.endPreemptDelay(now, heard)
		r.accept(now, heard)
	case r.tolerates(now):
		r.accept(now, heard)
	default:
		r.counters.Discarded++
		r.discarded = heard
		r.out.tell(Note{Kind: NoteDiscarded, State: r.state, From: heard.From, Priority: heard.Priority, Ours: r.priority})
	}
}

// release is the first goodbye of the Active router: we wait for Skew_Time from
// now, or until a deadline that is nearer. The RFC sets the timer anew with each
// goodbye, so that whoever repeats one in the Active router's name puts the
// takeover off for as long as he likes.
func (r *Router) release(now time.Time, heard Heard) {
	r.absorb(now, heard)
	r.endHold(now, heard.From)
	r.guard.floor = now // of a deadline that stays
	r.out.tell(Note{Kind: NotePriorityZero, State: r.state, From: heard.From, Ours: r.priority})
	r.follow(heard)
	r.released = true
	r.deadline = r.sooner(r.deadline, now, skew(r.cfg.Version, r.priority, r.activeInterval))
	r.losePaths(now)
}

// sooner is the end of a wait that begins now on one way, or of the one that runs,
// if that is nearer. Where that way has been silent for too long already, it is the
// others that hold us, and they are not to hold us any longer.
func (r *Router) sooner(running, now time.Time, wait time.Duration) time.Time {
	if running.Before(now) {
		running = r.waysEnd()
	}
	if end := now.Add(wait); running.Before(now) || end.Before(running) {
		return end
	}
	return running
}

// accept follows the sender for another down interval.
func (r *Router) accept(now time.Time, heard Heard) {
	r.absorb(now, heard)
	r.learn(heard)
	r.follow(heard)
	r.wants, r.waits = false, false
	r.deadline = now.Add(r.down())
	r.endHold(now, heard.From)
	if r.mainLost {
		r.mainLost = false
		r.out.tell(Note{Kind: NotePathBack, State: r.state, From: heard.From})
	}
	r.losePaths(now)
}

// mayLeave says whose goodbye is believed, that of whoever is Active as far as
// we know: the router that is followed; anybody if none is, as at the start; the
// one that we are about to preempt, once the followed one misses its adverts. A
// goodbye in another's name must not start an election.
func (r *Router) mayLeave(heard Heard) bool {
	switch {
	case !r.last.From.IsValid() || r.last.At.Before(r.transition.Evidence.At) || r.last.From == heard.From:
		return true
	case r.discarded.From == heard.From:
		return heard.At.Sub(r.last.At) > r.activeInterval*3/2
	}
	return false
}

func (r *Router) foreignGoodbye(heard Heard) {
	r.counters.ForeignGoodbyes++
	r.out.tell(Note{Kind: NoteForeignGoodbye, State: r.state, From: heard.From, Was: r.last.From, Path: heard.Path})
}

// absorb tells of an advert that came when the deadline had passed, but before
// the wake-up was handled. The wake-up is late, not the Active router dead:
// such an advert counts like any other, and a false failover did not happen.
func (r *Router) absorb(now time.Time, heard Heard) {
	if due := r.due(); now.After(due) {
		r.counters.LateWakeups++
		r.out.tell(Note{Kind: NoteLateWakeup, State: r.state, From: heard.From, Late: now.Sub(due)})
	}
}

// learn takes the Active router's interval over. Only version 3 does: in
// version 2 an advert with another interval is rejected before it comes here.
func (r *Router) learn(heard Heard) {
	if r.cfg.Version == 2 || heard.Interval <= 0 {
		return
	}
	interval := heard.Interval
	if floor := r.cfg.IntervalFloor; interval < floor {
		if r.last.From != heard.From || r.last.Interval != interval {
			r.out.tell(Note{Kind: NoteIntervalFloor, State: r.state, From: heard.From, Interval: interval, OldInterval: floor})
		}
		interval = floor
	}
	r.learned = true
	if interval != r.activeInterval {
		r.out.tell(Note{Kind: NoteIntervalLearned, State: r.state, From: heard.From, Interval: interval, OldInterval: r.activeInterval})
		r.activeInterval = interval
	}
}

// follow remembers the sender as the Active router.
func (r *Router) follow(heard Heard) {
	changed := r.last.From != heard.From
	if changed && heard.Priority != 0 {
		r.out.tell(Note{Kind: NoteActiveChanged, State: r.state, From: heard.From, Was: r.last.From, Priority: heard.Priority})
	}
	if heard.Mismatch && (changed || !r.last.Mismatch) {
		r.out.tell(Note{Kind: NoteAddressMismatch, State: r.state, From: heard.From})
	}
	r.last = heard
	r.released = false
	r.forget()
}

// forget drops what was not followed. It is asked with every advert, and the two
// are large: what is empty is not emptied.
func (r *Router) forget() {
	if !r.discarded.At.IsZero() {
		r.discarded = Heard{}
	}
	if r.rejected.Total != 0 || !r.rejected.At.IsZero() {
		r.rejected = Rejections{}
	}
}

// enterBackup begins to listen for a whole down interval, of our own interval
// until another is learned.
func (r *Router) enterBackup(now time.Time, why decision) {
	from := r.state
	r.moveTo(now, Backup, why)
	if from == Initialize {
		r.last = Heard{}
	}
	r.deadline = now.Add(r.down())
}
