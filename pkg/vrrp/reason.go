package vrrp

// Reason says why a transition happened. String is the metric label.
type Reason uint8

// The reasons. Those of becoming Active are the first ones.
const (
	// ReasonNone is no reason; no transition has it.
	ReasonNone Reason = iota
	// ReasonOwner: the address owner started, and is Active at once.
	ReasonOwner
	// ReasonNoAdvert: no accepted advert for a whole down interval.
	ReasonNoAdvert
	// ReasonPriorityZero: the Active router said that it leaves.
	ReasonPriorityZero
	// ReasonHoldLimit: the takeover was put off for as long as it may be, and
	// what it was put off for is still so (Evidence.Doubt).
	ReasonHoldLimit
	// ReasonPreempt: the Active router's priority is lower than ours.
	ReasonPreempt
	// ReasonStartup: the router began to take part.
	ReasonStartup
	// ReasonHigherPriority: another router advertises a higher priority.
	ReasonHigherPriority
	// ReasonHigherAddress: equal priority, and the other address is higher.
	ReasonHigherAddress
	// ReasonHandOver: the operator asked.
	ReasonHandOver
	// ReasonStalled: our own timers were so late that a peer must have taken
	// over (timer_expired_backup).
	ReasonStalled
	// ReasonUnheard: another router goes on advertising a lower priority, as it
	// does not hear us, and we may not be Active beside it.
	ReasonUnheard
	// ReasonAnswered: a down interval after our takeover the addresses still answer
	// from the router that we preempted, or from one that took over from silence
	// when we did and has the higher MAC.
	ReasonAnswered
	// ReasonGroup: another member of the sync group left Active.
	ReasonGroup
	// ReasonFault: a cause stands in the way; Evidence.Cause names it.
	ReasonFault
	// ReasonFaultCleared: the last cause is gone.
	ReasonFaultCleared
	// ReasonShutdown: the router stops.
	ReasonShutdown
	// ReasonResumed: a predecessor in another process left it in this state.
	ReasonResumed
)

var reasons = [...]struct{ label, text string }{
	ReasonNone:           {"none", "no reason"},
	ReasonOwner:          {"owner", "we own the addresses"},
	ReasonNoAdvert:       {"no_advert", "no advert within the down interval"},
	ReasonPriorityZero:   {"priority_zero", "the active router said goodbye (priority 0)"},
	ReasonHoldLimit:      {"hold_limit", "no advert within the down interval, and the takeover was put off for as long as it may be"},
	ReasonPreempt:        {"preempt", "the active router has a lower priority"},
	ReasonStartup:        {"startup", "start"},
	ReasonHigherPriority: {"higher_priority", "another router has a higher priority"},
	ReasonHigherAddress:  {"higher_address", "another router has the same priority and a higher address"},
	ReasonHandOver:       {"hand_over", "handed over on request"},
	ReasonStalled:        {"stalled", "our timers were late by more than a peer's down interval"},
	ReasonUnheard:        {"unheard", "a router of lower priority goes on advertising: it does not hear us"},
	ReasonAnswered:       {"answered", "the addresses still answer from another router a down interval after the takeover"},
	ReasonGroup:          {"sync_group", "another member of the sync group left the active state"},
	ReasonFault:          {"fault", "fault"},
	ReasonFaultCleared:   {"fault_cleared", "the last fault is gone"},
	ReasonShutdown:       {"shutdown", "shutdown"},
	ReasonResumed:        {"resumed", "handed over by the predecessor of this process"},
}

// Reasons lists every reason that a transition can have, for whoever has words
// for each and wants to know that none is missing.
func Reasons() []Reason {
	all := make([]Reason, 0, len(reasons)-1)
	for r := ReasonOwner; int(r) < len(reasons); r++ {
		all = append(all, r)
	}
	return all
}

// String returns the stable label.
func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r].label
	}
	return "unknown"
}

// Text returns the reason in words for people.
func (r Reason) Text() string {
	if int(r) < len(reasons) {
		return reasons[r].text
	}
	return "unknown reason"
}

// NewActive returns the value of vrrpv3StatisticsNewMasterReason (RFC 6527)
// that belongs to becoming Active for this reason: 1 priority, 2 preempted,
// 3 no response, and 0 for a reason that makes nobody Active.
func (r Reason) NewActive() uint8 {
	switch r {
	case ReasonPriorityZero:
		return 1
	case ReasonPreempt, ReasonOwner:
		return 2
	case ReasonNoAdvert, ReasonHoldLimit:
		return 3
	}
	return 0
}
