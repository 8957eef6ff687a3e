package vrrp

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	maxNodes = 8
	maxLinks = 2
	never    = int64(1) << 62
)

// world is one history: nodes with drifting clocks on links that lose,
// duplicate, delay, reorder and cut. Everything follows from the seed.
type world struct {
	seed  uint64
	pcg   *rand.PCG
	rng   *rand.Rand
	now   int64 // true time in ns
	todo  agenda
	nodes []*node
	links int
	plan  plan
	net   network
	judge judge
	make  maker
	log   *transcript // nil unless a history is told again
	wrong error       // the first property that did not hold
}

// machine is what the simulator drives: a Group, or a wrong one.
type machine interface {
	Handle(now time.Time, member int, ev Event) []MemberAction
	Deadline() time.Time
}

// maker builds the machine of a node from its routers.
type maker func(n *node, members []*Router) machine

func rightly(n *node, members []*Router) machine { return NewGroup(n.group(), members...) }

// network says what happens to an advert on its way.
type network struct {
	cut [maxLinks][maxNodes][maxNodes]bool
	// arpCut is the same for questions and answers, pathCut for the extra path.
	arpCut, pathCut [maxLinks][maxNodes][maxNodes]bool
	// deaf: not one frame comes in through the link. mute: the witness is dead.
	deaf [maxLinks][maxNodes]bool
	mute bool
	// loss and dup are in 1/256; delays are uniform in [delayMin, delayMax].
	loss, dup          int
	delayMin, delayMax int64
	// sparing loses an advert only after one that came through.
	sparing bool
	lost    [maxLinks][maxNodes][maxNodes]bool
}

func newWorld(make maker) *world {
	w := &world{pcg: rand.NewPCG(0, 0), make: make}
	w.rng = rand.New(w.pcg)
	return w
}

// reset begins the history of a seed.
func (w *world) reset(seed uint64) {
	w.pcg.Seed(seed, 0x9e3779b97f4a7c15)
	w.seed, w.now, w.wrong = seed, 0, nil
	w.todo.items, w.todo.seq = w.todo.items[:0], 0
	w.nodes = w.nodes[:0]
	w.net = network{}
	w.judge = judge{}
}

func (w *world) failf(format string, args ...any) {
	if w.wrong == nil {
		w.wrong = fmt.Errorf("at %v: %s", time.Duration(w.now), fmt.Sprintf(format, args...))
	}
}

func (w *world) at(t int64, act func()) { w.todo.post(occurrence{at: t, kind: run, act: act}) }

// until lets time pass up to t.
func (w *world) until(t int64) {
	for w.wrong == nil {
		wake, who := never, (*node)(nil)
		for _, n := range w.nodes {
			if n.wakeAt < wake {
				wake, who = n.wakeAt, n
			}
		}
		next, some := w.todo.next()
		if !some {
			next = never
		}
		if min(wake, next) > t {
			break
		}
		if next <= wake {
			w.pass(next)
			w.happen(w.todo.pop())
		} else {
			w.pass(wake)
			who.wake()
		}
		w.judge.look(w)
		w.lookDual()
	}
	w.pass(max(t, w.now))
	w.judge.look(w)
}

func (w *world) pass(t int64) { w.now = max(w.now, t) }

func (w *world) happen(o occurrence) {
	switch o.kind {
	case run:
		o.act()
	case news:
		if n := w.nodes[o.node]; n.alive && n.life == o.life {
			n.hears(o.link, o.ev)
		}
	case question:
		w.reply(o)
	case glance:
		if n := w.nodes[o.node]; n.alive && n.life == o.life {
			w.look(n, o.link)
		}
	case deliver:
		if n := w.nodes[o.node]; n.alive && n.life == o.life {
			n.arrive(o.link, o.advert)
		}
	case thaw:
		if n := w.nodes[o.node]; n.alive && n.life == o.life && n.frozen && n.thawAt <= w.now {
			n.thaw()
		}
	}
}

// broadcast sends one advert to everybody on the link.
func (w *world) broadcast(from *node, link int, ad SendAdvert) {
	r := from.routers[link]
	if !r.Config().Primary.IsValid() {
		return
	}
	advert := Received{From: r.Config().Primary, Priority: ad.Priority, Interval: ad.Interval}
	for _, to := range w.nodes {
		if to == from || w.net.cut[link][from.id][to.id] || w.net.deaf[link][to.id] || !to.alive || w.loses(link, from.id, to.id) {
			continue
		}
		o := occurrence{kind: deliver, node: to.id, life: to.life, link: link, advert: advert}
		o.at = w.now + w.delay()
		w.todo.post(o)
		if w.rng.IntN(256) < w.net.dup {
			o.at = w.now + w.delay()
			w.todo.post(o)
		}
	}
}

func (w *world) loses(link, from, to int) bool {
	lost := &w.net.lost[link][from][to]
	*lost = w.net.loss > 0 && w.rng.IntN(256) < w.net.loss && (!w.net.sparing || !*lost)
	return *lost
}

func (w *world) delay() int64 {
	return w.net.delayMin + w.rng.Int64N(w.net.delayMax-w.net.delayMin+1)
}
