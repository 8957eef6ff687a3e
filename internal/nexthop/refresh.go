package nexthop

import "time"

const (
	// settle is how long a change of routes may go on before all ways are
	// looked up again: a routing daemon changes many at a time.
	settle = 20 * time.Millisecond
	// lookAgain is the time between two looks at everything, unasked.
	lookAgain = 10 * time.Second
)

// refresh looks at new targets at once, at all soon after a change of routes
// and every lookAgain, and in between, every second, at those that need it.
func (r *Resolver) refresh() {
	defer r.running.Done()
	tick := time.NewTicker(retry)
	defer tick.Stop()
	var settled <-chan time.Time
	last := time.Now()
	for {
		which := fresh
		select {
		case <-r.done:
			return
		case <-r.wake:
			if r.takeChanged() && settled == nil {
				settled = time.After(settle)
			}
		case <-settled:
			settled, which = nil, all
		case <-tick.C:
			which = needy
		}
		if time.Since(last) >= lookAgain {
			which = all
		}
		if which == all {
			last = time.Now()
		}
		for _, w := range r.due(which, time.Now()) {
			r.lookAt(w)
		}
	}
}

// poke wakes refresh.
func (r *Resolver) poke() {
	select {
	case r.wake <- struct{}{}:
	default: // awake already
	}
}

func (r *Resolver) takeChanged() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.changed
	r.changed = false
	return was
}

// which targets to look at.
type which int

const (
	fresh which = iota // never looked at
	needy              // and those with a problem, or not looked at for a while
	all
)

func (r *Resolver) due(what which, now time.Time) (list []*target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.targets {
		switch {
		case what == all, w.looked.IsZero(),
			what == needy && (w.hop.State().Problem != nil || now.Sub(w.looked) >= probeStale):
			list = append(list, w)
		}
	}
	return list
}

// lookAt resolves one target from the start. The kernel is asked outside of
// the lock; what it tells in between is newer than its answer and stays.
func (r *Resolver) lookAt(w *target) {
	to, err := r.route(w.hop.target)
	r.mu.Lock()
	if r.targets[w.hop.target] != w {
		r.mu.Unlock()
		return // forgotten
	}
	r.lead(w, to, err, time.Now())
	before := w.heard
	r.mu.Unlock()
	if err != nil {
		return
	}
	n, err := r.table.entry(to)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.targets[w.hop.target] != w || w.way != to || w.heard != before:
	case err != nil:
		r.lost(w, err, time.Now())
	default:
		r.take(w, n, time.Now())
	}
}
