package nexthop

import (
	"errors"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
)

const (
	// grace is how long a lost route is bridged with the last good answer.
	grace = 3 * time.Second
	// retry is how often an unresolved neighbour is asked for again.
	retry = time.Second
	// probeStale is how often a stale entry is used, so that the kernel
	// checks it. The kernel then waits five seconds for a hint from above
	// before it sends its first probe.
	probeStale = 5 * time.Second
	// proof is how long an answer to our own question counts, where the
	// kernel gets none to its own.
	proof = 3 * probeStale
)

// lead takes what the routes say about a target. The caller holds r.mu.
func (r *Resolver) lead(w *target, to way, err error, now time.Time) {
	w.looked = now
	if err != nil {
		r.lost(w, err, now)
		return
	}
	w.routed = now
	if to != w.way {
		r.unlink(w)
		w.way, w.asked, w.missed, w.usable, w.proved = to, time.Time{}, 0, false, time.Time{}
		r.byWay[to] = append(r.byWay[to], w)
	}
}

// unlink takes a target out of the index of ways.
func (r *Resolver) unlink(w *target) {
	rest := slices.DeleteFunc(r.byWay[w.way], func(o *target) bool { return o == w })
	if len(rest) == 0 {
		delete(r.byWay, w.way)
	} else {
		r.byWay[w.way] = rest
	}
}

// lost notes that there is no way, and bridges it while that is young.
func (r *Resolver) lost(w *target, why error, now time.Time) {
	s := w.hop.State()
	s.Problem = why
	if errors.Is(why, ErrOwnAddress) || now.Sub(w.routed) > grace {
		s.OK = false
	}
	r.publish(w, s)
}

// take publishes what the neighbour table says, and asks for more where that is
// not enough. The caller holds r.mu.
func (r *Resolver) take(w *target, n neighbour, now time.Time) {
	if n.usable() {
		w.missed, w.usable, w.proved = 0, true, time.Time{}
		r.publish(w, State{MAC: n.mac, IfIndex: n.ifindex, Via: n.via, OK: true})
		if n.state&netlink.NUD_STALE != 0 && now.Sub(w.asked) >= probeStale {
			w.asked = now
			r.kernel.want(w.way, w.hop.target.Source)
		}
		return
	}
	w.usable = false
	every := retry - retry/8 // the ticks are not exact
	if now.Sub(w.proved) < proof {
		every = probeStale
	} else {
		s := w.hop.State()
		if s.IfIndex != w.way.ifindex || s.Via != w.way.via {
			s = State{IfIndex: w.way.ifindex, Via: w.way.via} // the old MAC was another hop's
		}
		s.Problem = ErrUnresolved
		r.publish(w, s)
	}
	if !n.pinned() && now.Sub(w.asked) >= every {
		w.asked = now
		w.missed++
		r.kernel.want(w.way, w.hop.target.Source)
		r.own.want(w.way, w.hop.target.Source)
	}
}

// answered takes an answer that our own prober got. The kernel's word counts more.
func (r *Resolver) answered(to way, mac [6]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.byWay[to] {
		if !w.usable {
			w.proved = time.Now()
			r.publish(w, State{MAC: mac, IfIndex: to.ifindex, Via: to.via, OK: true})
		}
	}
}
