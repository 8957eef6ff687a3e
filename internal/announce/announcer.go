package announce

import (
	"fmt"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/netspace"
)

// Options are what an Announcer tells, all on its own goroutine and in the
// order of the events. All may be nil. What an owner did before Stop may still
// be told after it.
type Options struct {
	// Sent counts frames that left.
	Sent func(owner string, kind Kind, n int)
	// Done tells that a burst has left whole, as far as its interfaces took it.
	Done func(owner string, why Reason, at time.Time)
	// Failed tells that an interface took no frames, once a burst.
	Failed func(owner string, ifindex int, err error)
	// Pacing is what SetPacing changes later.
	Pacing Pacing
}

// Announcer announces addresses. Its methods may be called from any goroutine
// and wait for nothing but a chunk that is just being sent.
type Announcer struct {
	options Options
	open    func(ifindex int) (sender, error)
	ns      netspace.Namespace
	wake    chan struct{}
	done    chan struct{}
	told    []report // being told; the goroutine's own
	ended   sync.WaitGroup

	mu      sync.Mutex // guards the rest; held while a chunk is sent, so that Stop means stop
	plan    *plan
	senders map[int]sender
	news    []report  // of the rounds since the last tell
	heated  time.Time // when it was rehearsed last, see Load

	growing sync.Mutex // guards growths; never held for long
	growths []growth   // what More brought since
}

// Open starts an Announcer that sends in the network namespace of the calling
// thread. It needs CAP_NET_RAW.
func Open(options Options) (*Announcer, error) {
	ns, err := netspace.Here()
	if err != nil {
		return nil, fmt.Errorf("announce: %w", err)
	}
	a := begin(options, func(ifindex int) (s sender, err error) {
		err = ns.Do(func() error {
			s, err = openSocket(ifindex)
			return err
		})
		return s, err
	})
	a.ns = ns
	return a, nil
}

func begin(options Options, open func(int) (sender, error)) *Announcer {
	a := &Announcer{options: options, open: open, plan: newPlan(), senders: map[int]sender{},
		wake: make(chan struct{}, 1), done: make(chan struct{})}
	a.plan.pacing = options.Pacing
	a.ended.Add(1)
	go a.run()
	return a
}

// Close stops everything at once.
func (a *Announcer) Close() error {
	close(a.done)
	a.ended.Wait()
	for _, s := range a.senders {
		s.close()
	}
	return a.ns.Close()
}

// Announce starts the schedule of an owner, in place of an earlier one. The
// first frames leave before it returns, where nobody else's are before them:
// a takeover does not wait until another thread is awake. An address that cannot
// be announced is the error; the others are announced nevertheless.
func (a *Announcer) Announce(owner string, s Schedule, targets []Target) error {
	now := time.Now()
	a.mu.Lock()
	a.disregard(owner)
	err := a.plan.put(now, owner, s, targets)
	a.round(now)
	a.mu.Unlock()
	a.poke()
	return err
}

// Prepare opens what is needed to announce through an interface, so that the
// first burst need not. A failure shows, and is told, when it matters.
func (a *Announcer) Prepare(ifindex int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.senders[ifindex] == nil {
		if s, err := a.open(ifindex); err == nil {
			a.senders[ifindex] = s
		}
	}
}

// Again announces an owner's addresses once more. An unknown owner has none.
func (a *Announcer) Again(owner string, why Reason) {
	a.mu.Lock()
	a.plan.again(time.Now(), owner, why)
	a.mu.Unlock()
	a.poke()
}

// Move says where an owner's addresses are now, after their interface got
// another index or hardware address or carries frames again, and announces
// them there. Of an owner that has not announced, or has stopped, nothing leaves.
func (a *Announcer) Move(owner string, targets []Target) error {
	a.mu.Lock()
	err := a.plan.move(time.Now(), owner, targets)
	a.mu.Unlock()
	a.poke()
	return err
}

// Forget gives back what was taken for an interface that is gone.
func (a *Announcer) Forget(ifindex int) {
	a.mu.Lock()
	a.forget(ifindex)
	a.mu.Unlock()
}

// Stop ends an owner's schedule. When it returns nothing more leaves.
func (a *Announcer) Stop(owner string) {
	a.mu.Lock()
	a.disregard(owner)
	delete(a.plan.loaded, owner)
	a.plan.remove(owner)
	a.mu.Unlock()
}

// SetPacing changes the pace for all that is announced from now on.
func (a *Announcer) SetPacing(p Pacing) {
	a.mu.Lock()
	a.plan.repace(p)
	a.mu.Unlock()
	a.poke()
}

func (a *Announcer) poke() {
	select {
	case a.wake <- struct{}{}:
	default: // it is awake already
	}
}
