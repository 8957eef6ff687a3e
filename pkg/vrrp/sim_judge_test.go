package vrrp

import "time"

// judge checks what must hold for a whole side, once adverts flow. A side is a
// set of nodes that hear each other, all both ways. Under a cut that is one-way no
// more can be promised than what audited checks: that who hears a better router
// is not Active. (A high priority that hears a low one without being heard is
// right to be Active, and so is the low one.)
//
// The intervals of the nodes differ by a factor of two at most. From three on the
// protocol itself is not stable, and this simulator found it: the last advert of a
// router that yields, heard after that of the better one, teaches a Backup its
// short interval, the down interval is then shorter than the better one's
// interval, the Backup takes over, and yields with a last advert (the story
// unequal-intervals.txt).
//
// From the moment that every advert arrives in time:
//
//   - two nodes of a side are both Active for at most the longest interval and
//     one delay: then the lower one has heard the higher one;
//   - a side with a node that is able to be Active has none for at most the
//     longest down interval and one delay (and a release is answered sooner).
//
// Two down intervals and the configured delays later (settled):
//
//   - each side with an able node has exactly one Active, and no able Backup that
//     may preempt has a higher priority. With nopreempt a lower one may stay; with
//     equal priorities any may;
//   - nothing moves any more, whatever is rejected, duplicated or delayed, with
//     single adverts lost, any Backup frozen for any time, the Active one for
//     less than an interval, and clocks up to 1 % wrong.
type judge struct {
	on, quiet bool
	from      int64
	dual, gap int64
	seen      [2]int64 // when each side last had an Active, or nobody able
}

func (j *judge) open(w *world, from int64) {
	slack := int64(time.Millisecond)
	*j = judge{on: true, from: from,
		dual: drifted(w.plan.imax) + w.plan.late + slack,
		gap:  w.plan.down + w.plan.late + slack,
	}
	j.seen = [2]int64{from, from}
}

// look is called after every event.
func (j *judge) look(w *world) {
	if !j.on || w.now < j.from || w.wrong != nil {
		return
	}
	var actives, able [2]int
	for _, n := range w.nodes {
		side := w.plan.side[n.id]
		if n.active() {
			actives[side]++
		}
		if n.able() {
			able[side]++
		}
	}
	for side := range actives {
		if actives[side] > 0 || able[side] == 0 {
			j.seen[side] = w.now
		} else if d := w.now - j.seen[side]; d > j.gap {
			w.failf("side %d: nobody Active for %v, want at most %v", side, time.Duration(d), time.Duration(j.gap))
		}
		if actives[side] > 1 {
			j.lookTwice(w, side)
		}
	}
}

// lookTwice finds two that are Active for too long.
func (j *judge) lookTwice(w *world, side int) {
	for i, a := range w.nodes {
		for _, b := range w.nodes[:i] {
			if w.plan.side[a.id] != side || w.plan.side[b.id] != side || !a.active() || !b.active() {
				continue
			}
			d := w.now - max(a.activeSince, b.activeSince, j.from)
			if d > j.dual {
				w.failf("side %d: nodes %d and %d both Active for %v, want at most %v",
					side, b.id, a.id, time.Duration(d), time.Duration(j.dual))
			}
		}
	}
}

// settled checks the final state of each side.
func (j *judge) settled(w *world) {
	for side := range 2 {
		active := w.activeOf(side)
		for _, n := range w.nodes {
			if w.plan.side[n.id] != side || !n.able() {
				continue
			}
			switch {
			case active == nil:
				w.failf("side %d: node %d is able and nobody is Active", side, n.id)
			case n == active:
			case n.active():
				w.failf("side %d: nodes %d and %d are both Active", side, n.id, active.id)
			case n.outranks(active):
				w.failf("side %d: node %d may preempt node %d and does not", side, n.id, active.id)
			}
		}
	}
}

// activeOf returns an Active node of the side, nil without.
func (w *world) activeOf(side int) *node {
	for _, n := range w.nodes {
		if w.plan.side[n.id] == side && n.active() {
			return n
		}
	}
	return nil
}

// outranks says that a Backup should replace the Active one.
func (n *node) outranks(active *node) bool {
	cfg := n.routers[0].Config()
	may := !cfg.NoPreempt || cfg.Priority == PriorityOwner
	for _, r := range n.routers {
		if n.w.plan.guard == GuardHold && r.preemptAfter.After(n.local(n.w.now)) {
			return false // it is not heard, and tries again later
		}
	}
	return may && n.routers[0].Priority() > active.routers[0].Priority()
}
