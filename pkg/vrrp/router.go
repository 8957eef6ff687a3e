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
	// started is set between Startup and Shutdown. fault is what operators
	// call FAULT: Initialize, for a cause that is not quiet.
	started, fault bool
	causes         causes
	priority       uint8 // effective
	deadline       time.Time
	// activeInterval is Active_Adver_Interval: our own until one is learned.
	activeInterval time.Duration
	learned        bool
	// preemptAfter ends a preempt delay, or the hold after a HandOver.
	preemptAfter time.Time

	// grouped: the Group decides when this router becomes Active or begins.
	// ready: it left its last cause behind and waits for the Group to begin.
	// wants: its down timer ran out, for the reason and at the deadline kept.
	// waits: that was told, because others do not want yet.
	grouped, ready, wants, waits bool
	released                     bool // the last accepted advert had priority 0
	mainLost                     bool // told: only extra paths hold us

	// What an advert touches lies together, and before what it does not: of a
	// thousand routers none is in the processor's cache when its turn comes.
	last, discarded Heard
	rejected        Rejections
	guard           guard
	paths           []path // so many as Config.Paths

	wish       decision
	lastSent   time.Time // any advert
	lastAnswer time.Time // an advert in answer to a losing one
	contrary   Contrary
	setbacks   uint8 // how often we stood back unheard
	race       race

	transition Transition
	up         time.Time // when it left Initialize
	counters   Counters
	out        outbox
}

// decision is why a transition happens.
type decision struct {
	reason  Reason
	trigger Heard
	expired time.Time // the deadline that passed, if one did
	cause   Cause
	doubt   Doubt
}

// New returns a router in Initialize that waits for Startup.
func New(cfg Config) (*Router, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("virtual router: %w", err)
	}
	cfg.Primary = canonical(cfg.Primary)
	r := &Router{cfg: cfg, priority: cfg.Priority, activeInterval: cfg.Interval}
	r.out.actions = make([]Action, 0, usualActions)
	r.paths = make([]path, cfg.Paths)
	if !cfg.Primary.IsValid() {
		r.causes.raise(Cause{Kind: CauseAddress})
	}
	return r, nil
}

// Handle feeds the router one event at time now and returns what to do, in
// order. The slice is used again by the next call. A router that belongs to a
// Group is fed through the Group only.
func (r *Router) Handle(now time.Time, ev Event) []Action {
	r.out.actions = r.out.actions[:0]
	switch ev := ev.(type) {
	case Rejected:
		r.reject(now, ev)
	case Answered:
		r.answered(now, ev)
	case WitnessAnswered:
		r.witnessAnswered(now)
	case FrameHeard:
		r.frameHeard(ev)
	case PathHeard:
		r.pathHeard(now, ev)
	case FaultRaised:
		r.raise(now, ev.Cause)
	case FaultCleared:
		r.clear(now, ev.Cause)
	case PriorityChanged:
		r.changePriority(now, ev.Priority)
	case PrimaryChanged:
		r.changePrimary(now, ev.Addr)
	case Reconfigured:
		r.reconfigure(now, ev)
	default:
		r.run(now, ev)
	}
	return r.out.actions
}

// run gives the events of RFC 9568 section 6.4 to the state.
func (r *Router) run(now time.Time, ev Event) {
	switch r.state {
	case Initialize:
		r.initialize(now, ev)
	case Backup:
		r.backup(now, ev)
	case Active:
		r.active(now, ev)
	}
}

// Deadline is when the router next wants Timeout: the takeover, a question
// before it, an advert. It is zero only in Initialize, where it is set only
// while a start-up delay runs.
func (r *Router) Deadline() time.Time {
	if r.state == Backup {
		return r.nextStep()
	}
	return r.deadline
}

// State returns the state.
func (r *Router) State() State { return r.state }

// Transition returns the last transition, the zero one before the first.
func (r *Router) Transition() Transition { return r.transition }

// Priority returns the effective priority.
func (r *Router) Priority() uint8 { return r.priority }

// Config returns the settings.
func (r *Router) Config() Config { return r.cfg }

// Counters returns the counters so far.
func (r *Router) Counters() Counters { return r.counters }

// down is Active_Down_Interval as it is now.
func (r *Router) down() time.Duration { return r.cfg.downInterval(r.priority, r.activeInterval) }

// expired says that now is at or after the deadline.
func (r *Router) expired(now time.Time) bool {
	return !r.deadline.IsZero() && !now.Before(r.deadline)
}

// moveTo changes the state and tells why. What the state asks for comes after.
func (r *Router) moveTo(now time.Time, to State, why decision) {
	_, loud := r.causes.loud()
	r.fault = r.started && to == Initialize && loud
	r.transition = Transition{
		From: r.state, To: to, Fault: r.fault, Reason: why.reason, Evidence: r.evidence(now, why),
	}
	r.out.add(r.transition)
	switch {
	case to == Initialize:
		r.up = time.Time{}
	case r.state == Initialize:
		r.up = now
	}
	r.state = to
	r.ready, r.wants, r.waits = false, false, false
	r.released, r.learned = false, false
	r.activeInterval = r.cfg.Interval
	r.preemptAfter = time.Time{}
	r.discarded, r.rejected = Heard{}, Rejections{}
	r.guard = guard{frame: r.guard.frame, known: r.guard.known}
	clear(r.paths)
	r.mainLost = false
	r.contrary, r.race = Contrary{}, race{}
}

// evidence gathers what a decision is made from.
func (r *Router) evidence(now time.Time, why decision) Evidence {
	e := Evidence{
		At: now, Priority: r.priority, Last: r.last, Trigger: why.trigger, Discarded: r.discarded,
		Deadline: why.expired, Down: r.down(), Rejected: r.rejected, Cause: why.cause,
		Elsewhere: r.elsewhere(), Doubt: why.doubt,
	}
	if r.contrary.Count > 0 && r.state == Active {
		e.Contrary = r.contrary
	}
	if !r.last.At.IsZero() {
		e.Age = now.Sub(r.last.At)
	}
	if !why.expired.IsZero() {
		e.Late = now.Sub(why.expired)
	}
	return e
}
