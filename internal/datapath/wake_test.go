package datapath

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// inBothTimers runs a test with the BPF timer and with the timerfd.
func inBothTimers(t *testing.T, f func(t *testing.T, d *Datapath)) {
	t.Run("bpf_timer", func(t *testing.T) {
		d := load(t, Config{})
		if d.waker == nil {
			t.Fatal("no BPF timer on this kernel")
		}
		f(t, d)
	})
	t.Run("timerfd", func(t *testing.T) {
		d, err := LoadSocketOnly(Config{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
		f(t, d)
	})
}

func TestWakeComesOnTime(t *testing.T) {
	inBothTimers(t, func(t *testing.T, d *Datapath) {
		var late []time.Duration
		deadline := time.Now().Add(20 * time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		sink := &recorder{onWakeup: func(now time.Time) {
			late = append(late, now.Sub(deadline))
			if len(late) == 50 {
				cancel()
				return
			}
			deadline = now.Add(2 * time.Millisecond)
			d.Wake(deadline)
		}}
		d.Wake(deadline)
		if err := d.Run(ctx, sink); err != nil {
			t.Fatal(err)
		}
		slices.Sort(late)
		t.Logf("late by %v at the median, %v at most", late[25], late[49])
		if late[0] < 0 {
			t.Errorf("%v early", -late[0])
		}
		if late[25] > 20*time.Millisecond {
			t.Errorf("%v late at the median", late[25])
		}
	})
}

func TestWakeTakenBackOrMoved(t *testing.T) {
	inBothTimers(t, func(t *testing.T, d *Datapath) {
		begin := time.Now()
		d.Wake(begin.Add(5 * time.Millisecond))
		d.Wake(time.Time{})
		d.Wake(begin.Add(10 * time.Millisecond))
		d.Wake(begin.Add(80 * time.Millisecond))
		woken := make(chan time.Time, 10)
		sink := &recorder{onWakeup: func(now time.Time) { woken <- now }}
		start(t, d, sink)
		if at := <-woken; at.Before(begin.Add(80 * time.Millisecond)) {
			t.Errorf("woken after %v", at.Sub(begin))
		}
		if len(woken) > 0 {
			t.Errorf("woken more than once")
		}
	})
}

func TestWakeInThePast(t *testing.T) {
	inBothTimers(t, func(t *testing.T, d *Datapath) {
		d.Wake(time.Now().Add(-time.Hour))
		sink := &recorder{}
		start(t, d, sink)
		testnet.Eventually(t, patience, func() error {
			sink.mu.Lock()
			defer sink.mu.Unlock()
			if len(sink.wakeups) != 1 {
				return fmt.Errorf("%d wake-ups", len(sink.wakeups))
			}
			return nil
		})
	})
}

// TestStarvedLoopHearsAdvertsFirst lets the deadline pass while nobody reads:
// the adverts that came in before it are told before the wake-up.
func TestStarvedLoopHearsAdvertsFirst(t *testing.T) {
	for _, m := range []Mode{XDP, TC, Socket} {
		t.Run(string(m), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			l.attach(t, d, m, m)
			l.awaitStamps(t, d)
			deadline := time.Now().Add(250 * time.Millisecond)
			d.Wake(deadline)
			for range 3 {
				l.send(t, frame(advert(7, "192.0.2.9", nil)))
			}
			if time.Now().After(deadline) {
				t.Fatal("the machine is too slow for this test")
			}
			time.Sleep(time.Until(deadline) + 20*time.Millisecond) // the starvation itself
			l.send(t, frame(advert(7, "192.0.2.10", nil)))

			sink := &recorder{}
			start(t, d, sink)
			testnet.Eventually(t, patience, func() error {
				sink.mu.Lock()
				defer sink.mu.Unlock()
				if len(sink.order) != 5 {
					return fmt.Errorf("told %v", sink.order)
				}
				return nil
			})
			if at := slices.Index(sink.order, "wakeup"); at < 3 {
				t.Errorf("told %v", sink.order)
			}
			for _, h := range sink.heard()[:3] {
				if h.At.After(deadline) {
					t.Errorf("stamped %v after the deadline", h.At.Sub(deadline))
				}
			}
		})
	}
}

// awaitStamps waits until the kernel stamps what arrives: it begins a moment
// after the first socket asks for it.
func (l *lan) awaitStamps(t testing.TB, d *Datapath) {
	testnet.Eventually(t, patience, func() error {
		l.send(t, frame(advert(7, "192.0.2.9", nil)))
		sent := time.Now()
		time.Sleep(3 * time.Millisecond) // it lies unread so long: who stamps it when it is read is late
		sink := &recorder{}
		d.drain(sink)
		if len(sink.heard()) == 0 {
			return errors.New("nothing came")
		}
		for _, h := range sink.heard() {
			if late := h.At.Sub(sent); late > time.Millisecond {
				return fmt.Errorf("stamped %v late", late)
			}
		}
		return nil
	})
}

// TestWakeSurvivesFullRing: a wake-up that finds the ring full comes later.
func TestWakeSurvivesFullRing(t *testing.T) {
	c := newCourt(t, Config{FloodLimit: 1_000_000_000}, "xdp")
	if err := c.SetRouters(tableRouters()); err != nil {
		t.Fatal(err)
	}
	long := frame(advert(7, "192.0.2.9", addresses(255)))
	if c.repeat(t, long, 10_000)[RingFull] == 0 {
		t.Fatal("the ring is not full")
	}
	c.Wake(time.Now())
	time.Sleep(10 * time.Millisecond) // several retries against the full ring
	sink := &recorder{}
	start(t, c.Datapath, sink)
	testnet.Eventually(t, patience, func() error {
		sink.mu.Lock()
		defer sink.mu.Unlock()
		if len(sink.wakeups) != 1 {
			return fmt.Errorf("%d wake-ups", len(sink.wakeups))
		}
		return nil
	})
}

func TestInterrupt(t *testing.T) {
	inBothTimers(t, func(t *testing.T, d *Datapath) {
		sink := &recorder{}
		d.Interrupt() // before Run: answered by it
		start(t, d, sink)
		for want := 1; want <= 3; want++ {
			testnet.Eventually(t, patience, func() error {
				sink.mu.Lock()
				defer sink.mu.Unlock()
				if sink.interrupts < want {
					return fmt.Errorf("%d interruptions of %d", sink.interrupts, want)
				}
				return nil
			})
			d.Interrupt()
		}
	})
}

// TestAfterClose: a daemon that is being torn down may still call these.
func TestAfterClose(t *testing.T) {
	for _, open := range []func(Config) (*Datapath, error){Load, LoadSocketOnly} {
		d, err := open(Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d.Interrupt()
		d.Wake(time.Now())
		d.Heartbeat()
		if d.FenceActive() {
			t.Error("a fence of a closed datapath")
		}
		if err := d.Lift(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
	}
}

// TestSteadyStateAllocatesNothing counts what the loop's turn allocates.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, m := range []Mode{XDP, Socket} {
		l, d := newLAN(t), load(t, Config{FloodLimit: 1_000_000_000})
		l.attach(t, d, m, m)
		f := frame(advert(7, "192.0.2.9", nil))
		index := l.Index("wire0")
		sink := &counting{}
		sending := testing.AllocsPerRun(200, func() { l.sendTo(t, index, f) })
		d.turn(sink)
		sendingAndTurning := testing.AllocsPerRun(200, func() {
			l.sendTo(t, index, f)
			d.Wake(time.Now().Add(time.Hour))
			if err := d.poller.wait(); err != nil {
				t.Fatal(err)
			}
			d.turn(sink)
			d.Wake(time.Time{})
		})
		if sendingAndTurning > sending+raceAllocations {
			t.Errorf("%s: %v allocations a turn", m, sendingAndTurning-sending)
		}
		if sink.datagrams == 0 {
			t.Errorf("%s: nothing was heard", m)
		}
	}
}
