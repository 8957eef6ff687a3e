package vrrp

import (
	"fmt"
	"time"
)

// Router is the state machine of one virtual router. It belongs to one caller
// at a time.
type Router struct {
	cfg   Config
	state State
	// started: between Startup and Shutdown. fault: operators see FAULT.
	started, fault bool
	causes         causes
	priority       uint8 // effective
	deadline       time.Time
	// activeInterval is Active_Adver_Interval: our own until one is learned.
	activeInterval time.Duration
	// preemptAfter ends a preempt delay or the hold of a HandOver.
	preemptAfter time.Time
	// wants: the down timer ran out, the sync group is not ready. why is the
	// transition that is waiting.
	wants   bool
	why     Reason
	grouped bool

	last, discarded Heard
	rejected        Rejections
	released        bool // the last accepted advert had priority 0
	lastSent        time.Time
	lastAnswer      time.Time

	transition Transition
	counters   Counters
	out        []Action
}

// New returns a router in Initialize that waits for Startup.
func New(cfg Config) (*Router, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("virtual router: %w", err)
	}
	r := &Router{cfg: cfg, priority: cfg.Priority, activeInterval: cfg.Interval, out: make([]Action, 0, 8)}
	return r, nil
}

// Handle feeds the router one event at time now and returns what to do, in
// order. The slice is used again by the next call. A router that belongs to a
// Group is fed through the Group only.
func (r *Router) Handle(now time.Time, ev Event) []Action {
	r.out = r.out[:0]
	return r.out
}

// Deadline is when the router next wants Timeout. It is zero only in
// Initialize, where it is set only while a start-up delay runs.
func (r *Router) Deadline() time.Time { return r.deadline }

// State returns the state.
func (r *Router) State() State { return r.state }

// Priority returns the effective priority.
func (r *Router) Priority() uint8 { return r.priority }

// Config returns the settings.
func (r *Router) Config() Config { return r.cfg }

// Counters returns the counters so far.
func (r *Router) Counters() Counters { return r.counters }

func (r *Router) down() time.Duration { return r.cfg.downInterval(r.priority, r.activeInterval) }
