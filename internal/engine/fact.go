package engine

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Fact is what Do accepts: something that happened, or a change of what there
// is to run. The set is closed.
type Fact interface{ fact() }

// Add brings a sync group, or a lone router as a group of one. Nothing is
// received or sent until its members are bound, and no state is taken before
// a Tell with Startup.
type Add struct {
	// Group names the group; a lone router's group has the router's name.
	Group   string
	Members []Spec
}

// Spec is one virtual router.
type Spec struct {
	Name     string
	Election vrrp.Config
	// Receive holds all but Source and Local, which Bind brings.
	Receive wire.Settings
	// Advert is what is sent, all but Priority, Src, Dst, ID and Signer.
	Advert wire.Advert
	Auth   wire.Auth
	// Group is where adverts go when there are no Peers.
	Group netip.Addr
	Peers []netip.Addr
	// Fine is an interval below a centisecond that the nodes agreed on outside
	// the protocol. An advert that carries the least interval there is, 10 ms,
	// is then taken to mean Fine. Zero: the adverts mean what they say.
	Fine time.Duration
	// Asker asks before a takeover. It may be nil. Change keeps the old one where
	// the new one is nil.
	Asker Asker
	// Paths are the second paths, none by default.
	Paths []Path
	// Probe counts, Effect does what may wait.
	Probe  Probe
	Effect Effect
	// Ready is called on the goroutine of Effect, half a millisecond before a
	// takeover if the goroutine is awake in time: coming is true. When the takeover
	// does not come after all, it is called again with false. May be nil.
	Ready func(coming bool)
	// Warning is how much earlier that is, for a Ready that takes longer; at most
	// half an interval, so that adverts in time call nobody.
	Warning time.Duration
	// Takeover is called on that goroutine before the actions of a takeover, the
	// last of which is an Announce: words can wait until then. May be nil.
	Takeover func()
	// Aided tells that Effect has another goroutine of its own work beside it in a
	// takeover: the loop's thread leaves its processor then, see stay.
	Aided bool
}

// Remove shuts a group's members down and forgets them.
type Remove struct{ Group string }

// Change gives a running router new settings without a change of its state.
// Addresses says that the list of virtual addresses is another one.
type Change struct {
	Spec      Spec
	Addresses bool
}

// Bind ties a router to the interface that it sends and receives on, or tells
// that the interface's addresses changed. Source is the zero Addr when there
// is no address to send from.
type Bind struct {
	Router  string
	IfIndex int
	Out     Out
	Source  netip.Addr
	// Local is every address of the interface that is not virtual.
	Local []netip.Addr
}

// Unbind takes a router off its interface, which is gone.
type Unbind struct{ Router string }

// Tell tells one router an event that happened at a time, the zero Time is now.
type Tell struct {
	Router string
	Event  vrrp.Event
	At     time.Time
}

// Ask runs a function on the loop thread, for questions. It must be short.
type Ask struct{ Do func(v View) }

func (Add) fact()    {}
func (Remove) fact() {}
func (Change) fact() {}
func (Bind) fact()   {}
func (Unbind) fact() {}
func (Tell) fact()   {}
func (Ask) fact()    {}

// View shows the routers to an Ask.
type View struct{ e *Engine }

// Each calls f for every router, group by group in the order of their adding.
func (v View) Each(f func(group, name string, r *vrrp.Router)) {
	for _, g := range v.e.order {
		for _, m := range g.members {
			f(g.name, m.spec.Name, m.router)
		}
	}
}

// Router is one router, nil when there is none of that name.
func (v View) Router(name string) *vrrp.Router {
	if m, ok := v.e.members[name]; ok {
		return m.router
	}
	return nil
}

// Out is where a router's adverts leave, nil while it is bound to no interface.
// It may be used within the question only.
func (v View) Out(name string) Out {
	if m, ok := v.e.members[name]; ok {
		return m.out
	}
	return nil
}

// Now is the time at which the question is answered.
func (v View) Now() time.Time { return time.Now() }

// Last is a router's last transition. Loop thread only.
func (e *Engine) Last(name string) (t vrrp.Transition) {
	if m, ok := e.members[name]; ok {
		t = m.router.Transition()
	}
	return t
}

// Active reports whether a router is Active. Loop thread only.
func (e *Engine) Active(name string) bool {
	m, ok := e.members[name]
	return ok && m.router.State() == vrrp.Active
}
