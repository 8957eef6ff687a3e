package vrrp

import (
	"net/netip"
	"time"
)

// Action is something that the shell must do, or a fact that it should tell.
// The set is closed: the actions are the types of this file and Note. They are
// values, printable and comparable. The order in a list is the order of doing.
type Action interface{ action() }

// Transition tells that the state changed, before anything that follows from
// it is asked for. From and To are equal (Initialize) when a router starts into
// a fault, meets one while it waits for its first check, or is shut down in
// one: keepalived's FAULT is Initialize with a Fault.
type Transition struct {
	From, To State
	// Fault says that the new state is Initialize because of a cause that
	// operators call FAULT. Quiet causes (Cause.Quiet) do not set it.
	Fault    bool
	Reason   Reason
	Evidence Evidence
}

// SendAdvert asks for one advert, now.
type SendAdvert struct {
	// Priority goes into the advert; 0 says that we leave.
	Priority uint8
	// Interval goes into the advert: always our own, never a learned one.
	Interval time.Duration
}

// Claim asks to hold the virtual addresses. It may be repeated while Active,
// when their list changes.
type Claim struct{}

// Release asks to give the virtual addresses up.
type Release struct{}

// Announce asks for gratuitous ARPs or neighbour advertisements. Delays and
// repetitions are the shell's.
type Announce struct{ Why Why }

// Why is the occasion of an Announce.
type Why uint8

// The occasions.
const (
	// BecameActive: the router took the addresses over.
	BecameActive Why = iota
	// LowerPriority: somebody with a lower priority believed to be Active,
	// and may have taken the neighbours with it.
	LowerPriority
	// AddressesChanged: the list changed while Active.
	AddressesChanged
	// Resumed: the router is Active since before this process began.
	Resumed
)

// String returns a stable label.
func (w Why) String() string {
	switch w {
	case BecameActive:
		return "became_active"
	case LowerPriority:
		return "lower_priority"
	case Resumed:
		return "resumed"
	case AddressesChanged:
		return "addresses_changed"
	}
	return "unknown"
}

// Note is a fact worth a log line that is no transition. Which fields are set
// depends on the kind.
type Note struct {
	Kind NoteKind
	// State is the state in which it happened.
	State State
	// From is the sender of the advert in question; Was the one before it.
	From, Was netip.Addr
	// Priority is that of the advert, or the new effective priority; Ours is
	// our effective priority, or the old one.
	Priority, Ours uint8
	// Interval is the new interval or the length of a delay, OldInterval the
	// interval before it.
	Interval, OldInterval time.Duration
	// Late is how late something came.
	Late time.Duration
	// Answered says that an advert was sent in reply.
	Answered bool
	// Cause is the fault that came or went.
	Cause Cause
}

// NoteKind says which fact a Note is.
type NoteKind uint8

// The facts. keepalived's phrase for each is made by whoever logs.
const (
	// NoteLowerPriority: an Active router heard From with lower Priority, or
	// with an equal one and a lower address; Ours is our own. Answered says
	// whether a new election was forced.
	NoteLowerPriority NoteKind = iota
	// NoteDiscarded: a Backup ignored From with the lower Priority, because it
	// is about to preempt.
	NoteDiscarded
	// NotePriorityZero: From leaves.
	NotePriorityZero
	// NoteOwnAddress: an advert came from our own address. It was ignored.
	NoteOwnAddress
	// NoteOwnerConflict: From also claims to own the addresses (255).
	NoteOwnerConflict
	// NoteActiveChanged: a Backup follows From now, Was before (if valid).
	NoteActiveChanged
	// NoteIntervalLearned: the Active router's interval is Interval, it was
	// taken to be OldInterval.
	NoteIntervalLearned
	// NoteIntervalFloor: From advertises every Interval, less than the floor
	// OldInterval, which is used.
	NoteIntervalFloor
	// NoteAddressMismatch: the addresses in the adverts of From are not ours.
	// Told once for each Active router.
	NoteAddressMismatch
	// NotePreemptDelay: a preempt delay of length Interval began.
	NotePreemptDelay
	// NotePreemptDelayOver: the delay was cancelled, by the equal or higher
	// Priority of From.
	NotePreemptDelayOver
	// NotePriority: the effective priority went from Ours to Priority.
	NotePriority
	// NoteFaultRaised and NoteFaultCleared: Cause came, Cause went. A start-up
	// delay that begins has its length in Interval.
	NoteFaultRaised
	NoteFaultCleared
	// NoteLateWakeup: the deadline had passed by Late, but the wake-up was not
	// yet handled, when an advert of From proved it wrong.
	NoteLateWakeup
	// NoteStalled: an Active router was Late with its advert, so much that a
	// peer may have taken over.
	NoteStalled
	// NoteGroupWaits: the down timer ran out, but not every member of the
	// sync group is ready to become Active.
	NoteGroupWaits
	// NoteRefused: a Reconfigured was not possible and nothing changed.
	NoteRefused
)

var noteLabels = [...]string{
	NoteLowerPriority:    "lower_priority",
	NoteDiscarded:        "discarded",
	NotePriorityZero:     "priority_zero",
	NoteOwnAddress:       "own_address",
	NoteOwnerConflict:    "owner_conflict",
	NoteActiveChanged:    "active_changed",
	NoteIntervalLearned:  "interval_learned",
	NoteIntervalFloor:    "interval_floor",
	NoteAddressMismatch:  "address_mismatch",
	NotePreemptDelay:     "preempt_delay",
	NotePreemptDelayOver: "preempt_delay_over",
	NotePriority:         "priority",
	NoteFaultRaised:      "fault_raised",
	NoteFaultCleared:     "fault_cleared",
	NoteLateWakeup:       "late_wakeup",
	NoteStalled:          "stalled",
	NoteGroupWaits:       "group_waits",
	NoteRefused:          "refused",
}

// String returns a stable label.
func (k NoteKind) String() string {
	if int(k) < len(noteLabels) {
		return noteLabels[k]
	}
	return "unknown"
}

func (Transition) action() {}
func (SendAdvert) action() {}
func (Claim) action()      {}
func (Release) action()    {}
func (Announce) action()   {}
func (Note) action()       {}
