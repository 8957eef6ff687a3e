package nexthop

import (
	"net/netip"
	"sync"
)

// errand does one kind of slow thing for neighbours, one after another, and each
// at most once however often it is asked for while it waits.
type errand struct {
	mu      sync.Mutex
	pending map[way]netip.Addr // the source address that goes with it
	wake    chan struct{}
}

func newErrand() *errand {
	return &errand{pending: map[way]netip.Addr{}, wake: make(chan struct{}, 1)}
}

// want asks for it and returns at once.
func (e *errand) want(w way, source netip.Addr) {
	e.mu.Lock()
	e.pending[w] = source
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default: // awake already
	}
}

// run does what is wanted until done is closed.
func (e *errand) run(done <-chan struct{}, do func(way, netip.Addr)) {
	for {
		select {
		case <-done:
			return
		case <-e.wake:
		}
		e.mu.Lock()
		work := e.pending
		e.pending = map[way]netip.Addr{}
		e.mu.Unlock()
		for w, source := range work {
			select {
			case <-done:
				return
			default:
				do(w, source)
			}
		}
	}
}
