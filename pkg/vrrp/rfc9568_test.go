package vrrp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// One test for each rule of RFC 9568 that the election can keep or break,
// named by its section. What only the wire or a shell can keep is tested there.

const (
	skew100 = 609375 * time.Microsecond // priority 100, interval 1s
	down100 = 3*time.Second + skew100
)

// §5.2.4: 255 is the owner's; 1 to 254 are for the others, 100 by default; 0 is
// for an Active router that leaves.
func TestRFC9568_5_2_4_Priority(t *testing.T) {
	cfg := v3()
	cfg.Priority = 0
	if _, err := New(cfg); err == nil {
		t.Error("priority 0 can be configured")
	}
	b := started(t, v3())
	for _, c := range []struct{ set, want uint8 }{{0, 1}, {1, 1}, {254, 254}, {255, 254}} {
		b.feed(0, PriorityChanged{c.set})
		if got := b.r.Priority(); got != c.want {
			t.Errorf("priority %d becomes %d, want %d", c.set, got, c.want)
		}
	}
	b = started(t, owner(v3()))
	b.feed(0, PriorityChanged{10})
	if got := b.r.Priority(); got != 255 {
		t.Errorf("an owner's priority became %d", got)
	}
}

// §5.2.7: the interval field holds 1 to 4095 centiseconds (erratum 8301).
func TestRFC9568_5_2_7_Interval(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		ok       bool
	}{
		{0, false}, {-time.Second, false}, {10 * time.Millisecond, true},
		{40950 * time.Millisecond, true}, {40960 * time.Millisecond, false},
	} {
		cfg := v3()
		cfg.Interval = c.interval
		if _, err := New(cfg); (err == nil) != c.ok {
			t.Errorf("interval %v: %v", c.interval, err)
		}
	}
}

// §6.1: Skew_Time and Active_Down_Interval.
func TestRFC9568_6_1_Timers(t *testing.T) {
	for _, c := range []struct {
		priority   uint8
		interval   time.Duration
		skew, down time.Duration
	}{
		{100, time.Second, skew100, down100},
		{100, 500 * time.Millisecond, 304687500, 1804687500},
		{254, 10 * time.Millisecond, 78125, 30078125},
		{1, 40950 * time.Millisecond, 40790039062, 163640039062},
		{200, time.Second, 218750 * time.Microsecond, 3218750 * time.Microsecond},
		{255, time.Second, 3906250, 3003906250},
	} {
		cfg := v3()
		if got := skew(3, c.priority, c.interval); got != c.skew {
			t.Errorf("skew(%d, %v) = %v, want %v", c.priority, c.interval, got, c.skew)
		}
		if got := cfg.downInterval(c.priority, c.interval); got != c.down {
			t.Errorf("down(%d, %v) = %v, want %v", c.priority, c.interval, got, c.down)
		}
	}
}

// §6.4.1: a Startup with priority 255 sends an advert, announces, and is Active.
func TestRFC9568_6_4_1_StartupOwner(t *testing.T) {
	b := started(t, owner(v3()))
	b.wants(moved(Initialize, Active, ReasonOwner), sent(255), Claim{}, Announce{BecameActive})
	b.due(time.Second)
}

// §6.4.1: any other Startup waits in Backup, with its own interval.
func TestRFC9568_6_4_1_StartupBackup(t *testing.T) {
	b := started(t, v3())
	b.wants(moved(Initialize, Backup, ReasonStartup))
	b.due(down100)
}

// §6.4.1: in Initialize nothing but Startup counts.
func TestRFC9568_6_4_1_Initialize(t *testing.T) {
	r, err := New(v3())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, r: r, now: epoch}
	for _, ev := range []Event{Timeout{}, Shutdown{}, HandOver{}, Received{From: high, Priority: 0}, Received{From: high, Priority: 200}} {
		b.feed(time.Hour, ev)
		b.wants()
		b.state(Initialize)
		b.noDeadline()
	}
}

// §6.4.2: Shutdown in Backup is silent.
func TestRFC9568_6_4_2_Shutdown(t *testing.T) {
	b := started(t, v3())
	b.feed(time.Second, Shutdown{})
	b.wants(moved(Backup, Initialize, ReasonShutdown))
	b.noDeadline()
}

// §6.4.2: when Active_Down_Timer fires: advert, announcements, Adver_Timer, Active.
func TestRFC9568_6_4_2_DownTimer(t *testing.T) {
	b := started(t, v3())
	b.timeout()
	b.wants(moved(Backup, Active, ReasonNoAdvert), sent(100), Claim{}, Announce{BecameActive})
	b.due(time.Second)
}

// §6.4.2: priority 0 sets Active_Down_Timer to Skew_Time, and teaches no interval.
func TestRFC9568_6_4_2_PriorityZero(t *testing.T) {
	b := started(t, v3())
	b.feed(time.Second, Received{From: high, Priority: 0, Interval: 20 * time.Second})
	b.wants()
	b.state(Backup)
	b.due(skew100)
	b.timeout()
	b.wants(moved(Backup, Active, ReasonPriorityZero), sent(100), Claim{}, Announce{BecameActive})
}

// §6.4.2: an advert of an equal or higher priority re-arms Active_Down_Timer.
func TestRFC9568_6_4_2_HigherOrEqual(t *testing.T) {
	for _, priority := range []uint8{100, 101, 255} {
		for _, from := range []netip.Addr{low, high} {
			b := started(t, v3())
			b.advert(2*time.Second, priority, from)
			b.wants()
			b.state(Backup)
			b.due(down100)
		}
	}
}

// §6.4.2: the interval in an accepted advert is learned, and both Skew_Time and
// Active_Down_Interval are computed again.
func TestRFC9568_6_4_2_LearnsInterval(t *testing.T) {
	b := started(t, v3())
	b.feed(time.Second, Received{From: high, Priority: 200, Interval: 500 * time.Millisecond})
	b.due(1804687500)
	b.feed(time.Second, Received{From: high, Priority: 0, Interval: time.Second})
	b.due(304687500)
}

// §6.4.2: with Preempt_Mode an advert of a lower priority is discarded: the timer
// keeps running and nothing is learned.
func TestRFC9568_6_4_2_LowerPreempt(t *testing.T) {
	b := started(t, v3())
	b.feed(2*time.Second, Received{From: high, Priority: 99, Interval: 10 * time.Second})
	b.wants()
	b.due(down100 - 2*time.Second)
	b.timeout()
	b.wants(moved(Backup, Active, ReasonPreempt), sent(100), Claim{}, Announce{BecameActive})
}

// §6.4.2: without Preempt_Mode it re-arms the timer like any other.
func TestRFC9568_6_4_2_LowerNoPreempt(t *testing.T) {
	cfg := v3()
	cfg.NoPreempt = true
	b := started(t, cfg)
	b.feed(2*time.Second, Received{From: low, Priority: 1, Interval: 2 * time.Second})
	b.wants()
	b.due(6*time.Second + 2*skew100)
}

// §6.1: the owner preempts, whatever Preempt_Mode says.
func TestRFC9568_6_1_OwnerPreempts(t *testing.T) {
	cfg := owner(v3())
	cfg.NoPreempt, cfg.OwnerWaits = true, true
	b := started(t, cfg)
	b.advert(time.Second, 254, high)
	b.due(3003906250 - time.Second)
}

// §6.4.3: Shutdown in Active sends priority 0.
func TestRFC9568_6_4_3_Shutdown(t *testing.T) {
	b := active(t, v3())
	b.feed(100*time.Millisecond, Shutdown{})
	b.wants(moved(Active, Initialize, ReasonShutdown), sent(0), Release{})
	b.noDeadline()
}

// §6.4.3: when Adver_Timer fires, an advert is sent and the timer runs again.
func TestRFC9568_6_4_3_AdverTimer(t *testing.T) {
	b := active(t, v3())
	for range 3 {
		b.timeout()
		b.wants(sent(100))
		b.due(time.Second)
	}
}

// §6.4.3: priority 0 in Active is answered, and Adver_Timer runs again.
func TestRFC9568_6_4_3_PriorityZero(t *testing.T) {
	b := active(t, v3())
	b.advert(400*time.Millisecond, 0, high)
	b.wants(sent(100))
	b.state(Active)
	b.due(time.Second)
}

// §6.4.3: a higher priority, or an equal one from a higher address, is yielded
// to: no priority 0, the interval is learned, Active_Down_Timer runs.
func TestRFC9568_6_4_3_Yield(t *testing.T) {
	for _, c := range []struct {
		priority uint8
		from     netip.Addr
		why      Reason
	}{{101, low, ReasonHigherPriority}, {255, low, ReasonHigherPriority}, {100, high, ReasonHigherAddress}} {
		b := active(t, v3())
		b.feed(time.Millisecond, Received{From: c.from, Priority: c.priority, Interval: 2 * time.Second})
		b.wants(moved(Active, Backup, c.why), Release{})
		b.due(6*time.Second + 2*skew100)
	}
}

// §6.4.3: any other advert is discarded and answered at once; Adver_Timer is not
// mentioned, and not touched.
func TestRFC9568_6_4_3_Losing(t *testing.T) {
	for _, c := range []struct {
		priority uint8
		from     netip.Addr
	}{{99, high}, {1, high}, {100, low}} {
		b := active(t, v3())
		b.advert(400*time.Millisecond, c.priority, c.from)
		b.wants(sent(100), Announce{LowerPriority})
		b.state(Active)
		b.due(600 * time.Millisecond)
	}
}

// §6.4.3: Preempt_Mode plays no part in Active.
func TestRFC9568_6_4_3_NoPreemptYields(t *testing.T) {
	cfg := v3()
	cfg.NoPreempt = true
	b := active(t, cfg)
	b.advert(time.Millisecond, 101, low)
	b.state(Backup)
}

// §6.4.3 and §8.1.2: addresses compare as unsigned numbers, in IPv6 the
// link-local ones.
func TestRFC9568_6_4_3_AddressOrder(t *testing.T) {
	cfg := v3()
	cfg.Family, cfg.Primary = wire.IPv6, netip.MustParseAddr("fe80::7fff:1")
	b := active(t, cfg)
	b.advert(time.Millisecond, 100, netip.MustParseAddr("fe80::7fff:0"))
	b.state(Active)
	b.advert(time.Millisecond, 100, netip.MustParseAddr("fe80::8000:0%eth0"))
	b.state(Backup)
	cfg = v3()
	cfg.Primary = netip.MustParseAddr("127.255.255.255")
	b = active(t, cfg)
	b.advert(time.Millisecond, 100, netip.MustParseAddr("128.0.0.0"))
	b.state(Backup)
}

// §7.1 and erratum 8298: an owner that hears another one says so, and the
// higher address stays.
func TestRFC9568_7_1_TwoOwners(t *testing.T) {
	b := active(t, owner(v3()))
	b.advert(time.Millisecond, 255, low)
	b.wants(sent(255), Announce{LowerPriority})
	b.state(Active)
	b.advert(time.Millisecond, 255, high)
	b.wants(moved(Active, Backup, ReasonHigherAddress), Release{})
	if got := b.r.Counters().OwnerConflicts; got != 2 {
		t.Errorf("%d conflicts counted, want 2", got)
	}
	b.advert(time.Second, 255, high)
	b.state(Backup)
	b.due(3003906250)
}

// §7.1: what fails a check is discarded: no state, no timer, no advert.
func TestRFC9568_7_1_Rejected(t *testing.T) {
	for _, b := range []*bench{started(t, v3()), active(t, v3())} {
		state, due := b.r.State(), b.r.Deadline()
		for _, reason := range wire.Rejects() {
			b.feed(10*time.Millisecond, Rejected{Reason: reason, From: high, TTL: 254})
			b.wants()
			b.state(state)
			if !b.r.Deadline().Equal(due) {
				t.Errorf("%s moved the deadline", reason.String())
			}
		}
	}
}

// §7.1: an address list that differs is logged, and the advert still counts.
func TestRFC9568_7_1_AddressList(t *testing.T) {
	b := started(t, v3())
	b.feed(time.Second, Received{From: high, Priority: 200, Interval: time.Second, Mismatch: true})
	b.due(down100)
	if st := b.r.Status(); !st.Last.Mismatch || st.Counters.AddressListErrors != 1 {
		t.Errorf("mismatch not kept: %+v", st.Last)
	}
}

// §7.2: an advert carries our own interval, whatever was learned.
func TestRFC9568_7_2_OwnInterval(t *testing.T) {
	b := started(t, v3())
	b.feed(time.Second, Received{From: high, Priority: 200, Interval: 4 * time.Second})
	b.timeout()
	b.wants(moved(Backup, Active, ReasonNoAdvert), sent(100), Claim{}, Announce{BecameActive})
	b.due(time.Second)
}
