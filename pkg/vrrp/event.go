package vrrp

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Event is a fact that a router is told. The set is closed: the events are the
// types of this file. They are small values, printable and comparable.
type Event interface{ event() }

// Startup makes a router take part. It is ignored by one that already does.
// In a sync group it starts every member.
type Startup struct{}

// Shutdown ends the taking part: an Active router sends priority 0 first. In a
// sync group it stops every member.
type Shutdown struct{}

// Timeout says that the deadline has come. Before the deadline it does
// nothing, so a wake-up that was overtaken by an advert needs no cancelling.
type Timeout struct {
	// Known is the time up to which all that arrived has been told; zero is up to
	// now. A wake-up that is read late, for a deadline that has moved on since,
	// has later adverts behind it: a Backup judges silence up to Known only.
	Known time.Time
}

// Received is an advert for this router that passed every check of the wire
// (own checks of authentication, interval in version 2, and so on). The time
// of the event is the moment of arrival by the kernel's clock.
type Received struct {
	// From is the source address of the IP header: the tie-break.
	From netip.Addr
	// Priority is the priority in the advert; 0 says that the sender leaves.
	Priority uint8
	// Interval is the advertisement interval in the advert. Version 3 learns
	// it; version 2 never looks.
	Interval time.Duration
	// Mismatch says that the addresses in the advert are not ours. Such an
	// advert counts like any other, so that a rolling change of the list
	// makes no two Active routers.
	Mismatch bool
}

// Rejected is a packet for this router that failed a check. It is evidence
// and nothing else: it never touches a timer.
type Rejected struct {
	// Reason is the first check that failed.
	Reason wire.Reject
	// From is the source address of the IP header.
	From netip.Addr
	// TTL is the TTL or hop limit of the IP header.
	TTL uint8
}

// FaultRaised names a cause that keeps the router in Initialize. Raising a
// cause that is already there changes nothing. Causes may be raised before
// Startup.
type FaultRaised struct{ Cause Cause }

// FaultCleared takes a cause away. The router goes on when none is left.
type FaultCleared struct{ Cause Cause }

// PriorityChanged sets the effective priority, as Effective computes it. It is
// clamped to 1..254; an address owner ignores it.
type PriorityChanged struct{ Priority uint8 }

// PrimaryChanged sets the address that the router sends from. The zero Addr
// says that there is none, which is the fault CauseAddress.
type PrimaryChanged struct{ Addr netip.Addr }

// Reconfigured replaces the settings of a running router without a change of
// its state. Version and family must be the old ones: another version is
// another router. Settings that New would refuse change nothing, and a Note
// says so.
type Reconfigured struct {
	// Config holds the new settings. The zero Primary keeps the old address.
	Config Config
	// Addresses says that the list of virtual addresses changed: an Active
	// router claims, advertises and announces the new list at once.
	Addresses bool
}

// HandOver asks an Active router to let another take over: it sends priority 0
// and waits in Backup, a little longer than the slowest peer would. If nobody
// takes over it becomes Active again. In other states it does nothing. In a
// sync group it goes for every member. To stay away for good, raise CauseAdmin.
type HandOver struct {
	// Hold is how long adverts of a lower priority are accepted afterwards,
	// as if preemption were off. Then a preempting router takes back.
	Hold time.Duration
}

// Answered says that another host uses one of the virtual addresses, by ARP or
// neighbour discovery: an answer to an Ask, or any claim that was overheard. The
// time of the event is the moment of arrival by the kernel's clock.
type Answered struct {
	Addr netip.Addr
	MAC  [6]byte
	// Stranger says that the MAC is known not to be that of the router that was
	// Active: of the last one whose adverts were heard, or were preempted. A
	// stranger is told of, and holds nobody in Backup.
	Stranger bool
	// Outranks says that the MAC is higher than our own: who wins if two take over
	// at once and the adverts do not decide.
	Outranks bool
}

// WitnessAnswered says that a witness, a gateway say, answered an Ask.
type WitnessAnswered struct{}

// FrameHeard tells when the last frame of any kind came in through the
// interface of the router. It belongs to every Ask, as late before its end as
// can be; without it nobody is taken for deaf.
type FrameHeard struct{ At time.Time }

// PathHeard is an advert of our router on an extra heartbeat path, with every
// check passed. It holds a Backup as one on the interface would.
type PathHeard struct {
	// Path is the number of the path, from 1 to Config.Paths.
	Path uint8
	// From is the sender's address on that path, Local our own: the tie-break.
	From, Local netip.Addr
	Priority    uint8
	Interval    time.Duration
}

func (Answered) event()        {}
func (WitnessAnswered) event() {}
func (FrameHeard) event()      {}
func (PathHeard) event()       {}
func (Startup) event()         {}
func (Shutdown) event()        {}
func (Timeout) event()         {}
func (Received) event()        {}
func (Rejected) event()        {}
func (FaultRaised) event()     {}
func (FaultCleared) event()    {}
func (PriorityChanged) event() {}
func (PrimaryChanged) event()  {}
func (Reconfigured) event()    {}
func (HandOver) event()        {}
