package datapath

import (
	"net/netip"
	"time"
)

// Claim is an ARP or neighbour discovery message of another host that claims
// one of the watched virtual addresses.
type Claim struct {
	At      time.Time // as in wire.Datagram
	IfIndex int
	MAC     [6]byte // who claims: the hardware address in the message
	Addr    netip.Addr
	Kind    ClaimKind
}

// ClaimKind is the kind of message that a Claim was seen in.
type ClaimKind uint32

// The kinds.
const (
	ARPRequest       ClaimKind = iota + 1 // asks for another address, from the claimed one
	ARPReply                              // says who has the claimed address
	GratuitousARP                         // says so unasked
	ARPProbe                              // asks whether the address is free, before taking it
	NeighbourAdvert                       // ICMPv6 type 136
	NeighbourSolicit                      // ICMPv6 type 135 from the claimed address
	NeighbourProbe                        // duplicate address detection, ICMPv6 type 135 from ::
)

// String returns a short word such as "gratuitous_arp".
func (k ClaimKind) String() string {
	switch k {
	case ARPRequest:
		return "arp_request"
	case ARPReply:
		return "arp_reply"
	case GratuitousARP:
		return "gratuitous_arp"
	case ARPProbe:
		return "arp_probe"
	case NeighbourAdvert:
		return "neighbour_advertisement"
	case NeighbourSolicit:
		return "neighbour_solicitation"
	case NeighbourProbe:
		return "neighbour_probe"
	}
	return "unknown"
}
