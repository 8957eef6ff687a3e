package nexthop

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ErrOwnAddress: the peer's address belongs to this host. A router that lists
// itself among its peers would hear itself.
var ErrOwnAddress = errors.New("the peer's address is our own")

// way is what the routing tables say about a peer.
type way struct {
	via     netip.Addr // the neighbour to resolve
	ifindex int
}

// route asks the kernel for the route that a packet to the target would take.
func (r *Resolver) route(t Target) (way, error) {
	options := &netlink.RouteGetOptions{OifIndex: t.IfIndex}
	if t.Source.IsValid() && !t.Source.IsUnspecified() {
		options.SrcAddr = t.Source.AsSlice()
	}
	peer := net.IP(t.Peer.AsSlice())
	routes, err := r.routes.RouteGetWithOptions(peer, options)
	if errors.Is(err, unix.EINVAL) && options.SrcAddr != nil {
		// IPv4 refuses a source that is not (or not yet) on this host. The
		// way does not depend on it unless there are rules about sources.
		options.SrcAddr = nil
		routes, err = r.routes.RouteGetWithOptions(peer, options)
	}
	if err != nil {
		return way{}, fmt.Errorf("route to %v: %w", t, err)
	}
	if len(routes) == 0 {
		return way{}, fmt.Errorf("route to %v: the kernel gave none", t)
	}
	return wayOf(t, &routes[0])
}

func wayOf(t Target, route *netlink.Route) (way, error) {
	switch route.Type {
	case unix.RTN_UNICAST:
	case unix.RTN_LOCAL:
		return way{}, fmt.Errorf("peer %v: %w", t, ErrOwnAddress)
	case unix.RTN_BROADCAST, unix.RTN_MULTICAST, unix.RTN_ANYCAST:
		return way{}, fmt.Errorf("peer %v: not the address of a single host", t)
	default:
		return way{}, fmt.Errorf("route to %v: its type %d forbids to send", t, route.Type)
	}
	w := way{via: t.Peer, ifindex: route.LinkIndex}
	gateway := route.Gw
	if via, ok := route.Via.(*netlink.Via); ok && gateway == nil {
		gateway = via.Addr // an IPv4 route through an IPv6 router
	}
	if addr, ok := netip.AddrFromSlice(gateway); ok {
		w.via = addr.Unmap()
	}
	return w, nil
}
