package daemon

import (
	"net/netip"
	"slices"

	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/nexthop"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// way is a second path on the interface that it uses.
type way struct {
	*pathway
	bound binding
}

// under is the name of the interface that a second path uses.
func (n *nics) under(p *pathway) string {
	if h := n.d.settings().Own.Heartbeat(p.name); h != nil && h.Interface != "" {
		return h.Interface
	}
	return p.in.cfg().Interface
}

// usePaths makes an instance's second paths users of their interfaces.
func (n *nics) usePaths(in *instance) {
	for _, p := range in.secondPaths() {
		if p == nil {
			continue
		}
		c := n.named(n.under(p))
		c.ways = append(c.ways, &way{pathway: p})
		switch {
		case c.link.Index == 0 || !n.synced:
		case c.out == nil:
			n.attach(c)
			n.bind(c)
		default:
			n.joinPath(c, p)
			n.bind(c)
		}
	}
}

// leavePaths ends the use. The engine has let go of them.
func (n *nics) leavePaths(in *instance) {
	for _, c := range n.byName {
		before := len(c.ways)
		c.ways = slices.DeleteFunc(c.ways, func(w *way) bool {
			if w.in == in {
				w.unbind(n.d.hops)
			}
			return w.in == in
		})
		if before > 0 && !c.used() {
			n.release(c)
		}
	}
}

// unbind gives up what the path had of its interface.
func (w *way) unbind(hops *nexthop.Resolver) {
	w.bound.way.close(hops)
	w.bound = binding{}
}

// againPaths takes in that an instance's second paths changed.
func (n *nics) againPaths(in *instance) {
	for _, p := range in.secondPaths() {
		if p != nil {
			// Settled, so that nothing leaves through what may be closed now. One that
			// is not bound yet is no error here.
			_ = n.d.engine.Settle(engine.UnbindPath{Router: in.id, Number: p.number})
		}
	}
	n.leavePaths(in)
	n.usePaths(in)
	n.routers()
}

func (n *nics) joinPath(c *nic, p *pathway) {
	if h := n.d.settings().Own.Heartbeat(p.name); h == nil || len(h.Peers) > 0 {
		return
	}
	n.joinGroup(c, wire.HeartbeatGroup(p.in.cfg().Family))
}

// bindPaths tells the engine where second paths are, and reports whether that
// is news.
func (n *nics) bindPaths(c *nic) (news bool) {
	for _, w := range c.ways {
		peers := n.peersOf(w.pathway)
		b := binding{index: c.link.Index, out: c.out, source: n.pathSource(c, w.pathway, peers), local: n.local(c, w.in)}
		if b.equal(w.bound) {
			continue
		}
		old := w.bound
		b.way = n.pathOutlet(c, b.source, peers)
		news, w.bound = true, b
		n.d.engine.Do(engine.BindPath{
			Router: w.in.id, Number: w.number, IfIndex: b.index, Out: b.way, Source: b.source, Local: b.local,
		})
		old.way.close(n.d.hops)
	}
	return news
}

func (n *nics) peersOf(p *pathway) []netip.Addr {
	if h := n.d.settings().Own.Heartbeat(p.name); h != nil {
		return h.PeersOf(p.in.cfg().Family)
	}
	return nil
}

// pathSource is where heartbeats come from: the interface's primary address,
// and for peers beyond the link, IPv6 has a link-local one first, the first
// that they can answer.
func (n *nics) pathSource(c *nic, p *pathway, peers []netip.Addr) netip.Addr {
	s := n.seat(c, p.in.cfg().Family)
	if p.in.cfg().Family == wire.IPv6 && len(peers) > 0 && !peers[0].IsLinkLocalUnicast() {
		for _, a := range s.local {
			if !a.IsLinkLocalUnicast() {
				return a
			}
		}
		return netip.Addr{}
	}
	return s.source
}

func (n *nics) pathOutlet(c *nic, source netip.Addr, peers []netip.Addr) *outlet {
	o := &outlet{sender: c.out, hops: map[netip.Addr]*nexthop.Hop{}}
	if !source.IsValid() {
		return o // nothing is sent
	}
	for _, p := range peers {
		if err := o.watch(n.d.hops, nexthop.Target{Peer: p, Source: source, IfIndex: c.link.Index}); err != nil {
			n.d.log.Error("no way to a peer of a second path", "peer", p.String(), "error", err)
		}
	}
	return o
}

// pathRouter is what the kernel program picks up for a second path.
func (n *nics) pathRouter(c *nic, p *pathway) datapath.Router {
	cfg, peers := p.in.cfg(), n.peersOf(p)
	r := datapath.Router{
		IfIndex: c.link.Index, Family: cfg.Family, VRID: cfg.VRID, Heartbeat: true,
		Multicast: len(peers) == 0, Group: wire.HeartbeatGroup(cfg.Family), Own: n.local(c, p.in),
	}
	if !r.Multicast {
		r.Local = n.pathSource(c, p, peers)
		for _, a := range peers {
			r.Peers = append(r.Peers, wire.Peer{Addr: a})
		}
	}
	return r
}

// unbindPaths takes the second paths off an interface that goes.
func (n *nics) unbindPaths(c *nic) {
	for _, w := range c.ways {
		_ = n.d.engine.Settle(engine.UnbindPath{Router: w.in.id, Number: w.number}) // see lose
	}
}

// pathDown says why a second path cannot be used, "" when it can.
func (n *nics) pathDown(p *pathway) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	name := n.under(p)
	c := n.byName[name]
	switch {
	case c == nil || c.link.Index == 0:
		return name + " is not there"
	case !c.link.Up:
		return name + " is down"
	case c.out == nil || c.mode == "":
		return "nothing can be sent or received on " + name
	case !n.pathSource(c, p, n.peersOf(p)).IsValid():
		return name + " has no " + p.in.cfg().Family.String() + " address to send from"
	}
	return ""
}
