// Package wire turns VRRP datagrams into values and back: VRRPv2 (RFC 3768,
// with the simple-text and AH authentication of RFC 2338) and VRRPv3
// (RFC 9568) over IPv4 and IPv6, and keepalived's HMAC trailer
// (draft-cassen-vrrp-auth-hmac as keepalived 2.4.2 and later send it).
//
// Receiving is three steps, each of which may end in a [Reject]:
//
//	p, _ := wire.Open(ip)                // what the datagram says by itself
//	i, reject := wire.Find(&p, rules)    // which virtual router it is for
//	if i >= 0 {
//		warnings, reject = rules[i].Check(&p, now)
//	}
//
// Open looks at the IP header and the first eight bytes, Find picks the
// virtual router among those of the interface, and Check does everything that
// needs its settings: destination, peers, length, checksum, authentication,
// replay, intervals and addresses. [Rules.Check] repeats a Reject of Open
// unless an earlier check in the order below fails, so a caller may ignore
// Open's answer and take that of Check. A Reject is an error and a
// metric label at once.
//
// Sending is an [Advert] that appends itself as a complete IP datagram, or a
// [Template] made of one, which repeats it with another IP identification,
// priority and signature at a fraction of the cost.
//
// # Order
//
// The first check that fails names the Reject: frame and protocol, IP header,
// IP length, destination, own source, TTL 255, eight bytes, version known,
// type, VRID, version ours, unicast peer and its TTL range, exact length,
// checksum, authentication, HMAC trailer, count, interval, first IPv6 address;
// then the checks that only warn.
//
// # Invariants
//
// No input panics. Nothing here allocates for one advert, neither when it is
// opened and checked nor when it is appended to a slice with enough capacity.
// Nothing here reads a clock: the time is an argument. Secrets are compared in
// constant time and never printed: [Password], [Key] and everything that holds
// one format themselves without it.
package wire
