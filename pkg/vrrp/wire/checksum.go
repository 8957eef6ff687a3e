package wire

import (
	"encoding/binary"
	"fmt"
)

// ChecksumForm says what a VRRP checksum covers.
type ChecksumForm uint8

// The forms.
const (
	NoForm              ChecksumForm = iota // received: none fits; sent: the usual one
	PseudoHeader                            // v3: pseudo-header and message
	MessageOnly                             // v2; v3 over IPv4 as in RFC 9568 §5.2.8
	PseudoHeaderTrailer                     // v3 over IPv6, HMAC: pseudo-header, message and trailer
	GroupPseudoHeader                       // v3 over IPv4, unicast: as keepalived before 1.3.7 made it
)

// String returns the metric label of the form.
func (c ChecksumForm) String() string {
	switch c {
	case NoForm:
		return "none"
	case PseudoHeader:
		return "pseudo-header"
	case MessageOnly:
		return "message-only"
	case PseudoHeaderTrailer:
		return "pseudo-header-including-trailer"
	case GroupPseudoHeader:
		return "group-pseudo-header"
	}
	return fmt.Sprintf("form %d", uint8(c))
}

// sum adds the 16-bit words of b to a one's complement sum (RFC 1071), two at a
// time: the length of everything in VRRP and around it is a multiple of four
// bytes. 2^32 steps fit before the accumulator would overflow.
func sum(b []byte, acc uint64) uint64 {
	for len(b) >= 4 {
		acc += uint64(binary.BigEndian.Uint32(b))
		b = b[4:]
	}
	return acc
}

// fold brings a sum to 16 bits. Only a sum of nothing but zeros folds to zero.
func fold(acc uint64) uint16 {
	for acc > 0xffff {
		acc = acc>>16 + acc&0xffff
	}
	return uint16(acc)
}

// right is the sum of bytes that hold their own right checksum. Testing for it
// takes 0x0000 and 0xffff in the field for the same zero, as one's complement
// arithmetic does; recomputing and comparing would not.
const right = 0xffff

// pseudoSum is the sum of the pseudo-header of an IP datagram: both addresses,
// the protocol, and the length of what the checksum covers (RFC 8200 §8.1; for
// IPv4 the same fields in the order of TCP, which makes no difference to the sum).
func pseudoSum(ip []byte, family Family, length int) uint64 {
	addresses := ip[12:20]
	if family == IPv6 {
		addresses = ip[8:40]
	}
	return sum(addresses, ProtocolVRRP+uint64(length))
}

// groupPseudoSum is pseudoSum with the group in place of the destination.
func groupPseudoSum(ip []byte, length int) uint64 {
	group := Group4.As4()
	return sum(group[:], sum(ip[12:16], ProtocolVRRP+uint64(length)))
}

// checksumForm returns the first form allowed by policy that makes the checksum
// right. The message must be complete. It is the whole message that counts: the
// trailer is summed on IPv6 only, where keepalived lets the kernel do it.
func (p *Packet) checksumForm(policy ChecksumPolicy, old, trailer bool) ChecksumForm {
	message := p.Message()
	if p.family == IPv6 {
		if fold(sum(message, pseudoSum(p.ip, IPv6, len(message)))) != right {
			return NoForm
		}
		if trailer {
			return PseudoHeaderTrailer
		}
		return PseudoHeader
	}
	n := p.messageLen()
	alone := sum(message[:n], 0)
	if p.Version() == V2 {
		policy, old = RequireMessageOnly, false
	}
	switch {
	case policy != RequireMessageOnly && fold(alone+pseudoSum(p.ip, IPv4, n)) == right:
		return PseudoHeader
	case policy != RequirePseudoHeader && fold(alone) == right:
		return MessageOnly
	case old && fold(alone+groupPseudoSum(p.ip, n)) == right:
		return GroupPseudoHeader
	}
	return NoForm
}

// ChecksumForm returns the form that the checksum of p has, NoForm when it is
// right in none. After Check it is the form that Check accepted; before, the
// first that fits.
func (p *Packet) ChecksumForm() ChecksumForm {
	if p.form != NoForm || p.reject != None || p.family == 0 {
		return p.form
	}
	_, trailer := p.Trailer()
	if !trailer && len(p.Message()) != p.messageLen() {
		return NoForm
	}
	return p.checksumForm(AcceptBoth, !p.Multicast(), trailer)
}
