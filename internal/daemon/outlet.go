package daemon

import (
	"fmt"
	"net/netip"

	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/nexthop"
)

// outlet is engine.Out for one router: the interface's sender, and the way to
// each unicast peer.
type outlet struct {
	sender  *egress.Interface
	hops    map[netip.Addr]*nexthop.Hop
	targets []nexthop.Target // of hops, to be forgotten
}

// outlet makes the way out of an instance through an interface. Peers are
// resolved in the background; until then adverts to them fail and say so.
func (n *nics) outlet(c *nic, in *instance, source netip.Addr) *outlet {
	o := &outlet{sender: n.sender(c, in), hops: map[netip.Addr]*nexthop.Hop{}}
	for _, p := range in.cfg().Unicast.Peers {
		if err := o.watch(n.d.hops, nexthop.Target{Peer: p.Addr, Source: source, IfIndex: c.link.Index}); err != nil {
			n.d.log.Error("("+in.cfg().Name+") no way to a unicast peer", "peer", p.Addr.String(), "error", err)
		}
	}
	return o
}

// watch begins the following of the way to a peer.
func (o *outlet) watch(hops *nexthop.Resolver, to nexthop.Target) error {
	hop, err := hops.Watch(to)
	if err == nil {
		o.hops[to.Peer] = hop
		o.targets = append(o.targets, to)
	}
	return err
}

// close ends the following of the ways to the peers.
func (o *outlet) close(hops *nexthop.Resolver) {
	if o == nil {
		return
	}
	for _, to := range o.targets {
		hops.Forget(to)
	}
}

// Multicast implements engine.Out.
func (o *outlet) Multicast(ip []byte) error { return o.sender.Multicast(ip) }

// Unicast implements engine.Out.
func (o *outlet) Unicast(peer netip.Addr, ip []byte) error {
	mac, err := o.mac(peer)
	if err != nil {
		return err
	}
	return o.sender.Unicast(mac, ip)
}

// Batch implements engine.Out.
func (o *outlet) Batch(peer netip.Addr) (engine.Batch, [6]byte, error) {
	if !peer.IsValid() {
		return o.sender, [6]byte{}, nil
	}
	mac, err := o.mac(peer)
	return o.sender, mac, err
}

// mac is where frames for a peer go next.
func (o *outlet) mac(peer netip.Addr) ([6]byte, error) {
	hop := o.hops[peer]
	if hop == nil {
		return [6]byte{}, errNoWay
	}
	mac, _, ok := hop.MAC()
	if !ok {
		return [6]byte{}, errUnresolved
	}
	return mac, nil
}

var (
	errNoWay      = fmt.Errorf("no way to the peer")
	errUnresolved = nexthop.ErrUnresolved
)
