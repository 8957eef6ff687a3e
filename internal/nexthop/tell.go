package nexthop

// publish stores a state for the readers at once, and has the sink told when it
// is new. That a neighbour is unresolved is no news before it was asked twice.
// The caller holds r.mu.
func (r *Resolver) publish(w *target, s State) {
	if !w.hop.State().same(s) {
		w.hop.state.Store(&s)
	}
	if w.told.same(s) || s.Problem == ErrUnresolved && w.missed < 2 {
		return
	}
	w.told = s
	r.toTell[w.hop.target] = s
	select {
	case r.teller <- struct{}{}:
	default: // awake already
	}
}

// tell tells the sink, without a lock: however long it takes, the next news
// of a target replaces what it was not told yet.
func (r *Resolver) tell() {
	defer r.running.Done()
	for {
		select {
		case <-r.done:
			return
		case <-r.teller:
		}
		r.mu.Lock()
		work := r.toTell
		r.toTell = map[Target]State{}
		r.mu.Unlock()
		for t, s := range work {
			r.sink.NextHop(t, s)
		}
	}
}
