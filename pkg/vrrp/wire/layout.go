package wire

import (
	"encoding/binary"
	"net/netip"
)

// layout says where the parts of one datagram of ours stand, and holds the sums
// over everything in it that does not change from advert to advert.
type layout struct {
	family  Family
	unicast bool
	signer  *Signer
	header  int // length of the IP header
	message int // where the VRRP message begins
	end     int // where it ends and the HMAC trailer begins, if any
	trailer bool

	ipSum uint64 // IPv4 header without identification and checksum
	sum   uint64 // what the VRRP checksum covers, without priority, checksum and trailer
}

// lay writes all of the datagram but its identification, priority, checksums
// and signature. b has the right length and is zero.
func (a *Advert) lay(b []byte) layout {
	l := layout{
		family:  a.Family(),
		unicast: !a.Dst.Unmap().IsMulticast(),
		signer:  a.Signer,
		header:  ipv4HeaderLen,
		end:     len(b),
	}
	if l.family == IPv6 {
		l.header = ipv6HeaderLen
	}
	l.message = l.header
	switch a.Signer.Overhead() {
	case AHLen:
		l.message += AHLen
	case TrailerLen:
		l.end -= TrailerLen
		l.trailer = true
	}
	if l.family == IPv6 {
		a.layIPv6(b)
	} else {
		a.layIPv4(b, l.message != l.header)
		l.ipSum = sum(b[:l.header], 0)
	}
	a.layMessage(b[l.message:l.end])
	l.sum = sum(b[l.message:l.end], a.pseudoSum(b, &l))
	return l
}

func (a *Advert) ttl() uint8 {
	if a.TTL == 0 {
		return RequiredTTL
	}
	return a.TTL
}

func (a *Advert) layIPv4(b []byte, ah bool) {
	b[0], b[1] = 4<<4|ipv4HeaderLen/4, TrafficClass
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	if a.DontFragment {
		binary.BigEndian.PutUint16(b[6:], dontFragment)
	}
	b[8], b[9] = a.ttl(), ProtocolVRRP
	if ah {
		b[9] = ProtocolAH
	}
	put(b[12:], a.Src, IPv4)
	put(b[16:], a.Dst, IPv4)
}

func (a *Advert) layIPv6(b []byte) {
	binary.BigEndian.PutUint32(b, 6<<28|TrafficClass<<20|a.FlowLabel&0xfffff)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-ipv6HeaderLen))
	b[6], b[7] = ProtocolVRRP, a.ttl()
	put(b[8:], a.Src, IPv6)
	put(b[24:], a.Dst, IPv6)
}

// put writes an address and returns its length.
func put(b []byte, a netip.Addr, f Family) int {
	if f == IPv4 {
		octets := a.Unmap().As4()
		return copy(b, octets[:])
	}
	octets := a.As16()
	return copy(b, octets[:])
}

func (a *Advert) layMessage(m []byte) {
	m[0], m[1], m[3] = a.Version<<4|TypeAdvertisement, a.VRID, uint8(len(a.Addresses))
	binary.BigEndian.PutUint16(m[4:], encodeInterval(a.Version, a.Interval))
	if a.Heartbeat {
		m[0] = a.Version<<4 | TypeHeartbeat
	}
	if a.Version == V2 {
		m[4] = uint8(a.Signer.authType())
	}
	family, rest := a.Family(), m[HeaderLen:]
	for _, address := range a.Addresses {
		rest = rest[put(rest, address, family):]
	}
	if a.Signer.authType() == AuthPass {
		password := a.Signer.auth.Password.octets()
		copy(rest, password[:])
	}
}

// pseudoSum is the sum of the pseudo-header, 0 for the forms that have none.
func (a *Advert) pseudoSum(b []byte, l *layout) uint64 {
	switch {
	case l.family == IPv6: // the trailer is covered, as keepalived's kernel does it
		return pseudoSum(b, IPv6, len(b)-l.message)
	case a.Version == V2 || a.Checksum == MessageOnly:
		return 0
	case a.Checksum == GroupPseudoHeader:
		return groupPseudoSum(b, l.end-l.message)
	}
	return pseudoSum(b, IPv4, l.end-l.message)
}

// finish writes what lay left out. It may be called again on the same bytes.
func (l *layout) finish(b []byte, id uint16, priority uint8) {
	if l.family == IPv4 {
		binary.BigEndian.PutUint16(b[4:], id)
		binary.BigEndian.PutUint16(b[10:], ^fold(l.ipSum+uint64(id)))
	}
	message := b[l.message:l.end]
	message[2] = priority
	covered := l.sum + uint64(priority)<<8
	if l.trailer {
		trailer := b[l.end:]
		l.signer.mac.sign(b, l.family, message, trailer, l.signer.auth.HMAC.Active, l.signer.sequence)
		if l.family == IPv6 {
			covered = sum(trailer, covered)
		}
	}
	binary.BigEndian.PutUint16(message[6:], ^fold(covered))
	if l.message != l.header {
		l.signer.icv.sign(b[:l.header], b[l.header:l.message], message, l.unicast, l.signer.ah)
	}
}
