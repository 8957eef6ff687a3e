package daemon

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/egress"
	"github.com/xvrrp/xvrrp/internal/ifstate"
)

// nics joins the host's interfaces to the routers that use them: reception is
// attached, the sender opened and the groups joined as soon as an interface is
// there, and undone when it goes. It is ifstate's sink, on ifstate's goroutine.
type nics struct {
	d *Daemon

	mu     sync.Mutex
	byName map[string]*nic
	synced bool
	closed bool
	first  chan struct{} // closed when synced
	moving moving
	macs   atomic.Pointer[map[[6]byte]bool] // of this host's links
	names  atomic.Pointer[map[int]string]   // of its links by index
	moves  atomic.Uint64                    // counts what may change where frames leave: links alone
	scene  atomic.Uint64                    // counts what comes and goes: links and addresses
}

// nic is one interface: one that is there, or one that some instance names.
type nic struct {
	name  string
	link  ifstate.Link // Index 0: not there
	addrs []ifstate.Address
	users []*instance
	ways  []*way      // second paths over it
	bears []*instance // of which some addresses are on it, and no adverts

	mode    datapath.Mode
	out     *egress.Interface
	joined  map[netip.Addr]*egress.Membership
	faulted bool // the users have been told that it is down
	missing bool // and that it is not there at all
	told    bool // anything at all has been told
	tracked bool // some instance tracks it, there or not

	retrying  bool   // to take it into use
	complaint string // why that failed, as the log said last

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
	defer n.usePaths(in)
	defer n.bear(in)
	c := n.named(in.cfg().Interface)
	c.users = append(c.users, in)
	n.d.vmacs.use(in)
	n.d.promotion.use(in)
	if !n.synced {
		return
	}
	n.tellFault(c, in)
	if c.link.Index == 0 {
		return
	}
	if c.out == nil {
		n.attach(c)
	} else {
		n.join(c, in)
	}
	n.bind(c)
}

// again takes in an instance's new settings.
func (n *nics) again(in *instance) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.againPaths(in)
	n.bear(in)
	if c := n.byName[in.cfg().Interface]; c != nil && c.link.Index != 0 {
		n.join(c, in)
		n.tellFault(c, in)
		if b, ok := c.bound[in]; ok {
			b.index = 0 // told anew; its way to unicast peers stays until there is the next one
			c.bound[in] = b
		}
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
	n.unbind(c, in)
	n.d.vmacs.leave(in)
	n.d.promotion.leave(in)
	n.leavePaths(in)
	for _, c := range n.byName {
		n.unbear(c, in)
	}
	if !c.used() {
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
			if t.Kind != config.TrackInterface {
				continue
			}
			known := n.byName[t.Name] != nil
			c := n.named(t.Name)
			c.tracked = true
			if !known && n.synced {
				n.tellUp(c)
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
	n.scene.Add(1)
	n.moves.Add(1)
	for _, c := range n.byName { // renamed away from a name of ours
		if c.link.Index == l.Index && c.name != l.Name {
			n.lose(c)
			n.d.vmacs.news(c.name, l.Index)
		}
	}
	c := n.named(l.Name)
	if c.link.Index != 0 && c.link.Index != l.Index {
		n.lose(c)
	}
	before := c.link
	c.link = l
	n.noteLinks()
	n.d.vmacs.news(l.Name, l.Index)
	moved := before.Index != 0 && !bytes.Equal(before.MAC, l.MAC)
	switch {
	case before.Index == 0:
		n.d.promotion.came(l.Name)
		n.attach(c)
		n.d.announcer.SetPacing(n.pacing(n.d.settings()))
	case moved:
		n.moved(c)
	case !c.ready():
		n.attach(c)
	}
	n.tellUp(c)
	n.bind(c)
	if moved || l.Up && !before.Up {
		n.d.where.link(c.name)
	}
}

// Gone implements ifstate.Sink: an interface was deleted.
func (n *nics) Gone(l ifstate.Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.scene.Add(1)
	n.moves.Add(1)
	for _, c := range n.byName {
		if c.link.Index == l.Index {
			n.lose(c)
		}
	}
	n.d.announcer.Forget(l.Index)
	n.d.vmacs.news(l.Name, l.Index)
}

// Addresses implements ifstate.Sink: all addresses of an interface.
func (n *nics) Addresses(index int, addrs []ifstate.Address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.scene.Add(1)
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

// close gives everything back.
func (n *nics) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
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
