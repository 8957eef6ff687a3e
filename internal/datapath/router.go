package datapath

import (
	"fmt"
	"net/netip"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Router says what the kernel must know of one virtual router to pick out its
// adverts. (IfIndex, Family, VRID, Heartbeat) identifies it,
// except that unicast routers with other addresses or peers may share them.
type Router struct {
	IfIndex int
	Family  wire.Family
	VRID    uint8

	// Multicast selects between the two modes of VRRP: adverts to Group from
	// anybody, or adverts to Local from one of Peers.
	Multicast bool
	Group     netip.Addr // 224.0.0.18 or ff02::12 unless configured otherwise
	Local     netip.Addr // unicast only; the zero Addr means any unicast address
	// Peers are the only senders in unicast mode; without any, every sender
	// may be one. In multicast mode they are senders known beforehand: no
	// flood of others takes their place.
	Peers []wire.Peer

	// Heartbeat picks out what travels on a second path, wire.TypeHeartbeat,
	// instead of adverts. Both may be wanted of one VRID.
	Heartbeat bool

	// AH admits IP protocol 51 in front of VRRP (version 2, auth_type AH).
	AH bool
	// Own are the addresses that this host sends adverts from; adverts
	// from them are our own, come back.
	Own []netip.Addr
	// VIPs are the virtual addresses of the router, of either family, watched on
	// its interface for claims by foreign hosts. Elsewhere are those that live on
	// other interfaces, which are watched there.
	VIPs      []netip.Addr
	Elsewhere []VIP
}

// VIP is a virtual address on an interface.
type VIP struct {
	IfIndex int
	Addr    netip.Addr
}

func (r *Router) key() vrrpRouterKey {
	key := vrrpRouterKey{
		Ifindex: uint32(r.IfIndex), Family: uint8(r.Family), Unicast: flag(!r.Multicast), Vrid: uint16(r.VRID),
	}
	if r.Heartbeat {
		key.Vrid |= heartbeatKey
	}
	return key
}

// heartbeatKey is HEARTBEAT_KEY of shared.h.
const heartbeatKey = 0x100

// validate finds what would make the router deaf without a word.
func (r *Router) validate() error {
	switch {
	case r.IfIndex <= 0:
		return fmt.Errorf("interface index %d", r.IfIndex)
	case r.Family != wire.IPv4 && r.Family != wire.IPv6:
		return fmt.Errorf("address family %d", r.Family)
	case r.VRID == 0:
		return fmt.Errorf("VRID 0")
	case r.Multicast && !r.Group.IsValid():
		return fmt.Errorf("multicast without a group")
	}
	addrs := append([]netip.Addr{r.Group, r.Local}, r.Own...)
	for _, p := range r.Peers {
		addrs = append(addrs, p.Addr)
	}
	for _, a := range addrs {
		if a.IsValid() && a.Unmap().Is4() != (r.Family == wire.IPv4) {
			return fmt.Errorf("address %v of another family", a)
		}
	}
	return nil
}

// program is the router as the kernel's map holds it.
func (r *Router) program() vrrpRouter {
	if r.Multicast {
		return vrrpRouter{Destination: kernelAddress(r.Group)}
	}
	return vrrpRouter{Destination: kernelAddress(r.Local), PeersOnly: uint32(flag(len(r.Peers) > 0))}
}

func flag(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
