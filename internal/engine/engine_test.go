package engine

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

func TestSilenceMakesActiveAndStopReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		time.Sleep(3600 * time.Millisecond)
		if s := b.state(); s != vrrp.Backup {
			t.Fatalf("state before the down interval: %v", s)
		}
		time.Sleep(100 * time.Millisecond)
		if s := b.state(); s != vrrp.Active {
			t.Fatalf("state after the down interval: %v", s)
		}
		time.Sleep(2 * time.Second)
		if got := b.priorities(); !slices.Equal(got, []uint8{100, 100, 100}) {
			t.Errorf("adverts sent: %v", got)
		}
		b.close()
		if got := b.priorities(); got[len(got)-1] != 0 {
			t.Errorf("the last advert has priority %d", got[len(got)-1])
		}
		want := []string{"Backup", "Active", "claim", "announce", "Initialize", "release"}
		if got := b.effects(); !slices.Equal(got, want) {
			t.Errorf("effects %v, want %v", got, want)
		}
		for _, late := range b.late {
			if late != 0 {
				t.Errorf("a wake-up was %v late in virtual time", late)
			}
		}
	})
}

// A process that slept reads the adverts that came in time before the wake-up
// that they disprove: no failover.
func TestLateProcessDoesNotFailOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		begin, ip := time.Now(), advert(51, 200, time.Second)
		b.hear(begin, ip)
		b.on(func() { // the loop thread starves, then finds the ring full
			time.Sleep(10 * time.Second)
			for s := range 10 {
				b.e.Datagram(wire.Datagram{At: begin.Add(time.Duration(s) * time.Second), IfIndex: ifindex, IP: ip})
			}
			b.e.Wakeup(time.Now())
		})
		if s := b.state(); s != vrrp.Backup {
			t.Errorf("a starved process failed over: %v", s)
		}
		if b.absorbed != 1 { // the first advert re-arms the timer; the others come in time again, or count for nothing
			t.Errorf("%d false failovers counted as avoided", b.absorbed)
		}
		b.close()
	})
}

// A wake-up for a deadline that has moved on stands between the adverts in the
// ring. Read late, it does not know of those behind it.
func TestLateWakeupIsJudgedByItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		begin, ip := time.Now(), advert(51, 200, time.Second)
		b.on(func() { // the alarm is for 3.6 s after the start
			time.Sleep(6 * time.Second)
			b.e.Datagram(wire.Datagram{At: begin.Add(2 * time.Second), IfIndex: ifindex, IP: ip})
			b.e.Wakeup(time.Now())
			b.e.Datagram(wire.Datagram{At: begin.Add(5 * time.Second), IfIndex: ifindex, IP: ip})
		})
		if n := len(b.priorities()); n != 0 {
			t.Errorf("%d adverts left: a false failover", n)
		}
		time.Sleep(3 * time.Second)
		if s := b.state(); s != vrrp.Active {
			t.Errorf("%v when all is known to be silent", s)
		}
		b.close()
	})
}

// A slow effect of one router delays neither its own adverts nor another's.
func TestSlowEffectsDelayNoAdvert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.hold = make(chan struct{})
		b.run(b.spec("VI_1", 51, 100))
		b.run(b.spec("VI_2", 52, 100))
		time.Sleep(10 * time.Second)
		if n := len(b.priorities()); n != 14 { // from 3.6 s on, seven of each
			t.Errorf("%d adverts left while every effect hung", n)
		}
		close(b.hold)
		b.close()
	})
}

func TestRejectedAndStrayAreCountedAndMoveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		time.Sleep(3 * time.Second)
		bad := advert(51, 200, time.Second)
		bad[len(bad)-1] ^= 1
		b.hear(time.Now(), bad)
		b.hear(time.Now(), advert(99, 200, time.Second))
		time.Sleep(time.Second)
		if !slices.Equal(b.reject, []wire.Reject{wire.Checksum}) {
			t.Errorf("rejected: %v", b.reject)
		}
		if !slices.Equal(b.stray, []wire.Reject{wire.VRIDUnknown}) {
			t.Errorf("stray: %v", b.stray)
		}
		if s := b.state(); s != vrrp.Active {
			t.Errorf("a rejected advert moved the down timer: %v", s)
		}
		b.close()
	})
}

func TestFineIntervalIsNotMisread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		s := b.spec("VI_1", 51, 100)
		s.Election.Interval, s.Fine = time.Millisecond, time.Millisecond
		s.Receive.Interval, s.Advert.Interval = leastInterval, leastInterval
		b.run(s)
		b.hear(time.Now(), advert(51, 200, leastInterval))
		time.Sleep(3 * time.Millisecond)
		if s := b.state(); s != vrrp.Backup {
			t.Fatalf("%v within three intervals", s)
		}
		time.Sleep(time.Millisecond)
		if s := b.state(); s != vrrp.Active {
			t.Errorf("%v: the least interval was taken for 10 ms", s)
		}
		b.close()
	})
}

func TestUnboundRouterIsDeafAndMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		if err := b.e.Settle(Unbind{Router: "VI_1"}); err != nil {
			t.Fatal(err)
		}
		b.hear(time.Now(), advert(51, 200, time.Second))
		time.Sleep(10 * time.Second)
		if n := len(b.priorities()); n != 0 {
			t.Errorf("%d adverts left through an interface that is gone", n)
		}
		if b.accepted != 0 {
			t.Error("an advert was taken in from it")
		}
		b.close()
	})
}

// New settings reach the election and the wire without a change of state.
func TestChangeKeepsTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.run(b.spec("VI_1", 51, 100))
		time.Sleep(4 * time.Second)
		if err := b.e.Settle(Change{Spec: b.spec("VI_1", 51, 150)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if got := b.priorities(); got[len(got)-1] != 150 {
			t.Errorf("adverts sent: %v", got)
		}
		bad := b.spec("VI_1", 51, 150)
		bad.Election.Interval = 0
		if err := b.e.Settle(Change{Spec: bad}); err == nil {
			t.Error("an interval of zero was taken")
		}
		if s := b.state(); s != vrrp.Active {
			t.Errorf("state after two changes: %v", s)
		}
		b.close()
	})
}

func TestFactsThatNameNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for _, f := range []Fact{
			Tell{Router: "nobody", Event: vrrp.Startup{}}, Bind{Router: "nobody"}, Unbind{Router: "nobody"},
			Remove{Group: "nobody"}, Change{Spec: b.spec("nobody", 1, 1)},
		} {
			if err := b.e.Settle(f); !errors.Is(err, ErrNoRouter) {
				t.Errorf("%T: %v", f, err)
			}
		}
		b.run(b.spec("VI_1", 51, 100))
		if err := b.e.Settle(Add{Group: "VI_1", Members: []Spec{b.spec("VI_9", 9, 100)}}); err == nil {
			t.Error("a second group of one name was added")
		}
		if err := b.e.Settle(Add{Group: "G", Members: []Spec{b.spec("VI_1", 9, 100)}}); err == nil {
			t.Error("a second router of one name was added")
		}
		b.close()
	})
}

// The steady state of a Backup and of an Active router allocates nothing on
// the loop thread.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	e := New(Ports{Wake: func(time.Time) {}, Interrupt: func() {}, Stray: func(int, wire.Reject) {}})
	s := (&bench{}).spec("VI_1", 51, 100)
	e.startQuiet(t, s)
	at, ip := time.Now(), advert(51, 200, time.Second)
	backup := testing.AllocsPerRun(1000, func() {
		at = at.Add(time.Second)
		e.Datagram(wire.Datagram{At: at, IfIndex: ifindex, IP: ip})
	})
	if backup != 0 {
		t.Errorf("an advert in Backup allocates %v times", backup)
	}
	at = at.Add(time.Minute)
	e.Wakeup(at)
	active := testing.AllocsPerRun(1000, func() {
		at = at.Add(time.Second)
		e.Wakeup(at)
	})
	if active != 0 {
		t.Errorf("an advert of ours allocates %v times", active)
	}
	if err := e.remove(at, "VI_1"); err != nil {
		t.Fatal(err)
	}
}

// startQuiet starts a lone router of which nobody hears, without a loop.
func (e *Engine) startQuiet(t *testing.T, s Spec) {
	t.Helper()
	s.Probe, s.Effect = quiet{}, func(time.Time, vrrp.Action) {}
	for _, f := range []Fact{
		Add{Group: "VI_1", Members: []Spec{s}},
		Bind{Router: "VI_1", IfIndex: ifindex, Out: quiet{}, Source: ours},
		Tell{Router: "VI_1", Event: vrrp.Startup{}},
	} {
		if err := e.take(f); err != nil {
			t.Fatal(err)
		}
	}
}

// quiet is an Out and a Probe that do nothing.
type quiet struct{}

func (quiet) Multicast([]byte) error                                                      { return nil }
func (quiet) Batch(netip.Addr) (Batch, [6]byte, error)                                    { return quiet{}, [6]byte{}, nil }
func (quiet) Put([6]byte, []byte)                                                         {}
func (quiet) Flush(func(int, error))                                                      {}
func (quiet) Unicast(netip.Addr, []byte) error                                            { return nil }
func (quiet) Accepted([6]byte, *wire.Packet, wire.Warnings, time.Duration, time.Duration) {}
func (quiet) Rejected([6]byte, *wire.Packet, wire.Reject)                                 {}
func (quiet) Sent(uint8)                                                                  {}
func (quiet) SendFailed(netip.Addr, error)                                                {}
func (quiet) Absorbed(time.Duration)                                                      {}
func (quiet) Woken(time.Duration)                                                         {}
