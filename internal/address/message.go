package address

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Netlink is host byte order throughout; addresses alone are network byte order.
var native = binary.NativeEndian

const (
	ifaProto     = 11 // IFA_PROTO, kernel 5.18
	tag          = 18 // IFAPROT of keepalived, which we keep: scripts look for it
	sizeHdr      = unix.SizeofNlMsghdr
	sizeIfaddr   = unix.SizeofIfAddrmsg
	permanentBit = unix.IFA_F_PERMANENT
)

// appendAttr appends a route attribute, padded to 4 bytes.
func appendAttr(b []byte, typ uint16, data ...byte) []byte {
	b = native.AppendUint16(b, uint16(unix.SizeofRtAttr+len(data)))
	b = native.AppendUint16(b, typ)
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func appendAttr32(b []byte, typ uint16, v uint32) []byte {
	var d [4]byte
	native.PutUint32(d[:], v)
	return appendAttr(b, typ, d[:]...)
}

func appendAddrAttr(b []byte, typ uint16, a netip.Addr) []byte {
	if a.Is4() {
		d := a.As4()
		return appendAttr(b, typ, d[:]...)
	}
	d := a.As16()
	return appendAttr(b, typ, d[:]...)
}

// appendIfaddr appends struct ifaddrmsg and the attributes by which the kernel finds an address.
func appendIfaddr(b []byte, index int, p netip.Prefix, peer netip.Addr, scope int) []byte {
	family := byte(unix.AF_INET)
	if p.Addr().Is6() {
		family = unix.AF_INET6
	}
	b = append(b, family, byte(p.Bits()), 0, byte(scope))
	b = native.AppendUint32(b, uint32(index))
	b = appendAddrAttr(b, unix.IFA_LOCAL, p.Addr())
	if !peer.IsValid() {
		peer = p.Addr()
	}
	return appendAddrAttr(b, unix.IFA_ADDRESS, peer)
}

// appendAdd appends the body of an RTM_NEWADDR.
func (a Address) appendAdd(b []byte, index int) []byte {
	b = appendIfaddr(b, index, a.Prefix, a.Peer, a.Scope)
	if a.Prefix.Addr().Is4() {
		if a.Broadcast.IsValid() {
			b = appendAddrAttr(b, unix.IFA_BROADCAST, a.Broadcast)
		}
		if a.Label != "" { // else it is the interface's name
			b = appendAttr(b, unix.IFA_LABEL, append([]byte(a.Label), 0)...)
		}
	}
	if f := a.flags(); f != 0 {
		b = appendAttr32(b, unix.IFA_FLAGS, f)
	}
	if p := a.preferred(); p != infinity {
		info := make([]byte, 16) // struct ifa_cacheinfo: preferred, valid, two stamps
		native.PutUint32(info, p)
		native.PutUint32(info[4:], infinity)
		b = appendAttr(b, unix.IFA_CACHEINFO, info...)
	}
	return appendAttr(b, ifaProto, tag)
}

func (a Address) flags() uint32 {
	var f uint32
	set := func(when bool, bit uint32) {
		if when {
			f |= bit
		}
	}
	v6 := a.Prefix.Addr().Is6()
	set(v6 && !a.DAD, unix.IFA_F_NODAD)
	set(v6 && a.Home, unix.IFA_F_HOMEADDRESS)
	set(v6 && a.MngTmpAddr, unix.IFA_F_MANAGETEMPADDR)
	set(a.NoPrefixRoute, unix.IFA_F_NOPREFIXROUTE)
	set(a.AutoJoin, unix.IFA_F_MCAUTOJOIN)
	return f
}

// A fact is one address as the kernel has it.
type fact struct {
	index     int
	prefix    netip.Prefix
	peer      netip.Addr
	label     string
	broadcast netip.Addr
	scope     int
	flags     uint32
	preferred uint32
	proto     byte // 0: untagged, or the kernel knows no tags
}

func (f fact) key() key { return keyOf(f.index, f.prefix, f.peer) }

// parseFact reads an RTM_NEWADDR or RTM_DELADDR.
func parseFact(b []byte) (fact, error) {
	if len(b) < sizeIfaddr {
		return fact{}, fmt.Errorf("address message of %d bytes", len(b))
	}
	f := fact{
		index: int(native.Uint32(b[4:])), flags: uint32(b[2]), scope: int(b[3]), preferred: infinity,
	}
	bits := int(b[1])
	var local, remote netip.Addr
	eachAttr(b[sizeIfaddr:], func(typ uint16, data []byte) {
		switch typ {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(data) // a wrong length leaves it invalid, which is checked below
		case unix.IFA_ADDRESS:
			remote, _ = netip.AddrFromSlice(data)
		case unix.IFA_BROADCAST:
			f.broadcast, _ = netip.AddrFromSlice(data)
		case unix.IFA_LABEL:
			f.label = cString(data)
		case unix.IFA_FLAGS:
			f.flags = uint32At(data)
		case unix.IFA_CACHEINFO:
			f.preferred = uint32At(data)
		case ifaProto:
			if len(data) > 0 {
				f.proto = data[0]
			}
		}
	})
	switch {
	case !local.IsValid():
		local = remote // IPv6 without a peer
	case remote.IsValid() && remote != local:
		f.peer = remote
	}
	if !local.IsValid() {
		return fact{}, fmt.Errorf("address message on interface %d without an address", f.index)
	}
	f.prefix = netip.PrefixFrom(local, bits)
	return f, nil
}

// eachAttr calls f for every attribute; a damaged tail is left out.
func eachAttr(b []byte, f func(typ uint16, data []byte)) {
	for len(b) >= unix.SizeofRtAttr {
		n := int(native.Uint16(b))
		if n < unix.SizeofRtAttr || n > len(b) {
			return
		}
		f(native.Uint16(b[2:])&^unix.NLA_F_NESTED, b[unix.SizeofRtAttr:n])
		b = b[min((n+3)&^3, len(b)):]
	}
}

func uint32At(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return native.Uint32(b)
}

func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
