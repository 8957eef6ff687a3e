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

// Ask asks the world before a Backup takes over. It comes in the last part of
// the down interval, and again for every window that the takeover is put off.
// A router that guards with hold may ask just after a takeover, too.
// Whatever comes back is an Answered, a WitnessAnswered or a FrameHeard.
type Ask struct {
	// Until is when the answers are judged.
	Until time.Time
	// Addresses: does any virtual address answer, asked of everybody and of the
	// last known MAC of the router that was Active? Witness: does a witness?
	Addresses, Witness bool
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
	// Healed: another router was Active beside us and is silent now. Switches
	// and neighbours may have its announcement as the last.
	Healed
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
	case Healed:
		return "healed"
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
	// Path is the way of an advert: 0 is the interface itself.
	Path uint8
	// Obstacle is what a takeover is put off for. Addr answers from MAC, which
	// is a Stranger's if it is known not to be the old Active router's.
	Obstacle Obstacle
	Addr     netip.Addr
	MAC      [6]byte
	Stranger bool
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
	// NoteForeignGoodbye: From says goodbye, but Was is followed. Ignored.
	NoteForeignGoodbye
	// NoteStillAnswers: the takeover happens although Addr answers from MAC.
	NoteStillAnswers
	// NoteDeaf: the takeover happens although not one frame came in through the
	// interface for Late.
	NoteDeaf
	// NoteWitnessSilent: the takeover happens although no witness answers.
	NoteWitnessSilent
	// NoteHold: the takeover is put off because of Obstacle, mostly for Interval
	// at most. Told again when the obstacle is another one.
	NoteHold
	// NoteHoldOver: an advert of From ended the hold, after Interval. Without
	// From: we are not cut off any more, and listen for another down interval.
	NoteHoldOver
	// NotePathLost: From is not heard any more on Path, the last time Late ago,
	// but it is on another one.
	NotePathLost
	// NotePathBack: From is heard on Path again.
	NotePathBack
	// NoteHealed: From was Active beside us, the first and the last sign of it
	// Interval apart, and has been silent for Late.
	NoteHealed
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
	NoteForeignGoodbye:   "foreign_goodbye",
	NoteStillAnswers:     "still_answers",
	NoteDeaf:             "deaf",
	NoteWitnessSilent:    "witness_silent",
	NoteHold:             "hold",
	NoteHoldOver:         "hold_over",
	NotePathLost:         "path_lost",
	NotePathBack:         "path_back",
	NoteHealed:           "healed",
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
func (Ask) action()        {}
func (Claim) action()      {}
func (Release) action()    {}
func (Announce) action()   {}
func (Note) action()       {}
