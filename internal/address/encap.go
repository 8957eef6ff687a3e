package address

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// An Encap is the tunnel that a route's packets go through. Its zero values mean what leaving the word out means to iproute2.
type Encap struct {
	Kind     EncapKind
	ID       uint64
	Dst, Src netip.Addr
	TOS, TTL uint8
	Flags    uint16 // as the kernel keeps them, in network byte order, whatever the host's
	Mode     Seg6Mode
	Segments []netip.Addr // in the order in which they are visited
	HMAC     uint32       // the key's number
}

// EncapKind is what linux/lwtunnel.h calls the tunnel.
type EncapKind uint16

// The kinds that are served.
const (
	EncapIP   EncapKind = 2
	EncapIP6  EncapKind = 4
	EncapSeg6 EncapKind = 5
)

// Seg6Mode is what the kernel does with the segments.
type Seg6Mode uint32

// Modes of linux/seg6_iptunnel.h.
const (
	Seg6Inline Seg6Mode = iota
	Seg6Encap
	Seg6L2Encap
)

// Flags of a tunnel.
const (
	EncapChecksum uint16 = 1
	EncapKey      uint16 = 4
	EncapSequence uint16 = 8
)

// Attributes of linux/lwtunnel.h, the same for both families, and of linux/seg6_iptunnel.h.
const (
	tunnelID    = 1
	tunnelDst   = 2
	tunnelSrc   = 3
	tunnelTTL   = 4
	tunnelTOS   = 5
	tunnelFlags = 6
	seg6Header  = 1
)

// append appends what the route's message, or that of one of its paths, says of the tunnel.
func (e *Encap) append(b []byte) []byte {
	if e == nil {
		return b
	}
	var in []byte
	if e.Kind == EncapSeg6 {
		in = appendAttr(nil, seg6Header, e.segments()...)
	} else {
		in = e.tunnel()
	}
	b = appendAttr(b, unix.RTA_ENCAP|unix.NLA_F_NESTED, in...)
	return appendAttr(b, unix.RTA_ENCAP_TYPE, native.AppendUint16(nil, uint16(e.Kind))...)
}

func (e *Encap) tunnel() (in []byte) {
	if e.ID != 0 {
		in = appendAttr(in, tunnelID, binary.BigEndian.AppendUint64(nil, e.ID)...)
	}
	if e.Dst.IsValid() {
		in = appendAddrAttr(in, tunnelDst, e.Dst)
	}
	if e.Src.IsValid() {
		in = appendAddrAttr(in, tunnelSrc, e.Src)
	}
	if e.TTL != 0 {
		in = appendAttr(in, tunnelTTL, e.TTL)
	}
	if e.TOS != 0 {
		in = appendAttr(in, tunnelTOS, e.TOS)
	}
	if e.Flags != 0 {
		in = appendAttr(in, tunnelFlags, binary.BigEndian.AppendUint16(nil, e.Flags)...)
	}
	return in
}

// segments is a struct seg6_iptunnel_encap: the mode, and a segment routing header (RFC 8754) with the segments backwards. Inline, the
// packet's own destination is the last of them, which the kernel fills in.
func (e *Encap) segments() []byte {
	n := len(e.Segments)
	if e.Mode == Seg6Inline {
		n++
	}
	size := 8 + 16*n
	flags := byte(0)
	if e.HMAC != 0 {
		size += 40
		flags = 1 << 3
	}
	b := native.AppendUint32(nil, uint32(e.Mode))
	const segmentRouting = 4
	b = append(b, 0, byte(size/8-1), segmentRouting, byte(n-1), byte(n-1), flags, 0, 0)
	if e.Mode == Seg6Inline {
		b = append(b, make([]byte, 16)...)
	}
	for i := len(e.Segments) - 1; i >= 0; i-- {
		a := e.Segments[i].As16()
		b = append(b, a[:]...)
	}
	if e.HMAC != 0 {
		b = append(b, 5, 38, 0, 0) // an HMAC TLV, whose digest is the kernel's
		b = binary.BigEndian.AppendUint32(b, e.HMAC)
		b = append(b, make([]byte, 32)...)
	}
	return b
}
