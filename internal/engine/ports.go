package engine

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Ports are what the engine as a whole needs of the outside.
type Ports struct {
	// Wake asks for Wakeup at the given time, the earliest deadline of all;
	// the zero Time means never. It is called on the loop thread.
	Wake func(at time.Time)
	// Approach waits, awake and serving what arrives, until the given time or
	// until still is false; all that arrived until then has been told. It is called in Wakeup, shortly before a takeover.
	// Without it the takeover is as late as a sleeping processor's timer.
	Approach func(at time.Time, still func() bool)
	// Rehearse sends a frame to nobody, shortly before an advert will be sent; nil: nothing does.
	Rehearse func()
	// Interrupt makes the loop call Interrupted. Any goroutine calls it.
	Interrupt func()
	// Bell wakes goroutines on behalf of the loop thread; nil: it does so itself.
	Bell *bell.Bell
	// Stray counts a datagram that belongs to no router of ours: its VRID is
	// not configured on the interface, or it could not be read that far.
	Stray func(ifindex int, r wire.Reject)
}

// Out puts adverts on the wire. Its methods are called on the loop thread,
// return at once, and do not keep the datagram.
type Out interface {
	// Multicast sends to the group that the datagram is addressed to.
	Multicast(ip []byte) error
	// Unicast sends to a peer, or to the next hop on the way to it.
	Unicast(peer netip.Addr, ip []byte) error
	// Batch tells which batch carries adverts to a peer, or to the group when peer
	// is the zero Addr, and to which Ethernet address; zero is the group's.
	Batch(peer netip.Addr) (b Batch, to [6]byte, err error)
}

// Batch sends the adverts that several routers owe at the same moment through
// one interface in one go. Out values may share one; it is comparable.
type Batch interface {
	// Put adds a datagram, which must stay as it is until Flush.
	Put(to [6]byte, ip []byte)
	// Flush sends them all. It tells which failed, by their number since the last
	// Flush: none of them holds another up.
	Flush(failed func(n int, err error))
}

// Asker puts the question that comes before a takeover. It is called on the loop
// thread, must return at once and does not keep a. What comes back is told with
// Hear or with a Tell that has its time; a late answer is worth nothing.
type Asker interface {
	Ask(a vrrp.Ask)
}

// Probe is told what happens to one router, on the loop thread: it may count
// but must neither block nor allocate in steady state.
type Probe interface {
	// Accepted tells of an advert that passed all checks, how long it took
	// from the kernel's stamp to here, and how long after its sender's
	// previous one it arrived (zero for the first of a sender).
	Accepted(mac [6]byte, p *wire.Packet, w wire.Warnings, delivery, interarrival time.Duration)
	// Rejected tells of a packet for this router that failed a check. Both say
	// from which Ethernet address it came.
	Rejected(mac [6]byte, p *wire.Packet, r wire.Reject)
	// Sent tells of one advert, whatever the number of peers it went to.
	Sent(priority uint8)
	// SendFailed tells that an advert did not leave, or not to that peer.
	SendFailed(peer netip.Addr, err error)
	// Absorbed tells of an advert that arrived before the deadline and was
	// handled this long after it: a false failover avoided.
	Absorbed(late time.Duration)
	// Woken tells how late after its deadline a wake-up was handled.
	Woken(late time.Duration)
}

// Effect does a slow action of one router. It is called on the router's own
// goroutine, in the order of the core's list, and may wait. At is the time of
// the event that the core was told.
type Effect func(at time.Time, a vrrp.Action)
