package nexthop

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// settle is how long a change of routes may go on before all ways are
	// looked up again: a routing daemon changes many at a time.
	settle = 20 * time.Millisecond
	// lookAgain is the time between two looks at everything, unasked.
	lookAgain = 10 * time.Second
)

// follow takes in what the kernel tells, until Close.
func (r *Resolver) follow() {
	defer r.running.Done()
	for {
		err := r.news.read(r.told)
		switch {
		case err == nil:
		case errors.Is(err, unix.ENOBUFS): // messages were lost
			r.mu.Lock()
			r.routesChanged()
			r.mu.Unlock()
		case errors.Is(err, os.ErrClosed):
			return
		default:
			select {
			case <-r.done:
				return
			case <-time.After(time.Second): // the periodic look goes on
			}
		}
	}
}

// told takes one message of the kernel.
func (r *Resolver) told(kind uint16, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch kind {
	case unix.RTM_NEWNEIGH, unix.RTM_DELNEIGH:
		n, ok := parseNeighbour(body)
		if !ok {
			return
		}
		if kind == unix.RTM_DELNEIGH {
			n.state = 0
		}
		for _, w := range r.byWay[n.way] {
			r.take(w, n, time.Now())
		}
	default:
		r.routesChanged()
	}
}

// answered takes an answer that our own prober got.
func (r *Resolver) answered(to way, mac [6]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.byWay[to] {
		w.proved = time.Now()
		r.publish(w, State{MAC: mac, IfIndex: to.ifindex, Via: to.via, OK: true})
	}
}

// routesChanged asks refresh for a look at everything. The caller holds r.mu.
func (r *Resolver) routesChanged() {
	r.changed = true
	select {
	case r.wake <- struct{}{}:
	default: // asked already
	}
}

// refresh looks at everything again: soon after a change, at unresolved and
// stale targets every second, at all every lookAgain.
func (r *Resolver) refresh() {
	defer r.running.Done()
	tick := time.NewTicker(retry)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-r.done:
			return
		case <-r.wake:
			select {
			case <-r.done:
				return
			case <-time.After(settle):
			}
		case <-tick.C:
		}
		now := time.Now()
		r.mu.Lock()
		all := r.changed || now.Sub(last) >= lookAgain
		r.changed = false
		r.look(all, now)
		r.mu.Unlock()
		if all {
			last = now
		}
	}
}

// look resolves targets again: all of them, or those with a problem or not
// looked at for a while.
func (r *Resolver) look(all bool, now time.Time) {
	for _, w := range r.targets {
		s := w.hop.State()
		if all || s.Problem != nil || now.Sub(w.looked) >= probeStale {
			// What is wrong was published; the next look comes by itself.
			_ = r.resolve(w, now)
		}
	}
}
