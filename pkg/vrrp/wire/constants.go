package wire

import (
	"net/netip"
	"time"
)

// IP protocol numbers.
const (
	ProtocolVRRP = 112 // RFC 9568 §5.1.1.4: VRRP, also the IPv6 next header
	ProtocolAH   = 51  // RFC 2402: the authentication header in front of VRRPv2
)

// The values of the first octet, RFC 9568 §5.2.1 and §5.2.2.
const (
	V2 = 2 // RFC 3768, IPv4 only
	V3 = 3 // RFC 9568, IPv4 and IPv6

	TypeAdvertisement = 1 // the only type that the RFC knows

	// TypeHeartbeat is ours: an advert of version 3, signed, that travels on a
	// second path. Whoever is no xvrrp must discard a type that it does not know
	// (RFC 9568 §7.1), so it can disturb no other router, whatever its VRID.
	TypeHeartbeat = 15

	// TypeInquiry is ours as well: a question between the nodes of a virtual
	// router, see Inquiry.
	TypeInquiry = 14
)

// Priorities, RFC 9568 §5.2.4.
const (
	PriorityRelease = 0   // the Active router is leaving
	PriorityDefault = 100 // a router that is not told otherwise
	PriorityOwner   = 255 // the router that owns the addresses
)

// Values of the IP header.
const (
	// RequiredTTL is what a multicast advert carries and must carry:
	// RFC 9568 §5.1.1.3 and §5.1.2.3. A router never forwards it, so it proves
	// that the sender is on the link.
	RequiredTTL = 255
	// TrafficClass is DSCP CS6, as keepalived and FRR send it. No RFC asks for it.
	TrafficClass = 0xc0
)

// Lengths in bytes.
const (
	HeaderLen   = 8   // the fixed part of a VRRP message, RFC 9568 §5.1
	AuthDataLen = 8   // authentication data at the end of a v2 message, RFC 3768 §5.3.10
	AHLen       = 24  // authentication header with a 96-bit ICV, RFC 2402
	TrailerLen  = 28  // HMAC trailer behind the message
	MaxCount    = 255 // addresses that the count octet can say

	ipv4HeaderLen = 20
	ipv6HeaderLen = 40
	icvLen        = 12 // HMAC-MD5-96, RFC 2403
	hmacLen       = 16 // HMAC-SHA256 cut to 128 bits
)

// Limits of the advertisement interval.
const (
	MaxIntervalV2 = 255 * time.Second            // one octet of seconds, RFC 3768 §5.3.7
	MaxIntervalV3 = 4095 * 10 * time.Millisecond // twelve bits of centiseconds, RFC 9568 §5.2.7
)

// The groups that adverts go to by default.
var (
	Group4 = netip.AddrFrom4([4]byte{224, 0, 0, 18})          // RFC 9568 §5.1.1.2
	Group6 = netip.AddrFrom16([16]byte{0xff, 0x02, 15: 0x12}) // RFC 9568 §5.1.2.2
)

// Group returns the group that adverts of family f go to by default.
func Group(f Family) netip.Addr {
	if f == IPv6 {
		return Group6
	}
	return Group4
}

// The groups that heartbeats go to, those of RFC 4727 §2.4.2 and §3.3 for experiments. No router joins them but ours.
var (
	HeartbeatGroup4 = netip.AddrFrom4([4]byte{224, 0, 0, 254})
	HeartbeatGroup6 = netip.AddrFrom16([16]byte{0xff, 0x02, 14: 0x01, 15: 0x14})
)

// HeartbeatGroup returns the group that heartbeats of family f go to.
func HeartbeatGroup(f Family) netip.Addr {
	if f == IPv6 {
		return HeartbeatGroup6
	}
	return HeartbeatGroup4
}

// VirtualMAC is the Ethernet address of a virtual router, RFC 9568 §7.3.
func VirtualMAC(f Family, vrid uint8) [6]byte {
	if f == IPv6 {
		return [6]byte{0x00, 0x00, 0x5e, 0x00, 0x02, vrid}
	}
	return [6]byte{0x00, 0x00, 0x5e, 0x00, 0x01, vrid}
}
