package engine

import (
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// slowOut is an Out whose first advert takes until the claim has begun.
type slowOut struct {
	*bench
	sending atomic.Bool
	begun   chan struct{}
	missed  bool
}

func (o *slowOut) Multicast(ip []byte) error {
	if !o.sending.Swap(true) {
		select {
		case <-o.begun:
		case <-time.After(10 * time.Second):
			o.missed = true
		}
	}
	return o.bench.Multicast(ip)
}

// A goroutine that is awake for a takeover claims while the kernel sends the
// first advert.
func TestClaimBeginsWithTheAdvert(t *testing.T) {
	b := newBench(t)
	out := &slowOut{bench: b, begun: make(chan struct{})}
	s := b.spec("VI_1", 51, 100)
	s.Election.Interval, s.Receive.Interval, s.Advert.Interval = leastInterval, leastInterval, leastInterval
	announced := make(chan struct{})
	s.Effect = func(_ time.Time, a vrrp.Action) {
		switch a.(type) {
		case vrrp.Claim:
			for !out.sending.Load() { // it is about to
				runtime.Gosched()
			}
			close(out.begun)
		case vrrp.Announce:
			close(announced)
		}
	}
	for _, f := range []Fact{
		Add{Group: s.Name, Members: []Spec{s}},
		Bind{Router: s.Name, IfIndex: ifindex, Out: out, Source: ours, Local: []netip.Addr{ours}},
		Ask{Do: func(View) { // it is awake for long enough, however busy the machine
			claimer := b.e.members["VI_1"].effects
			claimer.expect(time.Now().Add(20 * time.Second))
			for !claimer.awake.Load() {
				runtime.Gosched()
			}
		}},
		Tell{Router: s.Name, Event: vrrp.Startup{}},
	} {
		if err := b.e.Settle(f); err != nil {
			t.Fatal(err)
		}
	}
	<-announced
	b.on(func() {
		if out.missed {
			t.Error("the claim waited until the advert had been sent")
		}
	})
	b.close()
}

// A takeover for which nobody is awake, such as the start as an owner, is done all
// the same, in the order of the core's list.
func TestClaimOfTheSleeping(t *testing.T) {
	watching.Store(true)
	defer watching.Store(false)
	b := newBench(t)
	s := b.spec("VI_1", 51, 255)
	var order []string
	announced := make(chan struct{})
	s.Effect = func(_ time.Time, a vrrp.Action) {
		switch a.(type) {
		case vrrp.Transition:
			order = append(order, "transition")
		case vrrp.Claim:
			order = append(order, "claim")
		case vrrp.Announce:
			close(announced)
		}
	}
	b.run(s)
	<-announced
	if len(order) != 2 || order[0] != "transition" || order[1] != "claim" {
		t.Errorf("done in the order %v", order)
	}
	b.close()
}

// The loop's thread stays awake until all is announced, but not where another
// goroutine helps with that, nor on the only processor.
func TestStay(t *testing.T) {
	for _, c := range []struct{ aided, alone, stays bool }{{stays: true}, {aided: true}, {alone: true}} {
		b := newBench(t)
		b.on(func() { b.e.alone = c.alone })
		stayed := make(chan bool, 100)
		b.e.ports.Approach = func(at time.Time, still func() bool) { stayed <- still() }
		s := b.spec("VI_1", 51, 255) // an owner, which takes over at once
		s.Aided = c.aided
		announce, announced := make(chan struct{}), make(chan struct{})
		s.Effect = func(_ time.Time, a vrrp.Action) {
			if _, last := a.(vrrp.Announce); last {
				<-announce
				close(announced)
			}
		}
		b.run(s)
		b.on(func() { b.e.stay() }) // as at the end of a Wakeup
		switch n := len(stayed); {
		case c.stays && n == 1:
			if !<-stayed {
				t.Error("nothing to stay for")
			}
		case c.stays || n > 0:
			t.Errorf("%+v: stayed %d times", c, n)
		}
		close(announce)
		<-announced
		b.close()
	}
}

// A claim waits until its advert is about to leave; what comes before it does not.
func TestClaimIsHeld(t *testing.T) {
	var let atomic.Bool
	done := make(chan bool, 2)
	e := startEffects(&Spec{Effect: func(_ time.Time, a vrrp.Action) { done <- let.Load() }}, nil)
	e.held.Store(true)
	e.put(time.Now(), vrrp.Transition{To: vrrp.Active})
	e.put(time.Now(), vrrp.Claim{})
	<-done
	runtime.Gosched()
	let.Store(true)
	e.held.Store(false)
	if !<-done {
		t.Error("the claim began too early")
	}
	e.close()
	<-e.done
}
