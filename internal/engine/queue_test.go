package engine

import (
	"runtime"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// gone waits until the queue has no goroutine.
func (e *effects) gone() {
	for e.called.Load() != 0 {
		runtime.Gosched()
	}
}

// What is put when the goroutine has found nothing more and is about to end is done
// all the same.
func TestEffectsPutAtTheEnd(t *testing.T) {
	done := make(chan vrrp.Action, 1)
	var e *effects
	e = startEffects(&Spec{Effect: func(_ time.Time, a vrrp.Action) { done <- a }, Ready: func(coming bool) {
		if !coming { // the last that it does
			e.put(time.Time{}, vrrp.Claim{})
		}
	}}, nil)
	e.expect(time.Now())
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("forgotten")
	}
	e.gone()
	e.put(time.Time{}, vrrp.Claim{})
	e.close()
	<-e.done
	if len(done) != 1 {
		t.Error("closed before all was done")
	}
}

// One goroutine at a time does them, in order.
func TestEffectsInOrder(t *testing.T) {
	const rounds = 20000
	var done []uint8
	e := startEffects(&Spec{Effect: func(_ time.Time, a vrrp.Action) { done = append(done, a.(vrrp.SendAdvert).Priority) }}, nil)
	for i := range rounds {
		e.put(time.Time{}, vrrp.SendAdvert{Priority: uint8(i)})
	}
	e.close()
	<-e.done
	if len(done) != rounds {
		t.Fatalf("%d effects of %d", len(done), rounds)
	}
	for i, p := range done {
		if p != uint8(i) {
			t.Fatalf("the effect number %d is that of %d", i, p)
		}
	}
}

// A goroutine that comes and goes is no garbage: a flood of adverts that are worth
// a note each starts one for each.
func TestEffectsAllocateNothing(t *testing.T) {
	e := startEffects(&Spec{Effect: func(time.Time, vrrp.Action) {}}, nil)
	defer func() { e.close(); <-e.done }()
	var claim vrrp.Action = vrrp.Claim{}
	if n := testing.AllocsPerRun(200, func() {
		e.put(time.Time{}, claim)
		e.gone()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
