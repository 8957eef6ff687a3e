package vrrp

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// chaos lets a few things go wrong on a bad network, for about ten intervals.
// Only what must hold in any history is checked.
func (w *world) chaos() {
	u := w.plan.unit
	if w.plan.strict {
		w.strictChaos()
		return
	}
	w.net.loss = pick(w, []int{0, 0, 25, 80, 200})
	w.net.dup = pick(w, []int{0, 0, 25, 100})
	w.net.delayMax = pick(w, []int64{u / 20, u / 2, 2 * u})
	for range w.rng.IntN(9) {
		w.at(w.upTo(10*u), w.mishap)
	}
	w.until(10 * u)
}

func (w *world) anyone() *node { return w.nodes[w.rng.IntN(len(w.nodes))] }

// mishap is one thing that happens to somebody.
func (w *world) mishap() {
	n, u := w.anyone(), w.plan.unit
	link := w.rng.IntN(w.links)
	switch w.rng.IntN(14 + w.plan.more) {
	case 14, 15, 16, 17:
		w.guardMishap(n, link)
	case 0: // one way
		w.net.cut[link][n.id][w.anyone().id] = true
	case 1: // both ways
		other := w.anyone()
		w.net.cut[link][n.id][other.id], w.net.cut[link][other.id][n.id] = true, true
	case 2:
		w.net.cut = [maxLinks][maxNodes][maxNodes]bool{}
	case 3:
		n.crash()
		w.at(w.now+w.upTo(5*u), n.revive)
	case 4, 5:
		n.freeze(w.upTo(8 * u))
	case 6:
		n.tell(link, FaultRaised{scripted})
		w.at(w.now+w.upTo(5*u), func() { n.tell(link, FaultCleared{scripted}) })
	case 7:
		n.tell(link, PriorityChanged{w.otherPriority(n, link)})
	case 8:
		n.tell(link, HandOver{Hold: time.Duration(w.upTo(2 * u))})
	case 9:
		n.stop()
		w.at(w.now+w.upTo(5*u), n.restart)
	case 10, 11:
		n.tell(link, Rejected{Reason: wire.Checksum, From: n.cfgs[link].Primary, TTL: 255})
	case 12:
		n.tell(link, PrimaryChanged{})
		w.at(w.now+w.upTo(5*u), func() { n.tell(link, PrimaryChanged{n.cfgs[link].Primary}) })
	case 13:
		w.reload(n, link)
	}
}

var scripted = Cause{Kind: CauseScript, Name: "check"}

// otherPriority keeps the order of groups.
func (w *world) otherPriority(n *node, link int) uint8 {
	if w.links > 1 {
		return clampPriority(int(n.cfgs[link].Priority) + w.rng.IntN(10))
	}
	return pick(w, priorities)
}

// reload gives a node another interval or priority.
func (w *world) reload(n *node, link int) {
	cfg := &n.cfgs[link]
	if cfg.Version == 3 && w.one(2) {
		cfg.Interval = time.Duration(w.plan.unit) * pick(w, []time.Duration{1, 2})
		w.plan.imax = max(w.plan.imax, int64(cfg.Interval))
	}
	if w.links == 1 && w.one(2) {
		cfg.Priority = pick(w, priorities)
	}
	next := *cfg
	next.Primary = netip.Addr{}
	n.tell(link, Reconfigured{Config: next, Addresses: w.one(2)})
}

func (n *node) revive() {
	if !n.alive {
		n.boot()
	}
}

func (n *node) stop() {
	if n.alive && !n.frozen {
		n.started = false
		n.tell(0, Shutdown{})
	}
}

func (n *node) restart() {
	if n.alive && !n.frozen && !n.started {
		n.started = true
		n.tell(0, Startup{})
	}
}

// settle ends the chaos at once: from now on the nodes of each side hear each
// other in time, and nothing else happens to them. Some may stay unable.
func (w *world) settle() {
	u := w.plan.unit
	w.net = network{dup: pick(w, []int{0, 50}), delayMax: w.plan.late}
	w.settleGuard()
	sides := 1
	if w.one(3) && !(w.plan.guard == GuardHold && w.plan.arpCrosses) { // there one side waits for the other
		sides = 2
	}
	w.plan.side = [maxNodes]int{}
	for _, n := range w.nodes {
		w.plan.side[n.id] = w.rng.IntN(sides)
	}
	w.separate()
	w.keepAdverts()
	for _, n := range w.nodes {
		w.heal(n)
	}
	w.plan.down = drifted(int64(w.nodes[0].cfgs[0].DownAdverts+2) * w.plan.imax)
	w.plan.down += w.patience()
	w.judge.open(w, w.now+2*u+drifted(w.plan.early))
	w.until(w.judge.from + 2*w.plan.down + drifted(5*u) + 2*w.plan.imax + 4*w.plan.late)
	w.judge.settled(w)
}

// keepAdverts drops what was still planned, but not the adverts on their way.
func (w *world) keepAdverts() {
	old := append([]occurrence(nil), w.todo.items...)
	w.todo.items = w.todo.items[:0]
	for _, o := range old {
		switch o.kind {
		case deliver, news, question, glance:
			w.todo.post(o)
		}
	}
}

// separate cuts what is not on one side.
func (w *world) separate() {
	for link := range w.links {
		for _, a := range w.nodes {
			for _, b := range w.nodes {
				apart := w.plan.side[a.id] != w.plan.side[b.id]
				w.net.cut[link][a.id][b.id] = apart
				w.net.arpCut[link][a.id][b.id] = apart && !w.plan.arpCrosses
				w.net.pathCut[link][a.id][b.id] = apart
			}
		}
	}
}

// heal brings a node back, mostly.
func (w *world) heal(n *node) {
	if n.alive && n.frozen {
		n.thaw()
	}
	if w.one(4) {
		return
	}
	n.revive()
	n.restart()
	for link := range n.routers {
		n.tell(link, FaultCleared{scripted})
		n.tell(link, PrimaryChanged{n.cfgs[link].Primary})
	}
}
