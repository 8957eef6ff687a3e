package datapath

import (
	"net/netip"
	"time"
)

// Claim is an ARP or neighbour discovery message of another host that claims
// one of the watched virtual addresses. The Active router sends them too, in
// the course of its work.
type Claim struct {
	At      time.Time // as in wire.Datagram
	IfIndex int
	MAC     [6]byte // who claims: the hardware address in the message
	Addr    netip.Addr
	Kind    ClaimKind
}

// ClaimKind is the kind of message that a Claim was seen in.
type ClaimKind = vrrpClaimKind

// The kinds.
const (
	ARPRequest       = vrrpClaimKindCLAIM_ARP_REQUEST       // asks for another address, from the claimed one
	ARPReply         = vrrpClaimKindCLAIM_ARP_REPLY         // says who has the claimed address
	GratuitousARP    = vrrpClaimKindCLAIM_GRATUITOUS_ARP    // says so unasked
	ARPProbe         = vrrpClaimKindCLAIM_ARP_PROBE         // asks whether the address is free, before taking it
	NeighbourAdvert  = vrrpClaimKindCLAIM_NEIGHBOUR_ADVERT  // ICMPv6 type 136
	NeighbourSolicit = vrrpClaimKindCLAIM_NEIGHBOUR_SOLICIT // ICMPv6 type 135 from the claimed address
	NeighbourProbe   = vrrpClaimKindCLAIM_NEIGHBOUR_PROBE   // duplicate address detection, ICMPv6 type 135 from ::
)

// String returns a short word such as "gratuitous_arp".
func (k vrrpClaimKind) String() string {
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
