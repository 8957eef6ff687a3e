package engine

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Adverts that are due together leave together, and what becomes of one is told
// to its own router.
func TestAdvertsOfOneMomentLeaveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const routers = 5
		b := newBench(t)
		for i := range routers {
			b.run(b.spec(fmt.Sprintf("VI_%d", i), uint8(51+i), 100))
		}
		time.Sleep(4 * time.Second) // all Active since 3.6 s; what they sent then left at once
		lost := errors.New("no buffer")
		var before, flushes, told int
		b.on(func() {
			b.refuse = []error{nil, nil, lost}
			b.failed, before, flushes, told = nil, len(b.sent), b.flushes, b.told
		})
		time.Sleep(time.Second)
		b.on(func() {
			if n := b.flushes - flushes; n != 1 {
				t.Errorf("%d adverts left in %d batches, want one", routers, n)
			}
			if n := len(b.sent) - before; n != routers-1 {
				t.Errorf("%d adverts left, one of %d should have failed", n, routers)
			}
			if len(b.failed) != 1 || !errors.Is(b.failed[0], lost) {
				t.Errorf("told as failed: %v", b.failed)
			}
			if n := b.told - told; n != routers {
				t.Errorf("%d adverts counted, want %d", n, routers)
			}
			b.refuse = nil
		})
		b.close()
	})
}

// The advert of a takeover leaves before anything else is asked for.
func TestTheFirstAdvertIsNotPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		time.Sleep(3700 * time.Millisecond)
		b.on(func() {
			if len(b.sent) != 1 || b.flushes != 0 {
				t.Errorf("%d adverts, %d batches", len(b.sent), b.flushes)
			}
		})
		b.close()
	})
}

// A Backup is awake before its deadline, and what arrives until then counts.
func TestApproach(t *testing.T) {
	watching.Store(true) // nobody waits awake: virtual time would stand still
	defer watching.Store(false)
	for _, saved := range []bool{false, true} {
		t.Run(fmt.Sprintf("saved %v", saved), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				var left []time.Duration
				b.e.ports.Approach = func(at time.Time, still func() bool) {
					left = append(left, time.Until(at))
					if saved && len(left) == 1 {
						b.e.Datagram(wire.Datagram{At: time.Now(), IfIndex: ifindex, IP: advert(51, 200, time.Second)})
						if still() {
							t.Error("an advert came, and the deadline is still waited for")
						}
						return
					}
					if len(left) == 1 && !still() {
						t.Error("nothing came, and the deadline is not waited for")
					}
					time.Sleep(time.Until(at))
				}
				s := b.spec("VI_1", 51, 100)
				var ready []bool
				s.Ready = func(coming bool) { ready = append(ready, coming) }
				b.run(s)
				time.Sleep(3609375*time.Microsecond + time.Millisecond)
				want := vrrp.Active
				if saved {
					want = vrrp.Backup
				}
				if got := b.state(); got != want {
					t.Errorf("state %v, want %v", got, want)
				}
				waits := 2 // for the deadline, and for the addresses
				if saved {
					waits = 1
				}
				if len(left) != waits || left[0] <= 0 || left[0] > lead || left[waits-1] > lead {
					t.Errorf("awake %v before the deadline and after it", left)
				}
				b.close()
				if len(ready) == 0 || !ready[0] || saved != (len(ready) == 2 && !ready[1]) {
					t.Errorf("made ready: %v", ready)
				}
			})
		})
	}
}

// A wake-up that is read too late to wait for the deadline awake still ends in a
// takeover, after one more trip through the ring.
func TestLateForTheApproach(t *testing.T) {
	watching.Store(true) // as above
	defer watching.Store(false)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.e.ports.Approach = func(at time.Time, _ func() bool) { time.Sleep(time.Until(at)) }
		s := b.spec("VI_1", 51, 100)
		s.Ready = func(bool) {}
		b.run(s)
		deadline := 3609375 * time.Microsecond
		time.Sleep(deadline - 100*time.Millisecond)
		rounds := uint64(0)
		b.on(func() { // the loop starves over the alarm and the deadline
			time.Sleep(200 * time.Millisecond)
			rounds = b.e.round
		})
		time.Sleep(50 * time.Millisecond)
		if got := b.state(); got != vrrp.Active {
			t.Errorf("state %v a while after the deadline", got)
		}
		b.on(func() {
			if n := b.e.round - rounds; n > 3 {
				t.Errorf("woken %d times for one takeover", n)
			}
		})
		b.close()
	})
}
