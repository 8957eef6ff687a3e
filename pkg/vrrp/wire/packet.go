package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Packet is a datagram that Open has looked at. It is a view: it is valid as
// long as the bytes given to Open are. Its methods never panic; those that ask
// for something that the datagram is too short for return the zero value.
//
// Until Check has accepted it, nothing in it can be trusted.
type Packet struct {
	ip      []byte       // the datagram, cut to its IP length
	message uint16       // where the VRRP message begins
	ah      uint16       // where the authentication header begins, 0 without
	family  Family       // 0 in the zero Packet
	reject  Reject       // what Open found
	form    ChecksumForm // what Check found, 0 before
}

// IP returns the datagram from the IP header to the end of the IP length.
func (p *Packet) IP() []byte { return p.ip }

// Message returns the VRRP message and whatever follows it inside the IP length.
func (p *Packet) Message() []byte { return p.ip[min(int(p.message), len(p.ip)):] }

// empty is the Reject of a Packet without a datagram: what Open said, or
// IPHeader for one that Open never saw.
func (p *Packet) empty() Reject {
	if p.reject == None {
		return IPHeader
	}
	return p.reject
}

// octet returns byte i of the message, 0 beyond its end.
func (p *Packet) octet(i int) uint8 {
	if i += int(p.message); i < len(p.ip) {
		return p.ip[i]
	}
	return 0
}

// Family returns the address family of the IP header.
func (p *Packet) Family() Family { return p.family }

// Src returns the IP source address.
func (p *Packet) Src() netip.Addr {
	switch p.family {
	case IPv4:
		return netip.AddrFrom4([4]byte(p.ip[12:16]))
	case IPv6:
		return netip.AddrFrom16([16]byte(p.ip[8:24]))
	}
	return netip.Addr{}
}

// Dst returns the IP destination address.
func (p *Packet) Dst() netip.Addr {
	switch p.family {
	case IPv4:
		return netip.AddrFrom4([4]byte(p.ip[16:20]))
	case IPv6:
		return netip.AddrFrom16([16]byte(p.ip[24:40]))
	}
	return netip.Addr{}
}

// Multicast reports whether the destination is a group, whichever.
func (p *Packet) Multicast() bool {
	switch p.family {
	case IPv4:
		return p.ip[16]&0xf0 == 0xe0
	case IPv6:
		return p.ip[24] == 0xff
	}
	return false
}

// TTL returns the TTL or the hop limit.
func (p *Packet) TTL() uint8 {
	switch p.family {
	case IPv4:
		return p.ip[8]
	case IPv6:
		return p.ip[7]
	}
	return 0
}

// TrafficClass returns the TOS octet or the traffic class: DSCP and ECN.
func (p *Packet) TrafficClass() uint8 {
	switch p.family {
	case IPv4:
		return p.ip[1]
	case IPv6:
		return uint8(binary.BigEndian.Uint16(p.ip) >> 4)
	}
	return 0
}

// ID returns the IPv4 identification, 0 for IPv6.
func (p *Packet) ID() uint16 {
	if p.family == IPv4 {
		return binary.BigEndian.Uint16(p.ip[4:])
	}
	return 0
}

// Version returns the VRRP version.
func (p *Packet) Version() uint8 { return p.octet(0) >> 4 }

// Type returns the packet type, TypeAdvertisement in all that Open accepts.
func (p *Packet) Type() uint8 { return p.octet(0) & 0x0f }

// Heartbeat returns p as the heartbeat of a second path, if that is what it is.
// Open refuses it for its type, as it would any that is no advertisement: it
// must never be taken for an advert of the network that the router serves.
func (p Packet) Heartbeat() (Packet, bool) {
	if p.reject != Type || p.Type() != TypeHeartbeat || p.Version() != V3 {
		return p, false
	}
	p.reject = None
	return p, true
}

// VRID returns the virtual router id.
func (p *Packet) VRID() uint8 { return p.octet(1) }

// Priority returns the priority: 0 the sender leaves, 255 it owns the addresses.
func (p *Packet) Priority() uint8 { return p.octet(2) }

// Count returns the address count octet. It says nothing about how many
// addresses there are until Check has accepted the packet.
func (p *Packet) Count() int { return int(p.octet(3)) }

// AuthType returns the authentication type octet of v2, AuthNone in v3.
func (p *Packet) AuthType() AuthType {
	if p.Version() != V2 {
		return AuthNone
	}
	return AuthType(p.octet(4))
}

// Interval returns the advertisement interval: whole seconds in v2,
// centiseconds in v3, where the four reserved bits are ignored.
func (p *Packet) Interval() time.Duration {
	return time.Duration(p.intervalField()) * unit(p.Version())
}

func (p *Packet) intervalField() uint16 {
	if p.Version() == V2 {
		return uint16(p.octet(5))
	}
	return uint16(p.octet(4)&0x0f)<<8 | uint16(p.octet(5))
}

// Checksum returns the checksum field.
func (p *Packet) Checksum() uint16 { return uint16(p.octet(6))<<8 | uint16(p.octet(7)) }

// addressLen is the size of one virtual address in bytes.
func (p *Packet) addressLen() int {
	if p.family == IPv6 {
		return 16
	}
	return 4
}

// Address returns virtual address i of Count, the zero Addr when the message
// ends before it.
func (p *Packet) Address(i int) netip.Addr {
	n := p.addressLen()
	m := p.Message()
	if i < 0 || i >= p.Count() || len(m) < HeaderLen+(i+1)*n {
		return netip.Addr{}
	}
	m = m[HeaderLen+i*n:]
	if n == 16 {
		return netip.AddrFrom16([16]byte(m))
	}
	return netip.AddrFrom4([4]byte(m))
}

// AppendAddresses appends the virtual addresses to dst in the order of the advert.
func (p *Packet) AppendAddresses(dst []netip.Addr) []netip.Addr {
	for i := range p.Count() {
		if a := p.Address(i); a.IsValid() {
			dst = append(dst, a)
		}
	}
	return dst
}

// messageLen is how long the message must be by its version and address count,
// without an HMAC trailer.
func (p *Packet) messageLen() int {
	n := HeaderLen + p.Count()*p.addressLen()
	if p.Version() == V2 {
		n += AuthDataLen
	}
	return n
}

// String describes the packet in a line. It shows neither authentication data
// nor signatures.
func (p Packet) String() string {
	if p.family == 0 {
		return "no VRRP packet"
	}
	return fmt.Sprintf("VRRPv%d vrid %d priority %d interval %v from %v to %v ttl %d, %d addresses",
		p.Version(), p.VRID(), p.Priority(), p.Interval(), p.Src(), p.Dst(), p.TTL(), p.Count())
}

// GoString is String: the bytes may hold a password.
func (p Packet) GoString() string { return p.String() }

// Format is String whatever the verb: the bytes may hold a password.
func (p Packet) Format(f fmt.State, _ rune) { writeText(f, p.String()) }
