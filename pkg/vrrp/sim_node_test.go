package vrrp

import (
	"time"
)

// node is one host: a clock, a process and the routers in it.
type node struct {
	w       *world
	id      int
	ppm     int64 // clock drift
	cfgs    []Config
	alive   bool
	started bool
	life    int
	frozen  bool
	thawAt  int64
	// ring: the wake-up stands in the ring among the arrivals, with its stamp;
	// otherwise a frozen process notices it when the ring is empty.
	ring    bool
	inbox   []arrival
	machine machine
	routers []*Router
	wakeAt  int64
	views   [maxLinks]view
	// blind: only the judge looks at this node.
	blind bool
	// activeSince is in true time; -1 while not Active.
	activeSince int64
	// alive until: the last sign of life that the fence knows; frame: when the
	// last frame came in through each link.
	life0 int64
	known time.Time // of the Timeout that is handled
	frame [maxLinks]int64
}

// arrival is what a frozen process will find, in the kernel's order.
type arrival struct {
	at     time.Time // the kernel's stamp, in local time
	link   int
	wakeup bool
	advert Received
	ev     Event // instead of an advert
}

// local is what the clock of the node shows at true time t.
func (n *node) local(t int64) time.Time { return epoch.Add(time.Duration(n.shows(t))) }

func (n *node) shows(t int64) int64 { return t + t/1_000_000*n.ppm + t%1_000_000*n.ppm/1_000_000 }

// true time at which the clock shows at least d.
func (n *node) when(d time.Time) int64 {
	shown := int64(d.Sub(epoch))
	t := shown - shown*n.ppm/1_000_000
	for n.shows(t) < shown {
		t += max(1, shown-n.shows(t))
	}
	return t
}

// boot begins a new incarnation, with nothing remembered.
func (n *node) boot() {
	n.life++
	n.alive, n.started, n.frozen = true, true, false
	n.inbox = n.inbox[:0]
	n.activeSince = -1
	n.frame = [maxLinks]int64{-1, -1}
	n.routers = n.routers[:0]
	for link, cfg := range n.cfgs {
		r, err := New(cfg)
		if err != nil {
			n.w.failf("node %d: %v", n.id, err)
			return
		}
		n.routers = append(n.routers, r)
		n.views[link] = view{state: Initialize}
	}
	n.machine = n.w.make(n, n.routers)
	n.w.log.born(n)
	n.handle(n.local(n.w.now), 0, Startup{})
}

// crash loses the process and what it held.
func (n *node) crash() {
	n.lastBreath()
	n.alive, n.started, n.frozen = false, false, false
	n.wakeAt = never
	n.activeSince = -1
}

// freeze stops the process for d of true time; the kernel goes on stamping.
func (n *node) freeze(d int64) {
	if !n.alive {
		return
	}
	if !n.frozen {
		n.lastBreath()
	}
	n.frozen = true
	n.thawAt = max(n.thawAt, n.w.now+d)
	n.w.todo.post(occurrence{at: n.thawAt, kind: thaw, node: n.id, life: n.life})
}

func (n *node) arrive(link int, advert Received) {
	at := n.local(n.w.now)
	n.frame[link] = n.w.now
	if n.frozen {
		n.inbox = append(n.inbox, arrival{at: at, link: link, advert: advert})
		return
	}
	n.handle(at, link, advert)
}

// hears takes in what is no advert on the link.
func (n *node) hears(link int, ev Event) {
	at := n.local(n.w.now)
	if _, ok := ev.(Answered); ok {
		n.frame[link] = n.w.now
	}
	if n.frozen {
		n.inbox = append(n.inbox, arrival{at: at, link: link, ev: ev})
		return
	}
	n.handle(at, link, ev)
}

func (n *node) wake() {
	at := n.local(n.w.now)
	if n.frozen {
		n.wakeAt = never
		if n.ring {
			n.inbox = append(n.inbox, arrival{at: at, wakeup: true})
		}
		return
	}
	n.handle(at, 0, Timeout{})
}

func (n *node) thaw() {
	n.frozen = false
	for _, a := range n.inbox {
		switch {
		case a.wakeup: // in its place, but at the time at which it is handled
			n.handle(n.local(n.w.now), 0, Timeout{Known: a.at})
		case a.ev != nil:
			n.handle(a.at, a.link, a.ev)
		default:
			n.handle(a.at, a.link, a.advert)
		}
	}
	n.inbox = n.inbox[:0]
	n.rearm()
}

// handle is the engine: the event goes in, what comes out is done at once.
func (n *node) handle(at time.Time, member int, ev Event) {
	n.w.log.event(n, at, member, ev)
	n.life0 = n.w.now
	actions := n.audited(at, member, ev)
	for _, a := range actions {
		switch action := a.Action.(type) {
		case SendAdvert:
			n.w.broadcast(n, a.Member, action)
			n.w.beat(n, a.Member, action)
		case Ask:
			n.w.ask(n, a.Member, action)
		case Announce:
			n.w.announce(n, a.Member)
		}
	}
	n.rearm()
}

// tell gives an event that comes from the host itself, not from the network.
func (n *node) tell(member int, ev Event) {
	if n.alive && !n.frozen {
		n.handle(n.local(n.w.now), member, ev)
	}
}

// rearm hands the deadline to the timer, which is up to 200µs late.
func (n *node) rearm() {
	d := n.machine.Deadline()
	if d.IsZero() {
		n.wakeAt = never
		return
	}
	n.wakeAt = max(n.when(d), n.w.now) + n.w.rng.Int64N(200_000)
}

// able says that the node could be Active: it runs and nothing is in the way.
func (n *node) able() bool {
	if !n.alive || !n.started {
		return false
	}
	for _, r := range n.routers {
		if len(r.causes) > 0 {
			return false
		}
	}
	return true
}

func (n *node) active() bool { return n.activeSince >= 0 }
