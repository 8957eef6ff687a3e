package vrrp

import "time"

// tolerates says whether a Backup accepts an advert of a lower priority: when
// it may not preempt, or not yet. The first such advert starts the delay.
func (r *Router) tolerates(now time.Time) bool {
	if r.cfg.NoPreempt && !r.cfg.owner() {
		return true
	}
	if r.preemptAfter.IsZero() {
		if r.cfg.PreemptDelay == 0 {
			return false
		}
		r.preemptAfter = now.Add(r.cfg.PreemptDelay)
		r.out.tell(Note{Kind: NotePreemptDelay, State: r.state, Interval: r.cfg.PreemptDelay})
	}
	return now.Before(r.preemptAfter)
}

// endPreemptDelay forgets the delay: the Active router is as good as we are.
func (r *Router) endPreemptDelay(now time.Time, heard Heard) {
	if now.Before(r.preemptAfter) {
		r.out.tell(Note{Kind: NotePreemptDelayOver, State: r.state, From: heard.From, Priority: heard.Priority})
	}
	r.preemptAfter = time.Time{}
}
