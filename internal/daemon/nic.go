package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// nics joins the host's interfaces to the routers that use them: reception is
// attached, the sender opened and the groups joined as soon as an interface is
// there, and undone when it goes. It is ifstate's sink, on ifstate's goroutine.
type nics struct {
	d *Daemon

	mu     sync.Mutex
	byName map[string]*nic
	synced bool
	first  chan struct{} // closed when synced
	moving moving
	macs   atomic.Pointer[map[[6]byte]bool] // of this host's links
}

// nic is one interface that some instance names, there or not.
type nic struct {
	name  string
	link  ifstate.Link // Index 0: not there
	addrs []ifstate.Address
	users []*instance

	mode    datapath.Mode
	out     *egress.Interface
	joined  map[netip.Addr]*egress.Membership
	faulted bool // the users have been told that it is down
	told    bool // anything at all has been told

	seats seats
	bound map[*instance]binding
}

// place is where frames leave: an interface's index and MAC.
type place struct {
	index int
	mac   [6]byte
}

func newNICs(d *Daemon) *nics {
	return &nics{d: d, byName: map[string]*nic{}, first: make(chan struct{})}
}

// use makes the instance a user of its interface. One that is there already is
// taken into use at once.
func (n *nics) use(in *instance) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.named(in.cfg().Interface)
	c.users = append(c.users, in)
	n.d.vmacs.use(in)
	if c.link.Index == 0 || !n.synced {
		if n.synced {
			n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: interfaceCause(c.name)}})
		}
		return
	}
	if c.out == nil {
		n.attach(c)
	} else {
		n.join(c, in)
	}
	if c.faulted && in.cfg().TrackPrimary {
		n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: interfaceCause(c.name)}})
	}
	n.bind(c)
}

// again takes in an instance's new settings.
func (n *nics) again(in *instance) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c := n.byName[in.cfg().Interface]; c != nil && c.link.Index != 0 {
		n.join(c, in)
		if c.faulted {
			n.d.engine.Do(engine.Tell{Router: in.id, Event: faulty(interfaceCause(c.name), in.cfg().TrackPrimary)})
		}
		delete(c.bound, in)
		n.bind(c)
	}
}

// rebind looks again at what everybody sends from: which addresses are virtual
// has changed.
func (n *nics) rebind() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName {
		n.bind(c)
	}
	n.routers()
}

// leave ends the use of an interface. The last user gives it back.
func (n *nics) leave(in *instance) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.byName[in.cfg().Interface]
	c.users = slices.DeleteFunc(c.users, func(o *instance) bool { return o == in })
	delete(c.bound, in)
	n.d.vmacs.leave(in)
	if len(c.users) == 0 {
		n.release(c)
	}
	n.routers()
}

// expect makes the interfaces known that are tracked, there or not.
func (n *nics) expect(s *config.Settings) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range s.Instances {
		for _, t := range tracksOf(s, &s.Instances[i]) {
			if t.Kind == config.TrackInterface && n.byName[t.Name] == nil {
				c := n.named(t.Name)
				if n.synced {
					n.tellUp(c)
				}
			}
		}
	}
}

func (n *nics) named(name string) *nic {
	c := n.byName[name]
	if c == nil {
		c = &nic{name: name, joined: map[netip.Addr]*egress.Membership{}, bound: map[*instance]binding{}}
		n.byName[name] = c
	}
	return c
}

// at tells where frames for an interface leave.
func (n *nics) at(name string) (place, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.byName[name]
	if c == nil || c.link.Index == 0 || len(c.link.MAC) != 6 {
		return place{}, false
	}
	return place{c.link.Index, [6]byte(c.link.MAC)}, true
}

// name tells what an interface is called.
func (n *nics) name(index int) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName {
		if c.link.Index == index {
			return c.name
		}
	}
	return fmt.Sprintf("if%d", index)
}

// modes tells how adverts come in on each interface.
func (n *nics) modes() map[string]datapath.Mode {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := map[string]datapath.Mode{}
	for _, c := range n.byName {
		if c.mode != "" {
			all[c.name] = c.mode
		}
	}
	return all
}

// Link implements ifstate.Sink: an interface is there, or changed.
func (n *nics) Link(l ifstate.Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName { // renamed away from a name of ours
		if c.link.Index == l.Index && c.name != l.Name {
			n.lose(c)
		}
	}
	c := n.named(l.Name)
	if c.link.Index != 0 && c.link.Index != l.Index {
		n.lose(c)
	}
	before := c.link
	c.link = l
	n.noteMACs()
	n.d.vmacs.news(l.Name)
	if before.Index == 0 {
		n.attach(c)
		n.d.announcer.SetPacing(n.pacing(n.d.settings()))
	} else if !bytes.Equal(before.MAC, l.MAC) && c.out != nil {
		n.moved(c)
	}
	n.tellUp(c)
	n.bind(c)
}

// Gone implements ifstate.Sink: an interface was deleted.
func (n *nics) Gone(l ifstate.Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName {
		if c.link.Index == l.Index {
			n.lose(c)
		}
	}
	n.d.vmacs.news(l.Name)
}

// Addresses implements ifstate.Sink: all addresses of an interface.
func (n *nics) Addresses(index int, addrs []ifstate.Address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName {
		if c.link.Index == index {
			c.addrs, c.seats = addrs, seats{}
			n.d.vmacs.addresses(c.name, addrs)
			n.bind(c)
		}
	}
}

// Synced implements ifstate.Sink: the full picture has been told.
func (n *nics) Synced() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.synced {
		n.synced = true
		defer close(n.first)
	}
	for _, c := range n.byName {
		n.tellUp(c)
	}
	n.routers()
}

// attach starts reception and opens the sender.
func (n *nics) attach(c *nic) {
	if len(c.users) == 0 {
		return
	}
	// The program knows what to pick up before it sees the first packet.
	n.tellRouters(c)
	want := c.users[0].cfg().Own.Dataplane
	mode, err := n.d.dp.Attach(c.link.Index, datapath.Mode(want.String()))
	if err != nil {
		n.d.log.Error("cannot receive adverts on "+c.name, "error", err)
		n.eachUser(c, func(in *instance) {
			n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: receiveCause(c.name)}})
		})
	} else {
		c.mode = mode
		n.dataplanes()
		n.d.log.Info("receiving adverts on "+c.name, "dataplane", string(mode), "ifindex", c.link.Index)
	}
	if c.out, err = egress.Open(c.link.Index, c.link.MAC); err != nil {
		n.d.log.Error("cannot send adverts on "+c.name, "error", err)
	}
	for _, in := range c.users {
		n.join(c, in)
	}
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
	group := in.cfg().McastGroup
	if in.cfg().Unicast.Enabled() || c.joined[group] != nil || n.d.settings().Global.NoIGMP {
		return
	}
	m, err := egress.Join(c.link.Index, group)
	if err != nil {
		n.d.log.Warn("a switch that snoops may not forward adverts to us", "interface", c.name, "error", err)
		return
	}
	c.joined[group] = m
}

// moved follows a new hardware address: adverts bear it, and the neighbours
// must hear where the addresses of the masters are now.
func (n *nics) moved(c *nic) {
	if err := c.out.SetMAC(c.link.MAC); err != nil {
		n.d.log.Error("cannot send adverts on "+c.name, "error", err)
	}
	for _, in := range c.users {
		// An active router claims and announces again, through its own goroutine.
		n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.Reconfigured{Config: election(in.cfg()), Addresses: true}})
	}
}

// report repeats the membership reports as whole frames, once a minute until
// ctx ends. The kernel's own reports, and the queries that ask for them, stop
// at the host's firewall; a switch that snoops would forget us.
func (n *nics) report(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n.mu.Lock()
		for _, c := range n.byName {
			for group, m := range c.joined {
				if err := m.Report(); err != nil {
					n.d.log.Debug("membership report", "interface", c.name, "group", group.String(), "error", err)
				}
			}
		}
		n.mu.Unlock()
	}
}

// pacing is the announcements' pace in the indexes that the interfaces have
// now.
func (n *nics) pacing(s *config.Settings) announce.Pacing {
	p := announce.Pacing{Default: announce.Pace{GARP: s.Global.GARPInterval, NA: s.Global.GNAInterval}}
	for _, g := range s.GARPGroups {
		group := announce.Group{Pace: announce.Pace{GARP: g.GARPInterval, NA: g.GNAInterval}}
		for _, name := range g.Interfaces {
			if c := n.byName[name]; c != nil && c.link.Index != 0 {
				group.Interfaces = append(group.Interfaces, c.link.Index)
			}
		}
		p.Groups = append(p.Groups, group)
	}
	return p
}

// repace tells the announcer the pace that holds now.
func (n *nics) repace() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.d.announcer.SetPacing(n.pacing(n.d.settings()))
}

// lose undoes attach and tells the users that the interface is not there.
func (n *nics) lose(c *nic) {
	for _, in := range c.users {
		// Settled, so that the loop thread sends nothing through what release
		// closes. A router that is not there any more is no error here.
		_ = n.d.engine.Settle(engine.Unbind{Router: in.id})
	}
	n.release(c)
	c.link, c.addrs, c.seats = ifstate.Link{}, nil, seats{}
	n.tellUp(c)
	n.routers()
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
	n.eachUser(c, (*instance).unsend)
	clear(c.bound)
	for g, m := range c.joined {
		errs = append(errs, m.Close())
		delete(c.joined, g)
	}
	if err := errors.Join(errs...); err != nil {
		n.d.log.Debug("giving up "+c.name, "error", err)
	}
}

// tellUp tells the users and the trackers whether the interface is up.
func (n *nics) tellUp(c *nic) {
	if !n.synced {
		if c.link.Index == 0 || c.link.Up {
			return // the full picture decides what is missing
		}
	}
	down := c.link.Index == 0 || !c.link.Up
	if c.told && down == c.faulted {
		return
	}
	if c.told || down {
		n.d.log.Info(fmt.Sprintf("Netlink reports %s %s", c.name, upDown(!down)))
		n.d.history.daemon(control.KindLink, c.name+" is "+upDown(!down))
	}
	c.told, c.faulted = true, down
	health := vrrp.Up
	if down {
		health = vrrp.Down
	}
	n.d.scale.report(tracked{config.TrackInterface, c.name}, reading{health: health})
	cause := interfaceCause(c.name)
	n.eachUser(c, func(in *instance) {
		switch {
		case !in.cfg().TrackPrimary:
		case down:
			n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: cause}})
		default:
			n.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultCleared{Cause: cause}})
		}
	})
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
		n.trackSource(c, in)
		b := binding{c.link.Index, c.out, n.source(c, in), n.local(c, in)}
		if b.equal(c.bound[in]) {
			continue
		}
		news = true
		c.bound[in] = b
		n.d.engine.Do(engine.Bind{
			Router: in.id, IfIndex: b.index, Out: n.outlet(c, in, b.source), Source: b.source, Local: b.local,
		})
	}
	if news && n.synced {
		n.routers()
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
		AH: in.cfg().Auth.Kind == config.AuthAH, VIPs: advertised(in.cfg()), Own: n.local(c, in),
	}
	if in.cfg().Unicast.Enabled() {
		r.Local = n.source(c, in)
		for _, p := range in.cfg().Unicast.Peers {
			r.Peers = append(r.Peers, wire.Peer{Addr: p.Addr, MinTTL: uint8(p.MinTTL), MaxTTL: uint8(p.MaxTTL)})
		}
	}
	return r
}

// close gives everything back.
func (n *nics) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.byName {
		n.release(c)
	}
}

// sourceAddr is the address that an instance sends from, the zero Addr when
// there is none.
func (n *nics) sourceAddr(in *instance) netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.byName[in.cfg().Interface]
	if c == nil || c.link.Index == 0 {
		return netip.Addr{}
	}
	return n.source(c, in)
}

// sourceOf is sourceAddr as text, "" when there is none.
func (n *nics) sourceOf(in *instance) string {
	if addr := n.sourceAddr(in); addr.IsValid() {
		return addr.String()
	}
	return ""
}
