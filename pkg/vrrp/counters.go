package vrrp

// Counters are what the election can count by itself, RFC 6527's names in
// brackets. They start at 0 with New and never go back.
type Counters struct {
	// BecomeActive [MasterTransitions] and ReleaseActive: entered, left Active.
	BecomeActive, ReleaseActive uint64
	// NewActiveReason [NewMasterReason]: 0 never, 1 priority, 2 preempted,
	// 3 no response. A value, not a count.
	NewActiveReason uint8
	// Received [RcvdAdvertisements]: adverts taken in Backup and Active.
	Received uint64
	// Sent: adverts asked for, priority 0 included.
	Sent uint64
	// PriorityZeroReceived and PriorityZeroSent [RcvdPriZeroPackets,
	// SentPriZeroPackets].
	PriorityZeroReceived, PriorityZeroSent uint64
	// IntervalErrors [AdvIntervalErrors]: version 3 adverts whose interval is
	// not our own. Version 2 ones are Rejected.
	IntervalErrors uint64
	// AddressListErrors [AddressListErrors]: accepted in spite of other addresses.
	AddressListErrors uint64
	// OwnerConflicts: adverts that an owner got, harmless ones of a Backup that
	// stood in for it included. Those with priority 255 have a Note, too.
	OwnerConflicts uint64
	// OwnAddress: adverts from our own address, ignored.
	OwnAddress uint64
	// Discarded: adverts of lower priority ignored in Backup or, not
	// necessarily answered, in Active.
	Discarded uint64
	// Answered and Suppressed: losing adverts answered at once, and those that
	// were not because the last answer was too recent.
	Answered, Suppressed uint64
	// LateWakeups: expired deadlines that an advert proved wrong in time.
	LateWakeups uint64
	// Stalls: adverts sent so late that a peer may have taken over.
	Stalls uint64
	// ForeignGoodbyes: priority 0 from another router than the one that is
	// followed, ignored.
	ForeignGoodbyes uint64
	// Questions: asked before a takeover. Holds: takeovers put off.
	Questions, Holds uint64
	// PathReceived: adverts taken in on extra paths. PathsLost: ways, the
	// interface included, that fell silent while another one was alive.
	PathReceived, PathsLost uint64
	// Rejected: refused packets by wire.Reject.
	Rejected [MaxRejects]uint64
}
