package vrrp

import (
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Where version 2 differs from version 3, by the sections of RFC 3768.

// §5.3.7: whole seconds, 1 to 255.
func TestRFC3768_5_3_7_Interval(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		ok       bool
	}{
		{500 * time.Millisecond, false}, {1500 * time.Millisecond, false}, {time.Second, true},
		{255 * time.Second, true}, {256 * time.Second, false},
	} {
		cfg := v2()
		cfg.Interval = c.interval
		if _, err := New(cfg); (err == nil) != c.ok {
			t.Errorf("interval %v: %v", c.interval, err)
		}
	}
}

// Version 2 is defined for IPv4 only.
func TestRFC3768_1_IPv4Only(t *testing.T) {
	cfg := v2()
	cfg.Family = wire.IPv6
	if _, err := New(cfg); err == nil {
		t.Error("version 2 for IPv6 can be configured")
	}
}

// §6.1: the skew does not depend on the interval.
func TestRFC3768_6_1_Timers(t *testing.T) {
	for _, c := range []struct {
		priority   uint8
		interval   time.Duration
		skew, down time.Duration
	}{
		{100, time.Second, skew100, down100},
		{100, 255 * time.Second, skew100, 765*time.Second + skew100},
		{254, time.Second, 7812500, 3007812500},
		{1, time.Second, 996093750, 3996093750},
	} {
		cfg := v2()
		if got := skew(2, c.priority, c.interval); got != c.skew {
			t.Errorf("skew(%d, %v) = %v, want %v", c.priority, c.interval, got, c.skew)
		}
		if got := cfg.downInterval(c.priority, c.interval); got != c.down {
			t.Errorf("down(%d, %v) = %v, want %v", c.priority, c.interval, got, c.down)
		}
	}
}

// §6.4.1: the owner is Active at once, everybody else waits.
func TestRFC3768_6_4_1_Startup(t *testing.T) {
	b := started(t, owner(v2()))
	b.wants(moved(Initialize, Active, ReasonOwner), sent(255), Claim{}, Announce{BecameActive})
	b = started(t, v2())
	b.due(down100)
}

// §6.4.2: no interval is learned. The wire rejects another one.
func TestRFC3768_6_4_2_NothingLearned(t *testing.T) {
	b := started(t, v2())
	b.feed(time.Second, Received{From: high, Priority: 200, Interval: 7 * time.Second})
	b.due(down100)
}

// §6.4.2: priority 0 waits the skew of a second, whatever the interval.
func TestRFC3768_6_4_2_PriorityZero(t *testing.T) {
	cfg := v2()
	cfg.Interval = 10 * time.Second
	b := started(t, cfg)
	b.advert(time.Second, 0, high)
	b.due(skew100)
}

// §6.4.2: lower priority with and without Preempt_Mode.
func TestRFC3768_6_4_2_Lower(t *testing.T) {
	b := started(t, v2())
	b.advert(time.Second, 99, high)
	b.due(down100 - time.Second)
	cfg := v2()
	cfg.NoPreempt = true
	b = started(t, cfg)
	b.advert(time.Second, 99, high)
	b.due(down100)
}

// §6.4.3: a losing advert is discarded in silence, unless configured as
// keepalived does it. Neighbours are told where the addresses are in any case.
func TestRFC3768_6_4_3_Losing(t *testing.T) {
	b := active(t, v2())
	b.advert(400*time.Millisecond, 99, high)
	b.wants(Announce{LowerPriority})
	b.state(Active)
	b.due(600 * time.Millisecond)
	cfg := v2()
	cfg.LowerPriorityAdvert = true
	b = active(t, cfg)
	b.advert(400*time.Millisecond, 99, high)
	b.wants(sent(100), Announce{LowerPriority})
}

// §6.4.3: priority 0 is answered, a better router yielded to, Shutdown says 0.
func TestRFC3768_6_4_3_Master(t *testing.T) {
	b := active(t, v2())
	b.advert(400*time.Millisecond, 0, high)
	b.wants(sent(100))
	b.due(time.Second)
	b.advert(100*time.Millisecond, 100, high)
	b.wants(moved(Active, Backup, ReasonHigherAddress), Release{})
	b.due(down100)
	b = active(t, v2())
	b.feed(0, Shutdown{})
	b.wants(moved(Active, Initialize, ReasonShutdown), sent(0), Release{})
}
