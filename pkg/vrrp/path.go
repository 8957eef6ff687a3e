package vrrp

import (
	"net/netip"
	"time"
)

// MaxPaths is how many extra heartbeat paths a router can have.
const MaxPaths = 4

// path is what a Backup knows of one extra path.
type path struct {
	last  Heard
	until time.Time // how long its last advert holds the router in Backup
	lost  bool      // told
	left  bool      // by a goodbye: that is no loss
}

// pathHeard takes in an advert of our router that came on an extra path. It
// holds a Backup as an advert on the interface would, and an Active router
// yields to a better one; only the tie is between the addresses of the path.
func (r *Router) pathHeard(now time.Time, ev PathHeard) {
	heard := Heard{From: canonical(ev.From), Priority: ev.Priority, Interval: ev.Interval, At: now, Path: ev.Path}
	if ev.Path == 0 || ev.Path > MaxPaths || ev.Path > r.cfg.Paths || heard.From == canonical(ev.Local) {
		return
	}
	r.counters.PathReceived++
	switch r.state {
	case Backup:
		r.backupPath(now, &r.paths[ev.Path-1], heard)
	case Active:
		r.activePath(now, heard, canonical(ev.Local))
	}
}

func (r *Router) backupPath(now time.Time, p *path, heard Heard) {
	switch {
	case heard.Priority == 0 && (p.until.IsZero() || p.left): // nobody's, or said already
	case heard.Priority == 0 && p.last.From != heard.From:
		r.foreignGoodbye(heard)
	case heard.Priority == 0:
		p.until, p.left = r.sooner(p.until, now, skew(r.cfg.Version, r.priority, p.interval(r))), true
		r.reask(now)
		r.losePaths(now)
	case heard.Priority >= r.priority || r.tolerates(now):
		if p.lost {
			r.out.tell(Note{Kind: NotePathBack, State: r.state, From: heard.From, Path: heard.Path})
		}
		*p = path{last: heard}
		p.until = now.Add(r.cfg.downInterval(r.priority, p.interval(r)))
		r.discarded = Heard{}
		r.wants, r.waits = false, false
		r.endHold(now, heard.From)
		r.losePaths(now) // one that was silent for long, too
	default:
		r.counters.Discarded++
		r.discarded = heard
		r.out.tell(Note{Kind: NoteDiscarded, State: r.state, From: heard.From, Priority: heard.Priority, Ours: r.priority, Path: heard.Path})
	}
}

// interval is the Active router's, as the path tells it.
func (p *path) interval(r *Router) time.Duration {
	if i := p.last.Interval; i > 0 && r.cfg.Version != 2 {
		return max(i, r.cfg.IntervalFloor)
	}
	return r.activeInterval
}

func (r *Router) activePath(now time.Time, heard Heard, local netip.Addr) {
	switch {
	case heard.Priority == 0 || r.cfg.owner() && r.cfg.OwnerIgnoresAdverts:
	case heard.Priority > r.priority:
		r.yieldToPath(now, decision{reason: ReasonHigherPriority, trigger: heard})
	case heard.Priority == r.priority && heard.From.Compare(local) > 0:
		r.yieldToPath(now, decision{reason: ReasonHigherAddress, trigger: heard})
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

func (r *Router) yieldToPath(now time.Time, why decision) {
	r.contradict(now, why.trigger.From)
	r.enterBackup(now, why)
	r.leaveActive(now, silent)
	r.backupPath(now, &r.paths[why.trigger.Path-1], why.trigger)
}

// losePaths tells of each way on which the Active router was heard, and is not
// any more, while another one holds us. Losing the last is the takeover itself.
func (r *Router) losePaths(now time.Time) {
	end := r.waysEnd()
	if r.mainFalls(end) && !now.Before(r.deadline) {
		r.mainLost = true
		r.tellLost(now, 0, r.last)
	}
	for i := range r.paths {
		if p := &r.paths[i]; p.falls(end) && !now.Before(p.until) {
			p.lost = true
			r.tellLost(now, uint8(i+1), p.last)
		}
	}
}

func (r *Router) tellLost(now time.Time, number uint8, last Heard) {
	n := Note{Kind: NotePathLost, State: r.state, From: last.From, Path: number}
	if !last.At.IsZero() {
		n.Late = now.Sub(last.At)
	}
	r.counters.PathsLost++
	r.out.tell(n)
}

// falls says that the loss of the path is still to be told.
func (p *path) falls(end time.Time) bool {
	return !p.until.IsZero() && !p.lost && !p.left && p.until.Before(end)
}

func (r *Router) mainFalls(end time.Time) bool {
	return !r.mainLost && !r.released && r.deadline.Before(end)
}

// waysEnd is when the last way on which the Active router was heard is silent
// for a down interval.
func (r *Router) waysEnd() time.Time {
	end := r.deadline
	for i := range r.paths {
		end = latest(end, r.paths[i].until)
	}
	return end
}

// nextPath is when a loss has to be told, if that is before next.
func (r *Router) nextPath(next time.Time) time.Time {
	end := r.waysEnd()
	for i := range r.paths {
		if p := &r.paths[i]; p.falls(end) && p.until.Before(next) {
			next = p.until
		}
	}
	if r.mainFalls(end) && r.deadline.Before(next) {
		next = r.deadline
	}
	return next
}

// elsewhere is the last advert on any extra path.
func (r *Router) elsewhere() Heard {
	var last Heard
	for i := range r.paths {
		if h := r.paths[i].last; h.At.After(last.At) {
			last = h
		}
	}
	return last
}
