package wire

import "encoding/binary"

// IPv4 header fields.
const (
	moreFragments  = 0x2000
	dontFragment   = 0x4000
	fragmentOffset = 0x1fff
)

// Open looks at a datagram that begins with its IP header: that it is VRRP,
// that its lengths are true, and, when it is multicast, that its TTL is 255;
// then that there are eight bytes of VRRP of a known version and type.
//
// From TTL on, a refused Packet still answers as far as the datagram goes, so
// that the caller can say whose advert it was; before that it is empty. Either
// way it remembers the Reject: Find and Check repeat it, unless they find the
// destination or the source at fault first.
func Open(ip []byte) (Packet, Reject) {
	if len(ip) > 0 {
		switch ip[0] >> 4 {
		case 4:
			return openIPv4(ip)
		case 6:
			return openIPv6(ip)
		}
	}
	return refuse(IPHeader)
}

// refuse returns a Packet that is nothing but its Reject.
func refuse(r Reject) (Packet, Reject) { return Packet{reject: r}, r }

func openIPv4(ip []byte) (Packet, Reject) {
	if len(ip) < ipv4HeaderLen {
		return refuse(IPHeader)
	}
	protocol := ip[9]
	if protocol != ProtocolVRRP && protocol != ProtocolAH {
		return refuse(Protocol)
	}
	if binary.BigEndian.Uint16(ip[6:])&(moreFragments|fragmentOffset) != 0 {
		return refuse(Fragment)
	}
	header := int(ip[0]&0x0f) * 4
	if header < ipv4HeaderLen || header > len(ip) {
		return refuse(IPHeader)
	}
	total := int(binary.BigEndian.Uint16(ip[2:]))
	if total < header || total > len(ip) {
		return refuse(IPTotalLength)
	}
	p := Packet{ip: ip[:total], message: uint16(header), family: IPv4}
	if protocol == ProtocolAH {
		return p.openAH()
	}
	return p.openMessage()
}

// openAH steps over an authentication header. Its second octet gives its length
// in 32-bit words less two (RFC 2402 §2.2).
func (p Packet) openAH() (Packet, Reject) {
	at := int(p.message)
	if len(p.ip) < at+2 {
		p.reject = PacketTooShort
		return p, p.reject
	}
	if p.ip[at] != ProtocolVRRP {
		return refuse(Protocol)
	}
	p.ah = p.message
	p.message += (uint16(p.ip[at+1]) + 2) * 4
	return p.openMessage()
}

func openIPv6(ip []byte) (Packet, Reject) {
	if len(ip) < ipv6HeaderLen {
		return refuse(IPHeader)
	}
	if next := ip[6]; next != ProtocolVRRP {
		if extensionHeader(next) {
			return refuse(ExtensionHeader)
		}
		return refuse(Protocol)
	}
	total := ipv6HeaderLen + int(binary.BigEndian.Uint16(ip[4:]))
	if total > len(ip) {
		return refuse(IPTotalLength)
	}
	p := Packet{ip: ip[:total], message: ipv6HeaderLen, family: IPv6}
	return p.openMessage()
}

// extensionHeader reports whether an IPv6 next header is one that may stand in
// front of VRRP (IANA, IPv6 Extension Header Types).
func extensionHeader(next uint8) bool {
	switch next {
	case 0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254:
		return true
	}
	return false
}

// openMessage looks at the TTL of a multicast advert and at the first octet.
// RFC 9568 §7.1 wants the TTL judged first.
func (p Packet) openMessage() (Packet, Reject) {
	switch {
	case p.Multicast() && p.TTL() != RequiredTTL:
		p.reject = TTL
	case len(p.Message()) < HeaderLen:
		p.reject = PacketTooShort
	case p.Version() != V3 && (p.Version() != V2 || p.family == IPv6):
		p.reject = Version
	case p.Type() != TypeAdvertisement:
		p.reject = Type
	}
	return p, p.reject
}
