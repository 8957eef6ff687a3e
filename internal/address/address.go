package address

import (
	"fmt"
	"net/netip"
	"time"
)

// An Address is one virtual address as a configuration asks for it.
type Address struct {
	Prefix    netip.Prefix // the address with its prefix length; host bits stay
	Interface string
	Label     string     // IPv4: up to 15 bytes; empty: the interface's name
	Broadcast netip.Addr // IPv4; invalid: none is set
	Scope     int        // IPv4: RT_SCOPE_*, 0 is global
	Peer      netip.Addr // the other end; the prefix length is then the peer's. Invalid: none

	DAD           bool // IPv6: run duplicate address detection; otherwise the address is usable at once
	Home          bool // IPv6 mobility
	MngTmpAddr    bool // IPv6: temporary addresses are made from it
	NoPrefixRoute bool // no connected route
	AutoJoin      bool // join multicast addresses

	NoTrack bool // when somebody deletes it, let it be

	Deprecated        bool          // preferred lifetime 0: never chosen as a source
	PreferredLifetime time.Duration // whole seconds; 0: for ever
}

func (a Address) String() string {
	s := a.Prefix.String()
	if a.Peer.IsValid() {
		s += " peer " + a.Peer.String()
	}
	s += " dev " + a.Interface
	if a.Label != "" {
		s += " label " + a.Label
	}
	return s
}

// maxLabel is the longest label that the kernel keeps, IFNAMSIZ less its zero.
const maxLabel = 15

// check says what no kernel would accept, so that the error can name it.
func (a Address) check() error {
	switch {
	case !a.Prefix.IsValid():
		return fmt.Errorf("address on %s: not an address", a.Interface)
	case a.Interface == "":
		return fmt.Errorf("%s: no interface", a.Prefix)
	case len(a.Label) > maxLabel:
		return fmt.Errorf("%s: label %q is longer than %d", a.Prefix, a.Label, maxLabel)
	case a.Broadcast.IsValid() && a.Broadcast.BitLen() != a.Prefix.Addr().BitLen():
		return fmt.Errorf("%s: broadcast %s is of the other family", a.Prefix, a.Broadcast)
	case a.Peer.IsValid() && a.Peer.BitLen() != a.Prefix.Addr().BitLen():
		return fmt.Errorf("%s: peer %s is of the other family", a.Prefix, a.Peer)
	}
	return nil
}

// A name is what a claim is known by: two owners that claim the same name share the address.
type name struct {
	iface  string
	prefix netip.Prefix
	peer   netip.Addr
}

func (a Address) name() name { return name{a.Interface, a.Prefix, a.Peer} }

// A key is what the kernel knows an address by, so that two cannot stand beside each other: an IPv4 address differs
// from its like by prefix length and peer, an IPv6 address does not.
type key struct {
	index  int
	addr   netip.Addr
	bits   int        // IPv4 only
	remote netip.Addr // IPv4 only: the peer, else the address itself
}

func keyOf(index int, p netip.Prefix, peer netip.Addr) key {
	if p.Addr().Is6() {
		return key{index: index, addr: p.Addr()}
	}
	if !peer.IsValid() {
		peer = p.Addr()
	}
	return key{index: index, addr: p.Addr(), bits: p.Bits(), remote: peer}
}

// The kernel's preferred lifetime for ever; also what "valid" always is.
const infinity = ^uint32(0)

// preferred is the preferred lifetime in seconds.
func (a Address) preferred() uint32 {
	switch {
	case a.Deprecated:
		return 0
	case a.PreferredLifetime <= 0:
		return infinity
	default:
		return uint32((a.PreferredLifetime + time.Second - 1) / time.Second)
	}
}
