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

// resolve looks a target's way up from the start. The caller holds r.mu.
func (r *Resolver) resolve(w *target, now time.Time) error {
	w.looked = now
	to, err := r.route(w.hop.target)
	if err != nil {
		r.lost(w, err, now)
		return err
	}
	w.routed = now
	if to != w.way {
		r.unlink(w)
		w.way, w.used, w.proved, w.missed = to, time.Time{}, time.Time{}, 0
		r.byWay[to] = append(r.byWay[to], w)
	}
	n, err := r.lookup(to)
	if err != nil {
		r.lost(w, err, now)
		return err
	}
	r.take(w, n, now)
	return nil
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
		w.missed = 0
		r.publish(w, State{MAC: n.mac, IfIndex: n.ifindex, Via: n.via, OK: true})
		if n.state&netlink.NUD_STALE != 0 && now.Sub(w.used) >= probeStale {
			r.ask(w, now)
		}
		return
	}
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
	if !n.pinned() && now.Sub(w.used) >= every {
		r.ask(w, now)
		w.missed++
	}
}

// ask makes the kernel resolve or probe the neighbour; an entry that is being
// resolved already is left in peace by the kernel itself. Where the kernel
// had its chance before, a firewall may hold it up, and we ask as well.
func (r *Resolver) ask(w *target, now time.Time) {
	w.used = now
	if err := r.use(w.way); err != nil {
		s := w.hop.State()
		s.Problem = err
		r.publish(w, s)
	}
	if w.missed > 0 {
		r.prober.ask(w.way, w.hop.target.Source)
	}
}

// publish stores a state for the readers at once, and tells the sink when it
// is new. That a neighbour is unresolved is no news before it was asked twice.
func (r *Resolver) publish(w *target, s State) {
	if !w.hop.State().same(s) {
		w.hop.state.Store(&s)
	}
	if w.told.same(s) || s.Problem == ErrUnresolved && w.missed < 2 {
		return
	}
	w.told = s
	r.sink.NextHop(w.hop.target, s)
}
