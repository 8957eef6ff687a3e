package daemon

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// attach starts reception and opens the sender.
func (n *nics) attach(c *nic) {
	if !c.used() {
		return
	}
	defer n.retry(c)
	// The program knows what to pick up before it sees the first packet.
	n.tellRouters(c)
	mode, err := n.d.dp.Attach(c.link.Index, c.dataplane())
	if err != nil && !c.adverts() {
		mode, err = n.d.dp.Attach(c.link.Index, datapath.Auto)
	}
	if err != nil {
		c.complain(n.d.log, err)
		n.eachUser(c, func(in *instance) {
			n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: receiveCause(c.name)}})
		})
	} else {
		c.mode, c.complaint = mode, ""
		n.dataplanes()
		doing, _ := c.purpose()
		n.d.log.Info(doing+" on "+c.name, "dataplane", string(mode), "ifindex", c.link.Index)
		n.eachUser(c, func(in *instance) {
			n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultCleared{Cause: receiveCause(c.name)}})
		})
	}
	if c.out == nil {
		if c.out, err = egress.Open(c.link.Index, c.link.MAC); err != nil {
			n.d.log.Error("cannot send adverts on "+c.name, "error", err)
		}
	}
	for _, in := range c.users {
		n.join(c, in)
	}
	for _, w := range c.ways {
		n.joinPath(c, w.pathway)
	}
}

// used reports whether any instance needs the interface: for its adverts, or for
// some of its addresses. first is one of those.
func (c *nic) used() bool { return c.adverts() || c.bearing() }

// adverts reports whether adverts come in there, an instance's own or those of a second path.
func (c *nic) adverts() bool { return len(c.users)+len(c.ways) > 0 }

func (c *nic) first() *instance {
	switch {
	case len(c.users) > 0:
		return c.users[0]
	case len(c.ways) > 0:
		return c.ways[0].in
	}
	return c.bears[0]
}

// ready reports whether the interface is in use, or in nobody's.
func (c *nic) ready() bool {
	return c.link.Index == 0 || !c.used() || c.mode != "" && c.out != nil
}

// attachAgain is the time between two attempts at an interface that is there and
// cannot be used: it may have gone before we came to it, and its return may be
// heard no more, or somebody's program may stand in the way for a while.
const attachAgain = 2 * time.Second

// retry comes back to an interface that could not be taken into use.
func (n *nics) retry(c *nic) {
	if c.ready() || c.retrying {
		return
	}
	c.retrying = true
	time.AfterFunc(attachAgain, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		c.retrying = false
		if n.closed || n.byName[c.name] != c || c.ready() {
			return
		}
		n.attach(c)
		n.bind(c)
	})
}

// dataplanes shows how adverts come in.
func (n *nics) dataplanes() {
	modes := map[string]string{}
	for _, c := range n.byName {
		if c.mode != "" {
			modes[c.name] = string(c.mode)
		}
	}
	n.d.metrics.SetDataplanes(modes)
}

// receiveCause is the fault of a router that would be deaf.
func receiveCause(name string) vrrp.Cause {
	return vrrp.Cause{Kind: vrrp.CauseConfig, Name: "no reception on " + name}
}

func (n *nics) join(c *nic, in *instance) {
	if !in.cfg().Unicast.Enabled() {
		n.joinGroup(c, in.cfg().McastGroup)
	}
}

func (n *nics) joinGroup(c *nic, group netip.Addr) {
	if c.joined[group] != nil {
		return
	}
	if !n.d.settings().Global.NoIGMP {
		m, err := egress.Join(c.link.Index, group)
		if err == nil {
			c.joined[group] = m
			return
		}
		n.d.log.Warn("a switch that snoops may not forward adverts to us", "interface", c.name, "error", err)
	}
	m, err := egress.Admit(c.link.Index, group) // the NIC has a filter of its own
	if err != nil {
		n.d.log.Warn("the NIC may filter adverts out", "interface", c.name, "error", err)
		return
	}
	c.joined[group] = m
}

// moved follows a new hardware address: adverts bear it, and frames from it are
// no longer a stranger's.
func (n *nics) moved(c *nic) {
	if c.out == nil {
		return
	}
	n.d.log.Info(fmt.Sprintf("Netlink reports %s at hardware address %s", c.name, c.link.MAC))
	if err := c.out.SetMAC(c.link.MAC); err != nil {
		n.d.log.Error("cannot send adverts on "+c.name, "error", err)
	}
	if len(c.link.MAC) != 6 {
		return
	}
	if err := n.d.dp.SetMAC(c.link.Index, [6]byte(c.link.MAC)); err != nil {
		n.d.log.Error("own frames on "+c.name+" may look like another host's", "error", err)
	}
}

// lose undoes attach and tells the users that the interface is not there.
func (n *nics) lose(c *nic) {
	n.d.promotion.gone(c.name)
	for _, in := range c.users {
		// Settled, so that the loop thread sends nothing through what release
		// closes. A router that is not there any more is no error here.
		_ = n.d.engine.Settle(engine.Unbind{Router: in.id})
	}
	n.unbindPaths(c)
	used := c.used()
	n.release(c)
	c.link, c.addrs, c.seats = ifstate.Link{}, nil, seats{}
	n.tellUp(c)
	if used {
		n.routers()
		return
	}
	if !c.tracked { // hosts of containers see new names for ever
		delete(n.byName, c.name)
		n.d.scale.forgetInterface(c.name)
	}
}

// release gives back what attach took.
func (n *nics) release(c *nic) {
	var errs []error
	if c.mode != "" {
		errs = append(errs, n.d.dp.Detach(c.link.Index))
		c.mode = ""
		n.dataplanes()
	}
	if c.out != nil {
		errs = append(errs, c.out.Close())
		c.out = nil
	}
	n.d.asker.prober.Forget(c.link.Index)
	n.eachUser(c, (*instance).unsend)
	for in := range c.bound {
		n.unbind(c, in)
	}
	for _, w := range c.ways {
		w.unbind(n.d.hops)
	}
	for g, m := range c.joined {
		errs = append(errs, m.Close())
		delete(c.joined, g)
	}
	if err := errors.Join(errs...); err != nil {
		n.d.log.Debug("giving up "+c.name, "error", err)
	}
}
