package engine

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Who needs long to get ready is called so much earlier, and an advert in between
// has it begin anew.
func TestWarning(t *testing.T) {
	watching.Store(true) // nobody waits awake: virtual time would stand still
	defer watching.Store(false)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.e.ports.Approach = func(at time.Time, _ func() bool) { time.Sleep(time.Until(at)) }
		s := b.spec("VI_1", 51, 100)
		s.Warning = 5 * time.Millisecond
		begun := time.Now()
		var called []time.Duration
		s.Ready = func(coming bool) {
			if coming {
				called = append(called, time.Since(begun))
			}
		}
		b.run(s)
		down := 3609375 * time.Microsecond
		heard := down - 2*time.Millisecond
		time.Sleep(heard)
		b.on(func() {
			b.e.Datagram(wire.Datagram{At: time.Now(), IfIndex: ifindex, IP: advert(51, 200, time.Second)})
			b.e.setAlarm()
		})
		time.Sleep(down + time.Millisecond)
		if got := b.state(); got != vrrp.Active {
			t.Errorf("state %v", got)
		}
		b.close()
		early := lead + s.Warning
		want := []time.Duration{down - early, heard + down - early}
		if len(called) != len(want) || called[0] != want[0] || called[1] != want[1] {
			t.Errorf("called at %v, want %v", called, want)
		}
	})
}

// An advert after a pause is waited for awake, at a fortieth of the pause at most;
// one that comes soon, or with a crowd, is not.
func TestActiveIsAwake(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		routers  byte
		early    time.Duration
	}{
		{time.Second, 1, poise},
		{10 * time.Millisecond, 1, poise},
		{6 * time.Millisecond, 1, 150 * time.Microsecond},
		{2 * time.Millisecond, 1, 0},
		{10 * time.Millisecond, 5, 0},
		{10 * time.Millisecond, 100, 0},
	} {
		t.Run(fmt.Sprintf("%d at %v", c.routers, c.interval), func(t *testing.T) {
			watching.Store(true) // nobody waits awake: virtual time would stand still
			defer watching.Store(false)
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				var waited []time.Duration
				b.e.ports.Approach = func(at time.Time, _ func() bool) {
					waited = append(waited, time.Until(at))
					time.Sleep(time.Until(at))
				}
				for i := range c.routers {
					s := b.spec(fmt.Sprintf("VI_%d", i), 51+i, 100)
					s.Election.Interval = c.interval
					b.run(s)
					time.Sleep(c.interval / time.Duration(c.routers)) // their phases
				}
				time.Sleep(10 * c.interval)
				b.on(func() { waited = nil })
				b.mu.Lock()
				b.sent = nil
				b.mu.Unlock()
				time.Sleep(10 * c.interval)
				b.on(func() {
					if c.early == 0 && len(waited) > 0 || c.early > 0 && len(waited) < 9 {
						t.Errorf("waited awake %d times", len(waited))
					}
					for _, early := range waited {
						if early != c.early {
							t.Errorf("awake %v before the deadline, want %v", early, c.early)
						}
					}
					if n := len(b.sent); n < 10*int(c.routers)-1 {
						t.Errorf("%d adverts", n)
					}
				})
				b.close()
			})
		})
	}
}

// To wait awake, adverts after adverts, is no garbage.
func TestAwakeAllocatesNothing(t *testing.T) {
	waited := 0
	e := New(Ports{
		Wake: func(time.Time) {}, Interrupt: func() {}, Stray: func(int, wire.Reject) {},
		Approach: func(_ time.Time, still func() bool) {
			if still() {
				waited++
			}
		},
	})
	s := (&bench{}).spec("VI_1", 51, vrrp.PriorityOwner)
	e.startQuiet(t, s)
	g := e.order[0]
	if g.machine.State() != vrrp.Active {
		t.Fatalf("state %v", g.machine.State())
	}
	e.setAlarm()
	if n := testing.AllocsPerRun(100, func() {
		e.alarm = time.Time{}
		e.Wakeup(g.deadline.Add(-poise / 2))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if waited < 100 {
		t.Errorf("waited awake %d times", waited)
	}
}
