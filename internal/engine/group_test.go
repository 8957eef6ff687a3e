package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// The deadlines of a group's members are a little apart, as its members were
// started and heard apart. The group becomes Active at the last of them.
func TestGroupTakesOverWithDeadlinesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		one, two := b.spec("VI_1", 51, 100), b.spec("VI_2", 52, 100)
		for _, f := range []Fact{
			Add{Group: "G", Members: []Spec{one, two}},
			Bind{Router: "VI_1", IfIndex: ifindex, Out: b, Source: ours},
			Bind{Router: "VI_2", IfIndex: ifindex, Out: b, Source: ours},
			Tell{Router: "VI_1", Event: vrrp.Startup{}},
		} {
			if err := b.e.Settle(f); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		b.hear(time.Now(), advert(51, 200, time.Second))
		time.Sleep(time.Millisecond)
		b.hear(time.Now(), advert(52, 200, time.Second))
		time.Sleep(3700 * time.Millisecond)
		if s := b.state(); s != vrrp.Active {
			t.Errorf("%v after the down interval of both", s)
		}
		b.close()
	})
}

// With the port that waits awake the alarm is before the deadline, and a wake-up
// that comes too late for that is followed by one that knows enough. In real
// time, as what waits awake sees no other.
func TestApproachedDeadlineIsKnown(t *testing.T) {
	for _, late := range []time.Duration{0, 20 * time.Millisecond} {
		var alarm time.Time
		e := New(Ports{
			Wake: func(at time.Time) { alarm = at }, Interrupt: func() {}, Stray: func(int, wire.Reject) {},
			Approach: func(at time.Time, still func() bool) {
				for still() && time.Until(at) > 0 {
				}
			},
		})
		s := (&bench{}).spec("VI_1", 51, 100)
		s.Election.Interval = time.Millisecond
		e.startQuiet(t, s)
		e.setAlarm()
		wakeups := 0
		for ; !e.Active("VI_1") && wakeups < 20; wakeups++ {
			time.Sleep(time.Until(alarm) + late)
			e.Wakeup(time.Now())
		}
		if !e.Active("VI_1") || wakeups > 4 {
			t.Errorf("Active: %v after %d wake-ups, each %v late", e.Active("VI_1"), wakeups, late)
		}
		if err := e.remove(time.Now(), "VI_1"); err != nil {
			t.Fatal(err)
		}
	}
}
