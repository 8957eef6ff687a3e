package vrrp

import (
	"net/netip"
	"time"
)

// raise adds a cause. The first one ends Backup or Active.
func (r *Router) raise(now time.Time, c Cause) {
	if !r.causes.raise(c) {
		return
	}
	note := Note{Kind: NoteFaultRaised, State: r.state, Cause: c}
	if c.Kind == CauseDelay {
		note.Interval = r.cfg.StartupDelay
	}
	r.out.tell(note)
	r.ready = false
	why := decision{reason: ReasonFault, cause: c}
	switch {
	case r.state != Initialize:
		r.enterInitialize(now, why)
	case r.started && !r.fault && !c.Kind.Quiet():
		r.moveTo(now, Initialize, why)
	}
}

// clear takes a cause away. The last one lets the router begin.
func (r *Router) clear(now time.Time, c Cause) {
	if !r.causes.clear(c) {
		return
	}
	r.out.tell(Note{Kind: NoteFaultCleared, State: r.state, Cause: c})
	if len(r.causes) > 0 || !r.started || r.state != Initialize {
		return
	}
	why := decision{reason: ReasonStartup}
	if r.fault {
		why = decision{reason: ReasonFaultCleared, cause: c}
	}
	r.begin(now, why)
}

// changePriority sets the effective priority. A running down timer moves by
// the difference of the down intervals; an Active router puts the new priority
// into its next advert.
func (r *Router) changePriority(now time.Time, priority uint8) {
	if r.cfg.owner() {
		return
	}
	wait := r.wait()
	r.setPriority(clampPriority(int(priority)))
	r.shiftDeadline(now, wait)
}

func (r *Router) setPriority(priority uint8) {
	if priority == r.priority {
		return
	}
	r.out.tell(Note{Kind: NotePriority, State: r.state, Priority: priority, Ours: r.priority})
	r.priority = priority
}

// wait is what a Backup's deadline was made of: the down interval, or only the
// skew after a goodbye.
func (r *Router) wait() time.Duration {
	if r.released {
		return skew(r.cfg.Version, r.priority, r.activeInterval)
	}
	return r.down()
}

// shiftDeadline moves a Backup's deadline by the change of what it waits for,
// never into the past.
func (r *Router) shiftDeadline(now time.Time, old time.Duration) {
	if r.state != Backup {
		return
	}
	r.reask(now)
	if diff := r.wait() - old; diff != 0 {
		r.deadline = r.deadline.Add(diff)
		if r.deadline.Before(now) {
			r.deadline = now
		}
		r.losePaths(now)
	}
}

// changePrimary follows the address of the interface. Without one the router
// cannot speak, and nobody could tell it from another in a tie.
func (r *Router) changePrimary(now time.Time, addr netip.Addr) {
	r.cfg.Primary = canonical(addr)
	if r.cfg.Primary.IsValid() {
		r.clear(now, Cause{Kind: CauseAddress})
	} else {
		r.raise(now, Cause{Kind: CauseAddress})
	}
}

// reconfigure replaces the settings under a running router. What did not
// change is not touched.
func (r *Router) reconfigure(now time.Time, ev Reconfigured) {
	cfg, old := ev.Config, r.cfg
	if !cfg.Primary.IsValid() {
		cfg.Primary = old.Primary
	}
	cfg.Primary = canonical(cfg.Primary)
	if cfg.check() != nil || cfg.Version != old.Version || cfg.Family != old.Family {
		r.out.tell(Note{Kind: NoteRefused, State: r.state})
		return
	}
	wait := r.wait()
	r.cfg = cfg
	if len(r.paths) != int(cfg.Paths) {
		r.paths = append(make([]path, 0, cfg.Paths), r.paths[:min(len(r.paths), int(cfg.Paths))]...)[:cfg.Paths]
	}
	if !r.learned {
		r.activeInterval = cfg.Interval
	}
	r.setPriority(shiftPriority(r.priority, old.Priority, cfg.Priority))
	r.shiftDeadline(now, wait)
	if r.state == Backup && r.due().Before(now) {
		r.deadline = now // what put it off, a second path, is no more
	}
	if r.state == Active {
		r.readvertise(now, cfg.Interval != old.Interval, ev.Addresses)
	}
	if cfg.Primary != old.Primary {
		r.changePrimary(now, cfg.Primary)
	}
}

// shiftPriority keeps the trackers' part of an effective priority when the
// configured one changes.
func shiftPriority(effective, old, configured uint8) uint8 {
	switch {
	case configured == old:
		return effective
	case configured == PriorityOwner || old == PriorityOwner:
		return configured
	}
	return clampPriority(int(effective) + int(configured) - int(old))
}

// readvertise tells the others at once what an Active router's adverts say now.
func (r *Router) readvertise(now time.Time, interval, addresses bool) {
	if !interval && !addresses {
		return
	}
	r.send(now, r.priority)
	if interval {
		r.deadline = now.Add(r.cfg.Interval)
	}
	if addresses {
		r.out.add(Claim{})
		r.out.add(Announce{Why: AddressesChanged})
	}
}
