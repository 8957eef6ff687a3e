package vrrp

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// plan is what a history is made of. Every duration is in ns of true time.
type plan struct {
	version uint8
	unit    int64 // the basic interval
	// side is where each node is when all has settled.
	side [maxNodes]int
	// imax is the longest interval that any node ever had, late the longest delay of an
	// advert after the chaos, down more than the longest time that a Backup
	// can have to wait, early the longest start-up delay.
	imax, late, down, early int64
	guardPlan
}

// drift is the bound of the clocks, and a little more: 1/98 instead of 1/100.
func drifted(d int64) int64 { return d + d/98 }

// history lives one seed through, and returns the first thing that was wrong.
func (w *world) history(seed uint64) error {
	w.reset(seed)
	w.populate()
	for _, part := range []func(){w.chaos, w.settle, w.steady, w.depart} {
		if w.wrong == nil {
			part()
		}
	}
	return w.wrong
}

var (
	sizes      = []int{2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 6, 7, 8}
	priorities = []uint8{1, 50, 90, 100, 100, 100, 101, 150, 150, 200, 254, 255}
)

func pick[T any](w *world, of []T) T { return of[w.rng.IntN(len(of))] }

func (w *world) one(in int) bool { return w.rng.IntN(in) == 0 }

// upTo returns a random duration.
func (w *world) upTo(d int64) int64 { return w.rng.Int64N(d + 1) }

// populate makes the nodes and boots them within an interval.
func (w *world) populate() {
	w.plan = plan{version: 3, unit: int64(pick(w, []time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond}))}
	if w.one(4) {
		w.plan.version, w.plan.unit = 2, int64(time.Second)
	}
	w.links = 1
	if w.one(4) {
		w.links = 2
	}
	w.plan.late = w.plan.unit / 10
	adverts := pick(w, []int{3, 3, 3, 4, 5})
	mixed := w.plan.version == 3 && w.one(3)
	ring := w.one(2)
	w.guardPlan()
	order := w.rng.Perm(maxNodes)
	ranks := w.rng.Perm(maxNodes)
	size := pick(w, sizes)
	if w.plan.strict {
		size = 2
	}
	for id := range size {
		n := w.spare()
		*n = node{w: w, id: id, ppm: w.rng.Int64N(20001) - 10000, ring: ring, wakeAt: never, activeSince: -1,
			cfgs: n.cfgs[:0], routers: n.routers[:0], inbox: n.inbox[:0]}
		cfg := w.config(adverts, mixed, ranks[id])
		w.guardConfig(&cfg)
		for link := range w.links {
			cfg.Primary = netip.AddrFrom4([4]byte{10, 0, byte(link), byte(order[id] + 1)})
			n.cfgs = append(n.cfgs, cfg)
		}
		w.plan.imax = max(w.plan.imax, int64(cfg.Interval))
		w.plan.early = max(w.plan.early, int64(cfg.StartupDelay))
		w.at(w.upTo(w.plan.unit), n.boot)
	}
}

// spare returns a node to fill in, an old one if there is.
func (w *world) spare() *node {
	i := len(w.nodes)
	if i < cap(w.nodes) {
		w.nodes = w.nodes[:i+1]
		if w.nodes[i] == nil {
			w.nodes[i] = &node{}
		}
		return w.nodes[i]
	}
	n := &node{}
	w.nodes = append(w.nodes, n)
	return n
}

// config makes the settings of one node. All nodes agree on the number of
// adverts, in version 2 on the interval too, as the protocol wants it. Groups have
// a priority per node, far from the others': a group that wins on one link only
// is a mistake in the configuration (doc of Group).
func (w *world) config(adverts int, mixed bool, rank int) Config {
	unit := time.Duration(w.plan.unit)
	cfg := Config{
		Version: w.plan.version, Family: wire.IPv4, Interval: unit, DownAdverts: adverts,
		Priority: pick(w, priorities), NoPreempt: w.one(3),
		LowerPriorityAdvert: w.one(2), HigherPriorityAdvert: w.one(4), OwnerWaits: w.one(3),
	}
	if w.links > 1 {
		cfg.Priority = uint8(10 + 30*rank)
		if rank == maxNodes-1 && w.one(2) {
			cfg.Priority = PriorityOwner
		}
	}
	if mixed {
		cfg.Interval *= pick(w, []time.Duration{1, 1, 2})
	}
	if w.one(6) {
		cfg.PreemptDelay = time.Duration(1 + w.upTo(3*w.plan.unit))
	}
	if w.one(8) {
		cfg.StartupDelay = time.Duration(1 + w.upTo(2*w.plan.unit))
	}
	return cfg
}
