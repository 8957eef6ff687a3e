package doctor

import (
	"encoding/binary"
	"net/netip"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Packet is an advert on its way through the firewall, as far as it is known
// beforehand.
type Packet struct {
	// Out: this host sends it; otherwise it comes in.
	Out       bool
	Interface string
	Index     int
	// Src may be the zero Addr: not known.
	Src, Dst netip.Addr
	VRID     uint8
	Version  uint8
}

// maybe are bytes of which some are not known.
type maybe struct {
	data  []byte
	known []bool
}

func unknown(size int) maybe { return maybe{make([]byte, size), make([]bool, size)} }

func sure(data ...byte) maybe {
	m := maybe{data, make([]bool, len(data))}
	for i := range m.known {
		m.known[i] = true
	}
	return m
}

func native32(v uint32) maybe { return sure(binary.NativeEndian.AppendUint32(nil, v)...) }
func native16(v uint16) maybe { return sure(binary.NativeEndian.AppendUint16(nil, v)...) }

// join puts pieces one behind the other.
func join(parts ...maybe) maybe {
	var m maybe
	for _, p := range parts {
		m.data, m.known = append(m.data, p.data...), append(m.known, p.known...)
	}
	return m
}

func address(a netip.Addr, six bool) maybe {
	switch {
	case a.IsValid():
		return sure(a.AsSlice()...)
	case six:
		return unknown(16)
	}
	return unknown(4)
}

func (p Packet) six() bool { return p.Dst.Is6() }

// header is the IP header. Length, id and checksum are not known.
func (p Packet) header() maybe {
	const vrrp, ttl = 112, 255
	if p.six() {
		return join(sure(0x60), unknown(5), sure(vrrp, ttl), address(p.Src, true), address(p.Dst, true))
	}
	return join(sure(0x45), unknown(5), sure(0, 0, ttl, vrrp), unknown(2), address(p.Src, false), address(p.Dst, false))
}

// message is the first eight bytes of the advert.
func (p Packet) message() maybe { return join(sure(p.Version<<4|1, p.VRID), unknown(6)) }

// bytes cuts a piece out of a header; what is beyond its end is not known.
func (p Packet) bytes(base expr.PayloadBase, offset, size uint32) maybe {
	var from maybe
	switch base {
	case expr.PayloadBaseNetworkHeader:
		from = p.header()
	case expr.PayloadBaseTransportHeader:
		from = p.message()
	}
	got := unknown(int(size))
	if int(offset) < len(from.data) {
		copy(got.data, from.data[offset:])
		copy(got.known, from.known[offset:])
	}
	return got
}

// meta is what the kernel knows of the packet besides its bytes.
func (p Packet) meta(key expr.MetaKey) maybe {
	in, out := p.Interface, ""
	index := native32(uint32(p.Index))
	none := native32(0)
	if p.Out {
		in, out = out, in
	}
	switch key {
	case expr.MetaKeyL4PROTO:
		return sure(112)
	case expr.MetaKeyNFPROTO:
		if p.six() {
			return sure(unix.NFPROTO_IPV6)
		}
		return sure(unix.NFPROTO_IPV4)
	case expr.MetaKeyPROTOCOL:
		if p.six() {
			return sure(0x86, 0xdd)
		}
		return sure(0x08, 0x00)
	case expr.MetaKeyIIFNAME:
		return ifname(in)
	case expr.MetaKeyOIFNAME:
		return ifname(out)
	case expr.MetaKeyIIF:
		if p.Out {
			return none
		}
		return index
	case expr.MetaKeyOIF:
		if p.Out {
			return index
		}
		return none
	case expr.MetaKeyIIFTYPE, expr.MetaKeyOIFTYPE:
		return native16(unix.ARPHRD_ETHER)
	case expr.MetaKeyPKTTYPE:
		return sure(p.packetType())
	case expr.MetaKeyMARK:
		return none
	}
	return unknown(16)
}

func ifname(name string) maybe {
	padded := make([]byte, unix.IFNAMSIZ)
	copy(padded, name)
	return sure(padded...)
}

// packetType is whom the frame is for, in the kernel's numbers.
func (p Packet) packetType() byte {
	if p.Dst.IsMulticast() {
		return unix.PACKET_MULTICAST
	}
	return unix.PACKET_HOST
}

// addressType is the routing type (RTN_...) of the source or destination.
func (p Packet) addressType(destination bool) maybe {
	switch {
	case destination && p.Dst.IsMulticast():
		return native32(unix.RTN_MULTICAST)
	case destination != p.Out: // the end that is this host
		return native32(unix.RTN_LOCAL)
	}
	return native32(unix.RTN_UNICAST)
}
