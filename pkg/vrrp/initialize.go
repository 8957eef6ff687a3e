package vrrp

import "time"

// initialize is RFC 9568 section 6.4.1. What keepalived calls FAULT is here
// too: the router has started, but a named cause stands in the way.
func (r *Router) initialize(now time.Time, ev Event) {
	switch ev.(type) {
	case Startup:
		r.start(now)
	case Shutdown:
		r.stop(now)
	case Timeout:
		if r.expired(now) {
			r.deadline = time.Time{}
			r.clear(now, Cause{Kind: CauseDelay})
		}
	}
}

// start makes the router take part, at once if nothing stands in the way.
func (r *Router) start(now time.Time) {
	if r.started {
		return
	}
	r.started = true
	if d := r.cfg.StartupDelay; d > 0 {
		r.deadline = now.Add(d)
		r.raise(now, Cause{Kind: CauseDelay})
	}
	if cause, loud := r.causes.loud(); loud {
		r.moveTo(now, Initialize, decision{reason: ReasonFault, cause: cause})
	}
	if len(r.causes) == 0 {
		r.begin(now, decision{reason: ReasonStartup})
	}
}

// stop ends the taking part of a router that was not even a Backup.
func (r *Router) stop(now time.Time) {
	r.started, r.ready = false, false
	r.deadline = time.Time{}
	r.causes.clear(Cause{Kind: CauseDelay})
	if r.fault {
		r.moveTo(now, Initialize, decision{reason: ReasonShutdown})
	}
}

// begin leaves Initialize: an owner is Active at once, everybody else waits a
// whole down interval. In a sync group that is the Group's decision.
func (r *Router) begin(now time.Time, why decision) {
	switch {
	case r.grouped:
		r.ready, r.wish = true, why
	case r.claimsAtOnce():
		r.enterActive(now, decision{reason: ReasonOwner, cause: why.cause})
	default:
		r.enterBackup(now, why)
	}
}

// claimsAtOnce is the Startup rule for priority 255.
func (r *Router) claimsAtOnce() bool { return r.cfg.owner() && !r.cfg.OwnerWaits }

// enterInitialize leaves Backup or Active. An Active router says goodbye.
func (r *Router) enterInitialize(now time.Time, why decision) {
	was := r.state
	r.moveTo(now, Initialize, why)
	r.deadline, r.setbacks = time.Time{}, 0
	if was == Active {
		r.leaveActive(now, goodbye)
	}
}
