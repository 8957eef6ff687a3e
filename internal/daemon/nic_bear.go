package daemon

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
)

// An interface that only bears addresses of an instance (`dev`) has the kernel program, too: it watches who else claims them
// there, and silences them when this daemon dies. Adverts neither leave nor count there.

// bear makes an instance a user of the interfaces that its addresses are on, and of no others any more; n.mu is held.
func (n *nics) bear(in *instance) {
	want := elsewhere(in.cfg())
	for name, c := range n.byName {
		if !slices.Contains(want, name) {
			n.unbear(c, in)
		}
	}
	for _, name := range want {
		c := n.named(name)
		if slices.Contains(c.bears, in) {
			continue
		}
		c.bears = append(c.bears, in)
		if n.synced && c.link.Index != 0 && !c.ready() {
			n.attach(c)
		}
	}
}

// unbear ends that for one interface. The last user gives it back.
func (n *nics) unbear(c *nic, in *instance) {
	before := len(c.bears)
	c.bears = slices.DeleteFunc(c.bears, func(o *instance) bool { return o == in })
	if len(c.bears) < before && c.link.Index != 0 && !c.used() {
		n.release(c)
	}
}

// elsewhere are the interfaces that the instance's addresses are on, apart from its own.
func elsewhere(cfg *config.Instance) (names []string) {
	for _, list := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for _, a := range list {
			if a.Interface != cfg.Interface && !slices.Contains(names, a.Interface) {
				names = append(names, a.Interface)
			}
		}
	}
	return names
}

// bearing reports whether the interface has addresses of instances, and neighbours who could claim them.
func (c *nic) bearing() bool {
	return len(c.bears) > 0 && !c.link.Loopback && !c.link.NoARP && len(c.link.MAC) == 6
}

// dataplane is the mode that the interface is to be used in. One that only bears addresses has no adverts to be spared a
// firewall, and a driver that takes in an XDP program may drop its link for that.
func (c *nic) dataplane() datapath.Mode {
	plane := c.first().cfg().Own.Dataplane
	if !c.adverts() && plane == config.DataplaneAuto {
		return datapath.TC
	}
	return datapath.Mode(plane.String())
}

// purpose is what the interface is attached for, as the log has it.
func (c *nic) purpose() (doing, failing string) {
	if c.adverts() {
		return "receiving adverts", "cannot receive adverts"
	}
	return "watching addresses", "cannot watch addresses"
}

// complain says why the interface cannot be taken into use. It is tried again
// and again, but the same is said once.
func (c *nic) complain(log *slog.Logger, err error) {
	level := slog.LevelError
	if err.Error() == c.complaint {
		level = slog.LevelDebug
	}
	c.complaint = err.Error()
	_, failing := c.purpose()
	log.Log(context.Background(), level, failing+" on "+c.name, "error", err)
}

// borne are the addresses of an instance on other interfaces than its own; n.mu is held.
func (n *nics) borne(in *instance) (list []datapath.VIP) {
	cfg := in.cfg()
	for _, some := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
		for _, a := range some {
			if c := n.byName[a.Interface]; a.Interface != cfg.Interface && c != nil && c.link.Index != 0 {
				list = append(list, datapath.VIP{IfIndex: c.link.Index, Addr: a.Prefix.Addr()})
			}
		}
	}
	return list
}

// bears reports whether an address of the instance's is on an interface. Who uses it on another link is nobody's rival. Any
// goroutine, at once.
func (in *instance) bears(addr netip.Addr, ifindex int) bool {
	names := in.d.nics.names.Load()
	if names == nil {
		return false
	}
	name := (*names)[ifindex]
	is := func(a config.Address) bool { return a.Prefix.Addr() == addr && a.Interface == name }
	cfg := in.cfg()
	return slices.ContainsFunc(cfg.Addresses, is) || slices.ContainsFunc(cfg.Excluded, is)
}
