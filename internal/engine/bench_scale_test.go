package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

const crowdInterval = 100 * time.Millisecond

// crowd is an engine with 1000 routers on four interfaces, in Backup, with no
// loop around it. alarm is what it asked to be woken at last.
type crowd struct {
	*Engine
	alarm   time.Time
	alarms  int
	adverts [][]byte // of every VRID
}

func newCrowd(t testing.TB) *crowd {
	c := &crowd{}
	c.Engine = New(Ports{
		Wake:      func(at time.Time) { c.alarm = at; c.alarms++ },
		Interrupt: func() {}, Stray: func(int, wire.Reject) {},
	})
	take := func(f Fact) {
		t.Helper()
		if err := c.take(f); err != nil {
			t.Fatal(err)
		}
	}
	for v := byte(1); v <= 250; v++ {
		c.adverts = append(c.adverts, advert(v, 200, crowdInterval))
		for i := range 4 {
			name := fmt.Sprintf("V%d_%d", i, v)
			s := (&bench{}).spec(name, v, 100)
			s.Election.Interval, s.Receive.Interval, s.Advert.Interval = crowdInterval, crowdInterval, crowdInterval
			s.Probe, s.Effect = quiet{}, func(time.Time, vrrp.Action) {}
			take(Add{Group: name, Members: []Spec{s}})
			take(Bind{Router: name, IfIndex: 1 + i, Out: quiet{}, Source: ours})
			take(Tell{Router: name, Event: vrrp.Startup{}})
		}
	}
	c.setAlarm()
	c.rest()
	return c
}

// rest waits for the effects so far: their goroutines allocate, too.
func (c *crowd) rest() {
	for _, m := range c.members {
		m.effects.rest()
	}
}

// hear feeds one advert for every router, one after the other within an interval.
func (c *crowd) hear(begin time.Time) {
	at := begin
	for _, ip := range c.adverts {
		for i := range 4 {
			at = at.Add(crowdInterval / 1000)
			c.Datagram(wire.Datagram{At: at, IfIndex: 1 + i, IP: ip})
		}
	}
}

// takeOver makes every router Active, each at its own deadline.
func (c *crowd) takeOver() {
	for backup := len(c.order); backup > 0; {
		c.Wakeup(c.schedule.next())
		backup = 0
		for _, g := range c.order {
			if g.machine.State() != vrrp.Active {
				backup++
			}
		}
	}
}

func TestCrowdAllocatesNothing(t *testing.T) {
	c := newCrowd(t)
	at := time.Now()
	if n := testing.AllocsPerRun(20, func() { at = at.Add(crowdInterval); c.hear(at) }); n != 0 {
		t.Errorf("1000 adverts in Backup allocate %v times", n)
	}
	c.takeOver()
	c.rest()
	if n := testing.AllocsPerRun(20, func() {
		for end := c.schedule.next().Add(crowdInterval); c.schedule.next().Before(end); {
			c.Wakeup(c.schedule.next())
		}
	}); n != 0 {
		t.Errorf("1000 adverts in Active allocate %v times", n)
	}
}

// A Backup hears a thousand adverts with a handful of alarms, and the alarm
// never comes after the earliest deadline.
func TestAlarmIsLazyAndNeverLate(t *testing.T) {
	c := newCrowd(t)
	at := time.Now()
	c.hear(at)
	c.alarms = 0
	for range 20 {
		at = at.Add(crowdInterval)
		c.hear(at)
		if next := c.schedule.next(); c.alarm.After(next) {
			t.Fatalf("the alarm is %v after the earliest deadline", c.alarm.Sub(next))
		}
		if !at.Add(crowdInterval).Before(c.alarm) { // the loop rings it then
			c.Wakeup(c.alarm)
		}
	}
	if c.alarms > 20 {
		t.Errorf("20,000 adverts set the alarm %d times", c.alarms)
	}
	for _, g := range c.order {
		if g.machine.State() != vrrp.Backup {
			t.Fatal("an early alarm made a Backup Active")
		}
	}
}

// Adverts that fall due within the slack of each other leave together, the same
// ones every time, and the schedule does not move.
func TestSlackKeepsTheSchedule(t *testing.T) {
	c := newCrowd(t)
	c.hear(time.Now())
	c.takeOver()
	deadlines := func() (all []time.Time) {
		for _, g := range c.order {
			all = append(all, g.deadline)
		}
		return all
	}
	rounds := func() (n int) {
		for end := c.schedule.next().Add(crowdInterval - 2*mostSlack); c.schedule.next().Before(end); n++ {
			c.Wakeup(c.schedule.next())
		}
		return n
	}
	rounds()
	before := deadlines()
	const periods = 10
	woken := 0
	for range periods {
		woken += rounds()
	}
	if woken > periods*200 {
		t.Errorf("%d adverts in %d wake-ups", periods*1000, woken)
	}
	for i, d := range deadlines() {
		// Each moved on by whole intervals.
		if off := d.Sub(before[i]) % crowdInterval; off != 0 {
			t.Fatalf("router %d is off its schedule by %v", i, off)
		}
	}
}

// A Backup with a deadline close to an Active router's is not woken early.
func TestSlackIsForActiveRouters(t *testing.T) {
	c := newCrowd(t)
	for _, g := range c.order {
		if s := g.slack(); s != 0 {
			t.Fatalf("a Backup has a slack of %v", s)
		}
	}
	c.hear(time.Now())
	c.takeOver()
	if s := c.order[0].slack(); s != mostSlack {
		t.Errorf("an Active router's slack at %v is %v", crowdInterval, s)
	}
}

func BenchmarkBackupHears(b *testing.B) {
	c := newCrowd(b)
	at := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(crowdInterval)
		c.hear(at)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/advert")
}

func BenchmarkActiveSends(b *testing.B) {
	c := newCrowd(b)
	c.hear(time.Now())
	c.takeOver()
	b.ReportAllocs()
	for b.Loop() {
		for end := c.schedule.next().Add(crowdInterval); c.schedule.next().Before(end); {
			c.Wakeup(c.schedule.next())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/advert")
}
