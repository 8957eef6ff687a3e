package daemon

import (
	"fmt"
	"net/netip"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// tellUp tells the users and the trackers whether the interface is up.
func (n *nics) tellUp(c *nic) {
	if !n.synced {
		if c.link.Index == 0 || c.link.Up {
			return // the full picture decides what is missing
		}
	}
	missing := c.link.Index == 0
	down := missing || !c.link.Up
	if c.told && down == c.faulted && missing == c.missing {
		return
	}
	if (c.told || down) && down != (c.told && c.faulted) {
		n.d.log.Info(fmt.Sprintf("Netlink reports %s %s", c.name, upDown(!down)))
		n.d.history.daemon(control.KindLink, c.name+" is "+upDown(!down))
	}
	c.told, c.faulted, c.missing = true, down, missing
	health := vrrp.Up
	if down {
		health = vrrp.Down
	}
	n.d.scale.report(tracked{config.TrackInterface, c.name}, reading{health: health})
	n.eachUser(c, func(in *instance) { n.tellFault(c, in) })
}

// tellFault tells a user whether its interface is a fault: it is when it is down,
// unless the settings say that this does not matter (dont_track_primary), and
// when it is not there, since nothing can be sent or heard then.
func (n *nics) tellFault(c *nic, in *instance) {
	down := c.link.Index == 0 || !c.link.Up
	is := c.link.Index == 0 || down && in.cfg().TrackPrimary
	n.d.engine.Do(engine.Tell{Router: in.id, Event: faulty(interfaceCause(c.name), is)})
}

func interfaceCause(name string) vrrp.Cause {
	return vrrp.Cause{Kind: vrrp.CauseInterface, Name: name}
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

func (n *nics) eachUser(c *nic, f func(*instance)) {
	for _, in := range c.users {
		f(in)
	}
}

// bind tells the users where they are and what they send from, if that is
// news: every address that comes or goes leads here, and there may be a thousand.
func (n *nics) bind(c *nic) {
	if c.link.Index == 0 || c.out == nil {
		return
	}
	news := false
	for _, in := range c.users {
		in.hears(c.mode)
		n.trackSource(c, in)
		old, b := c.bound[in], n.binding(c, in)
		if b.equal(old) {
			continue
		}
		news = true
		b.way = n.outlet(c, in, b.source)
		c.bound[in] = b
		n.prepareAsks(c, in)
		n.tellTentative(c, in, b.tentative)
		n.d.engine.Do(engine.Bind{Router: in.id, IfIndex: b.index, Out: b.way, Source: b.source, Local: b.local})
		old.way.close(n.d.hops)
	}
	if n.bindPaths(c) {
		news = true
	}
	if news && n.synced {
		n.routers()
	}
}

// binding is what an instance has of its interface now.
func (n *nics) binding(c *nic, in *instance) binding {
	b := binding{index: c.link.Index, out: c.out, source: n.source(c, in), local: n.local(c, in)}
	if s := n.seat(c, in.cfg().Family); !b.source.IsValid() && s.tentative.IsValid() {
		b.source, b.tentative = s.tentative, true
	}
	return b
}

// unbind gives up what an instance had of its interface.
func (n *nics) unbind(c *nic, in *instance) {
	c.bound[in].way.close(n.d.hops)
	delete(c.bound, in)
}

// tellTentative holds an instance back whose link-local address the kernel is
// still looking for on the link, as it does for a second or two after boot: that
// is no fault, the address is only not to be used yet.
func (n *nics) tellTentative(c *nic, in *instance, is bool) {
	if is != in.tentative {
		in.tentative = is
		cause := vrrp.Cause{Kind: vrrp.CausePending, Name: "duplicate address detection on " + c.name}
		n.d.engine.Do(engine.Tell{Router: in.id, Event: faulty(cause, is)})
	}
}

// source is the address that an instance sends adverts from: the configured
// one if the interface has it, else the primary one.
func (n *nics) source(c *nic, in *instance) netip.Addr {
	want := in.cfg().McastSource
	if in.cfg().Unicast.Enabled() {
		want = in.cfg().Unicast.Source
	}
	if want.IsValid() {
		return want
	}
	return n.seat(c, in.cfg().Family).source
}

// local are the interface's own addresses of the instance's family, the
// virtual ones not among them.
func (n *nics) local(c *nic, in *instance) []netip.Addr {
	return n.seat(c, in.cfg().Family).local
}

// routers tells the kernel program which virtual routers there are, where.
func (n *nics) routers() { n.tellRouters(nil) }

// tellRouters also names those on an interface that is about to be attached.
func (n *nics) tellRouters(attaching *nic) {
	var list []datapath.Router
	for _, c := range n.byName {
		if c.mode == "" && c != attaching {
			continue
		}
		for _, in := range c.users {
			list = append(list, n.router(c, in))
		}
		for _, w := range c.ways {
			list = append(list, n.pathRouter(c, w.pathway))
		}
	}
	n.d.strangers.tune(list)
	if err := n.d.dp.SetRouters(list); err != nil {
		n.d.log.Error("cannot tell the kernel program about the virtual routers", "error", err)
	}
}

func (n *nics) router(c *nic, in *instance) datapath.Router {
	r := datapath.Router{
		IfIndex: c.link.Index, Family: in.cfg().Family, VRID: in.cfg().VRID,
		Multicast: !in.cfg().Unicast.Enabled(), Group: in.cfg().McastGroup,
		AH: in.cfg().Auth.Kind == config.AuthAH, VIPs: watched(in.cfg()), Elsewhere: n.borne(in), Own: n.local(c, in),
	}
	if in.cfg().Unicast.Enabled() {
		r.Local = n.source(c, in)
		for _, p := range in.cfg().Unicast.Peers {
			r.Peers = append(r.Peers, wire.Peer{Addr: p.Addr, MinTTL: uint8(p.MinTTL), MaxTTL: uint8(p.MaxTTL)})
		}
	}
	return r
}
