package vrrp

import (
	"net/netip"
	"slices"
	"time"
)

// Status is a snapshot of a router for whoever shows it.
type Status struct {
	State State
	// Fault says that the state is Initialize for a reason that operators call
	// FAULT; Causes are all the named causes, quiet ones included.
	Fault  bool
	Causes []Cause
	// Since is the time of the last transition, Transition the last one itself
	// (zero before the first).
	Since      time.Time
	Transition Transition
	// Up is when the router left Initialize, zero while it is in it.
	Up time.Time
	// Priority is the effective priority, Configured the configured one.
	Priority, Configured uint8
	// Deadline is when the router next wants a Timeout.
	Deadline time.Time
	// Interval is our own interval, ActiveInterval the one that the down
	// interval counts with: learned in version 3.
	Interval, ActiveInterval time.Duration
	// Skew and Down are the skew time and the down interval that apply now.
	Skew, Down time.Duration
	// ActiveRouter is the source of the last accepted advert, ourselves while
	// Active, and the zero Addr when nobody is known.
	ActiveRouter netip.Addr
	// Last is the last accepted advert, Discarded the last one of a lower
	// priority since.
	Last, Discarded Heard
	// Rejected is what was refused since the last accepted advert or transition.
	Rejected Rejections
	// Wants says that the router would be Active if its sync group were ready.
	Wants bool
	// PreemptAfter is when a running preempt delay or hold ends; zero without.
	PreemptAfter time.Time
	// HeldSince is since when a takeover is put off, for Obstacle and with the
	// last Answer; zero without.
	HeldSince time.Time
	Obstacle  Obstacle
	Answer    Answer
	// Paths are the extra paths of a Backup, in their order.
	Paths []PathStatus
	// Contrary is what an Active router sees of another one that is Active.
	Contrary Contrary
	Counters Counters
}

// PathStatus is one extra path.
type PathStatus struct {
	// Last is its last advert since the router is Backup, Until how long that
	// one holds, Lost that its loss has been told.
	Last  Heard
	Until time.Time
	Lost  bool
}

// Status returns a snapshot. Nothing in it changes later.
func (r *Router) Status() Status {
	active := r.last.From
	if r.state == Active {
		active = r.cfg.Primary
	}
	return Status{
		State:          r.state,
		Fault:          r.fault,
		Causes:         slices.Clone(r.causes),
		Since:          r.transition.Evidence.At,
		Transition:     r.transition,
		Up:             r.up,
		Priority:       r.priority,
		Configured:     r.cfg.Priority,
		Deadline:       r.Deadline(),
		Interval:       r.cfg.Interval,
		ActiveInterval: r.activeInterval,
		Skew:           skew(r.cfg.Version, r.priority, r.activeInterval),
		Down:           r.down(),
		ActiveRouter:   active,
		Last:           r.last,
		Discarded:      r.discarded,
		Rejected:       r.rejected,
		Wants:          r.wants,
		PreemptAfter:   r.preemptAfter,
		HeldSince:      r.guard.held,
		Obstacle:       r.guard.reason,
		Answer:         r.guard.answer,
		Paths:          r.pathStatus(),
		Contrary:       r.contrary,
		Counters:       r.counters,
	}
}

func (r *Router) pathStatus() []PathStatus {
	var all []PathStatus
	for i := range r.cfg.Paths {
		p := r.paths[i]
		all = append(all, PathStatus{Last: p.last, Until: p.until, Lost: p.lost})
	}
	return all
}
