package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// effects carries a router's slow actions to the goroutine that does them, in
// order. Putting never blocks and, once the queue has grown to its usual
// size, never allocates: the loop thread must not wait for netlink.
//
// The goroutine lives while there is something to do or to be expected: a thousand
// that slept would keep a thousand stacks, as deep as their last takeover was, and
// each collection would look through all of them.
type effects struct {
	do     Effect
	ready  func(coming bool) // Spec.Ready
	begin  func()            // Spec.Takeover
	mu     sync.Mutex
	queue  []effect
	closed bool
	cord   *bell.Cord    // calls signal
	called atomic.Int64  // how often there was a signal since the goroutine began; 0: there is none
	work   func()        // run; a method value made anew for each go statement would be garbage
	wake   chan struct{} // one token: there was a signal; for a goroutine that waits for what it expects
	done   chan struct{} // closed when all is done for good

	filled   atomic.Bool  // something was put since the goroutine last looked
	awake    atomic.Bool  // it looks all the time
	held     atomic.Bool  // it must not begin yet, see hold
	claiming atomic.Bool  // a takeover is not over yet
	expected atomic.Int64 // see expect; nanoseconds after start

	// Of the goroutine.
	batch  []effect // what it took from the queue
	braced bool     // ready was told that something is coming
	until  int64    // when it should have come, nanoseconds after start
}

// start is what moments are counted from that must fit into an atomic number.
var start = time.Now()

// watching holds back all but one goroutine from waiting awake: more processors
// than two are not to be counted on, and one is the loop's.
var watching atomic.Bool

type effect struct {
	at     time.Time
	action vrrp.Action
	rested chan<- struct{} // instead of an action: all before it is done
}

func startEffects(s *Spec, b *bell.Bell) *effects {
	ready, begin := s.Ready, s.Takeover
	if ready == nil {
		ready = func(bool) {}
	}
	if begin == nil {
		begin = func() {}
	}
	e := &effects{do: s.Effect, ready: ready, begin: begin, wake: make(chan struct{}, 1), done: make(chan struct{})}
	e.cord, e.work = b.Cord(e.signal), e.run
	return e
}

func (e *effects) put(at time.Time, a vrrp.Action) {
	e.add(at, a)
	e.filled.Store(true)
	e.call()
}

// add is put without a word to the goroutine.
func (e *effects) add(at time.Time, a vrrp.Action) {
	e.mu.Lock()
	e.queue = append(e.queue, effect{at: at, action: a})
	e.mu.Unlock()
}

// call has the goroutine look at what was put.
func (e *effects) call() {
	if !e.awake.Load() { // else it looks once more after it has said that it sleeps
		e.cord.Pull()
	}
}

// expect has the goroutine wake up for something that may be put soon, and
// wait for it awake until a moment that is some hundred microseconds off.
func (e *effects) expect(until time.Time) {
	e.expected.Store(int64(until.Sub(start)))
	e.cord.Pull()
}

// watch gets ready for what is expected and waits, awake, until something is put
// or the moment is over.
func (e *effects) watch() {
	if until := e.expected.Swap(0); until != 0 {
		e.until = until
		if !e.braced {
			e.braced = true
			e.ready(true)
		}
	}
	if !e.braced {
		return
	}
	if watching.CompareAndSwap(false, true) {
		e.awake.Store(true)
		for !e.filled.Load() && int64(time.Since(start)) < e.until {
			continue
		}
		e.awake.Store(false)
		watching.Store(false)
		return
	}
	select {
	case <-e.wake:
	case <-time.After(time.Duration(e.until) - time.Since(start)):
	}
}

// relax tells that what was expected did not come, once its moment is over.
func (e *effects) relax() {
	if e.braced && int64(time.Since(start)) >= e.until {
		e.braced = false
		e.ready(false)
	}
}

// close lets the goroutine end after all that was put is done. It does not
// wait for that: see done.
func (e *effects) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.cord.Pull()
}

// rest waits until all that was put is done.
func (e *effects) rest() {
	rested := make(chan struct{})
	e.mu.Lock()
	e.queue = append(e.queue, effect{rested: rested})
	e.mu.Unlock()
	e.signal()
	select {
	case <-rested:
	case <-e.done: // its router went meanwhile
	}
}

// signal has the goroutine look at the queue, and starts it where there is none. It
// is for goroutines; the loop thread pulls the cord.
func (e *effects) signal() {
	select {
	case e.wake <- struct{}{}:
	default: // a token is there already
	}
	if e.called.Add(1) == 1 {
		go e.work()
	}
}

// run serves until nobody calls any more. After close called stays as it is: none
// comes after it.
func (e *effects) run() {
	for {
		called := e.called.Load()
		if e.serve() {
			close(e.done)
			return
		}
		if e.called.CompareAndSwap(called, 0) {
			return
		}
	}
}

// serve does what was put and waits for what is expected. It tells whether that
// was the last.
func (e *effects) serve() (last bool) {
	for {
		e.watch()
		e.filled.Store(false)
		e.mu.Lock()
		e.batch, e.queue = e.queue, e.batch[:0]
		closed := e.closed
		e.mu.Unlock()
		if len(e.batch) == 0 {
			if closed {
				return true
			}
			if e.relax(); !e.braced {
				return false
			}
		}
		if e.claiming.Load() {
			e.begin()
		}
		for i := range e.batch {
			if rested := e.batch[i].rested; rested != nil {
				close(rested)
			} else {
				e.perform(e.batch[i])
			}
			e.batch[i] = effect{}
		}
	}
}

// perform does one action.
func (e *effects) perform(f effect) {
	switch a := f.action.(type) {
	case vrrp.Transition:
		e.braced = e.braced && a.To != vrrp.Active
	case vrrp.Claim:
		for e.held.Load() { // the loop's thread is above us: it is about to send
			continue
		}
	}
	e.do(f.at, f.action)
	if _, last := f.action.(vrrp.Announce); last {
		e.claiming.Store(false)
	}
}
