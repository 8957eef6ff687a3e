package ifstate

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// An Address is one address of a link.
type Address struct {
	Prefix netip.Prefix // the address with its prefix length
	Peer   netip.Addr   // of a point-to-point address, else invalid
	Flags  uint32       // IFA_F_*
	Scope  uint8        // RT_SCOPE_*
	Proto  uint8        // who added it: 18 is us (and keepalived); 0 where the kernel does not say
}

// Secondary tells that another address of the same IPv4 subnet stands before it, so the kernel does not choose it as source.
func (a Address) Secondary() bool { return a.Prefix.Addr().Is4() && a.Flags&unix.IFA_F_SECONDARY != 0 }

// Usable tells that packets may come from it: duplicate address detection is over, or was optimistic, and found nothing.
func (a Address) Usable() bool {
	if a.Flags&unix.IFA_F_DADFAILED != 0 {
		return false
	}
	return a.Flags&unix.IFA_F_TENTATIVE == 0 || a.Flags&unix.IFA_F_OPTIMISTIC != 0
}

// Primary is the IPv4 address that a host itself has on a link: the first that is neither secondary nor virtual. When all are
// secondary to virtual ones, the first of those. Invalid when there is none.
func Primary(addrs []Address, virtual func(netip.Addr) bool) netip.Addr {
	var second netip.Addr
	for _, a := range addrs {
		ip := a.Prefix.Addr()
		switch {
		case !ip.Is4() || virtual(ip):
		case !a.Secondary():
			return ip
		case !second.IsValid():
			second = ip
		}
	}
	return second
}

// LinkLocal is the first usable IPv6 link-local address that is not virtual, invalid when there is none. Then tentative is one
// that is worth waiting for, if there is such.
func LinkLocal(addrs []Address, virtual func(netip.Addr) bool) (usable, tentative netip.Addr) {
	for _, a := range addrs {
		ip := a.Prefix.Addr()
		switch {
		case !ip.Is6() || !ip.IsLinkLocalUnicast() || virtual(ip):
		case a.Usable():
			return ip, netip.Addr{}
		case a.Flags&unix.IFA_F_DADFAILED == 0 && !tentative.IsValid():
			tentative = ip
		}
	}
	return netip.Addr{}, tentative
}

// ifaProto is IFA_PROTO, kernel 5.18.
const ifaProto = 11

// addressOf reads an RTM_NEWADDR or RTM_DELADDR; numbers in it are host byte order.
func addressOf(body []byte) (ifindex int, a Address, err error) {
	if len(body) < unix.SizeofIfAddrmsg {
		return 0, a, fmt.Errorf("address message of %d bytes", len(body))
	}
	attrs, err := nl.ParseRouteAttr(body[unix.SizeofIfAddrmsg:])
	if err != nil {
		return 0, a, fmt.Errorf("address message: %w", err)
	}
	ifindex = int(binary.NativeEndian.Uint32(body[4:]))
	a.Flags, a.Scope = uint32(body[2]), body[3]
	var local, remote netip.Addr
	for _, at := range attrs {
		switch v := at.Value; at.Attr.Type {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(v) // a wrong length leaves it invalid, which is checked below
		case unix.IFA_ADDRESS:
			remote, _ = netip.AddrFromSlice(v)
		case unix.IFA_FLAGS:
			if len(v) >= 4 {
				a.Flags = binary.NativeEndian.Uint32(v)
			}
		case ifaProto:
			if len(v) > 0 {
				a.Proto = v[0]
			}
		}
	}
	if !local.IsValid() {
		local = remote // IPv6 without a peer
	} else if remote != local {
		a.Peer = remote
	}
	if a.Prefix = netip.PrefixFrom(local, int(body[1])); !a.Prefix.IsValid() {
		return 0, a, fmt.Errorf("address message on link %d without an address", ifindex)
	}
	return ifindex, a, nil
}

// sameAddress tells whether the kernel means the same address by both, whatever their flags.
func sameAddress(a, b Address) bool { return a.Prefix == b.Prefix && a.Peer == b.Peer }
