package vrrp

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// steady disturbs a settled world in every way that must not matter.
func (w *world) steady() {
	w.judge.quiet = true
	w.net.sparing, w.net.loss = true, 64
	end := w.now + 8*w.plan.unit
	for _, n := range w.nodes {
		switch {
		case n.active():
			d := w.upTo(int64(n.routers[0].Config().Interval) / 2)
			w.at(w.now+w.upTo(6*w.plan.unit), func() { n.freeze(d) })
		case w.one(3):
			d := w.upTo(6 * w.plan.unit)
			w.at(w.now+w.upTo(6*w.plan.unit), func() { n.freeze(d) })
		}
		for range w.rng.IntN(30) {
			w.at(w.now+w.upTo(8*w.plan.unit), func() { w.junk(n) })
		}
	}
	w.until(end)
	w.judge.quiet = false
}

// junk is a packet that somebody forged, or that got damaged.
func (w *world) junk(n *node) {
	link := w.rng.IntN(w.links)
	switch w.rng.IntN(3 + w.plan.more) {
	default:
		n.tell(link, Rejected{Reason: wire.Checksum, From: w.anyone().cfgs[link].Primary, TTL: 255})
	case 3: // a goodbye in the name of nobody
		if n.alive && !n.frozen {
			n.arrive(link, Received{From: netip.AddrFrom4([4]byte{10, 9, 9, 9}), Interval: n.routers[link].Config().Interval})
		}
	case 4: // a stranger uses the address
		n.tell(link, Answered{Addr: simVIP, MAC: [6]byte{2, 9}, Stranger: true})
	}
}

// depart takes the Active node of each side away and wants another one in time.
func (w *world) depart() {
	w.net = network{cut: w.net.cut, arpCut: w.net.arpCut, pathCut: w.net.pathCut, mute: w.net.mute, delayMin: w.plan.late / 2, delayMax: w.plan.late / 2}
	w.until(w.now + 2*w.plan.late)
	for side := range 2 {
		if a := w.activeOf(side); a != nil && !a.frozen && w.wrong == nil {
			w.take(side, a, w.rng.IntN(4))
		}
	}
}

// take removes one node from Active and checks who follows, and when.
func (w *world) take(side int, a *node, how int) {
	silent := how == 0
	for _, n := range w.nodes {
		if n != a && w.plan.side[n.id] == side && w.one(2) {
			n.freeze(w.upTo(w.plan.unit * 3 / 2))
		}
	}
	bound := w.succession(side, a, silent)
	switch how {
	case 0:
		a.crash()
	case 1:
		a.stop()
	case 2:
		a.tell(w.rng.IntN(w.links), FaultRaised{scripted})
	case 3:
		a.tell(0, HandOver{Hold: time.Duration(4*w.plan.imax + 2*w.patience())})
	}
	w.judge.seen[side] = w.now
	w.judge.look(w)
	if bound == never {
		return
	}
	w.until(bound)
	next := w.activeOf(side)
	// Who doubts its own connection listens for another down interval, and may find that the one that left had to come back.
	back := next == a && how == 3 && (w.plan.deafWait != WaitNot || w.plan.witnessWait != WaitNot)
	if next == nil || next == a && !back {
		w.failf("side %d: node %d left (%d) and nobody took over in time", side, a.id, how)
	}
	w.until(w.now + 2*w.plan.unit)
}

// succession returns when somebody must be Active: the first of the others, by
// its own down interval after the last advert that can be on its way, or by its
// skew time after a goodbye; not before it can run again.
func (w *world) succession(side int, a *node, silent bool) int64 {
	bound := never
	for _, n := range w.nodes {
		if n == a || w.plan.side[n.id] != side || !n.able() {
			continue
		}
		wait := int64(0)
		for i, r := range n.routers {
			cfg, interval := r.Config(), int64(a.routers[i].Config().Interval)
			unit := interval
			if cfg.Version == 2 {
				unit = int64(time.Second)
			}
			d := int64(256-int(r.Priority())) * unit / 256
			if silent {
				d += int64(cfg.DownAdverts) * interval
			}
			wait = max(wait, d)
		}
		at := w.now + w.plan.late + drifted(wait)
		if n.frozen {
			at = max(at, n.thawAt)
		}
		at += w.patience()
		bound = min(bound, at+int64(time.Millisecond))
	}
	return bound
}
