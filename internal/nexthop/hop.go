package nexthop

import (
	"fmt"
	"net/netip"
	"sync/atomic"
)

// Target is one peer and the way it is to be reached.
type Target struct {
	Peer netip.Addr
	// Source is the address that the adverts come from; it may choose the
	// route. The zero Addr lets the kernel choose.
	Source netip.Addr
	// IfIndex is the interface that the adverts must leave through. Zero:
	// whichever the route says. A link-local peer needs one.
	IfIndex int
}

func (t Target) String() string {
	if t.IfIndex == 0 {
		return t.Peer.String()
	}
	return fmt.Sprintf("%v on interface %d", t.Peer, t.IfIndex)
}

// State is what is known about the way to a peer.
type State struct {
	MAC     [6]byte    // Ethernet address of the next hop
	IfIndex int        // interface to send on
	Via     netip.Addr // the next hop: the peer itself, or a router
	OK      bool       // MAC and IfIndex are good for sending
	Problem error      // why not OK, or what is wrong although the last MAC is still used
}

// same tells whether a reader would notice a difference.
func (s State) same(o State) bool {
	return s.MAC == o.MAC && s.IfIndex == o.IfIndex && s.Via == o.Via && s.OK == o.OK && text(s.Problem) == text(o.Problem)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Hop is the living answer for one Target. Reading it takes no lock.
type Hop struct {
	target Target
	state  atomic.Pointer[State]
}

// MAC gives the Ethernet address and the interface to send to. While ok is
// false there is no way to the peer.
func (h *Hop) MAC() (mac [6]byte, ifindex int, ok bool) {
	s := h.state.Load()
	return s.MAC, s.IfIndex, s.OK
}

// State gives all that is known.
func (h *Hop) State() State { return *h.state.Load() }

// Target is what the Hop was made for.
func (h *Hop) Target() Target { return h.target }
