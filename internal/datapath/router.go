package datapath

import (
	"net/netip"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Router says what the kernel must know of one virtual router to pick out its
// adverts. (IfIndex, Family, VRID) identifies it.
type Router struct {
	IfIndex int
	Family  wire.Family
	VRID    uint8

	// Multicast selects between the two modes of VRRP: adverts to Group from
	// anybody, or adverts to Local from one of Peers.
	Multicast bool
	Group     netip.Addr // 224.0.0.18 or ff02::12 unless configured otherwise
	Local     netip.Addr // unicast only; the zero Addr means any unicast address
	Peers     []Peer     // unicast only; empty means any source

	// AH admits IP protocol 51 in front of VRRP (version 2, auth_type AH).
	AH bool
	// Own are the addresses that this host sends adverts from; adverts
	// from them are our own, come back.
	Own []netip.Addr
	// VIPs are the virtual addresses, watched for claims by foreign hosts.
	VIPs []netip.Addr
}

// Peer is one unicast peer and the range of TTL or hop limit that its adverts
// may arrive with. MaxTTL zero means 255.
type Peer struct {
	Addr           netip.Addr
	MinTTL, MaxTTL uint8
}
