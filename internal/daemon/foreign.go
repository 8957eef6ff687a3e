package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// An advert says who believes to be master of which addresses, also where the
// election cannot use it: under another VRID or family, in another version, or
// refused. While we are master of one of the addresses, that is a sign of a
// second one.

// listed is the first of the instance's addresses that an advert carries.
func (in *instance) listed(p *wire.Packet) (addr netip.Addr, ok bool) {
	for i := range p.Count() {
		if a := p.Address(i); a.IsValid() && in.carries(a) {
			return a, true
		}
	}
	return addr, false
}

// refusedAdvert looks at an advert of our own virtual router that is refused. What comes from
// far away, or again, or says goodbye, claims nothing. Loop thread.
func (in *instance) refusedAdvert(mac [6]byte, p *wire.Packet, r wire.Reject) {
	kind := signRefused
	switch r {
	case wire.OwnSource:
		if in.d.nics.ours(mac) {
			return // our own, come back
		}
		kind = signSource
	case wire.Version:
		kind = signVersion
	case wire.UnknownPeer, wire.AuthTypeMismatch, wire.AuthFailure, wire.AuthTypeUnknown,
		wire.HMACMissing, wire.HMACUnknownKey, wire.HMACInvalid, wire.IntervalMismatch, wire.AddressListMismatch:
	default:
		return
	}
	if p.Priority() == wire.PriorityRelease || !in.active.Load() {
		return
	}
	addr, ok := in.listed(p)
	if !ok {
		return
	}
	src, version, priority := p.Src(), p.Version(), p.Priority()
	in.sign(kind, func() sign {
		s := sign{addr: addr, mac: mac, from: src}
		who := fmt.Sprintf("%v (%v)", src, net.HardwareAddr(mac[:]))
		switch kind {
		case signSource:
			s.text = fmt.Sprintf("%v sends adverts of priority %d for %v from our own address %v", net.HardwareAddr(mac[:]), priority, addr, src)
		case signVersion:
			s.text = fmt.Sprintf("%s announces %v in version %d, ours is %d", who, addr, version, in.cfg().Version)
		default:
			s.text = fmt.Sprintf("%s announces %v, and its adverts are refused: %v", who, addr, r)
		}
		return s
	})
}

// foreign looks at an advert that is for no virtual router of ours, and lists an address of ours: one is enough. Any goroutine,
// the loop thread too.
func (d *Daemon) foreign(name string, mac [6]byte, p *wire.Packet) {
	if p.Priority() == wire.PriorityRelease || d.nics.ours(mac) {
		return
	}
	for _, in := range d.all() {
		if !in.active.Load() {
			continue
		}
		addr, ok := in.listed(p)
		if !ok || name != in.cfg().Interface && name != in.linkOf(addr) {
			continue
		}
		in.meter().VIPConflict(addr)
		kind, text := in.difference(p, addr)
		from := p.Src()
		in.sign(kind, func() sign { return sign{text: text, addr: addr, mac: mac, from: from} })
	}
}

// difference is in what another virtual router with an address of ours is another one.
func (in *instance) difference(p *wire.Packet, addr netip.Addr) (signKind, string) {
	cfg := in.cfg()
	switch {
	case p.Family() != cfg.Family:
		return signFamily, fmt.Sprintf("%v announces %v in a virtual router of %v, ours is of %v", p.Src(), addr, p.Family(), cfg.Family)
	case p.VRID() == cfg.VRID:
		return signRefused, fmt.Sprintf("%v announces %v to %v, where we do not listen: one of us has unicast_peer, the other has not", p.Src(), addr, p.Dst())
	}
	return signVRID, fmt.Sprintf("%v announces %v under VRID %d, ours is %d", p.Src(), addr, p.VRID(), cfg.VRID)
}

// all are the instances at this moment. The list is added to or replaced, never
// changed, so it needs no copy: it is asked for many times a second.
func (d *Daemon) all() []*instance {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clip(d.instances)
}
