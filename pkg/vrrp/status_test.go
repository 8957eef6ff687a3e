package vrrp

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A snapshot says who is Active and what would happen next, and does not change
// when the router does.
func TestStatus(t *testing.T) {
	b := started(t, v3())
	b.feed(time.Second, Received{From: high, Priority: 200, Interval: 2 * time.Second})
	b.feed(time.Second, Rejected{Reason: wire.Checksum, From: low, TTL: 255})
	st := b.r.Status()
	if st.State != Backup || st.ActiveRouter != high || st.ActiveInterval != 2*time.Second || st.Interval != time.Second ||
		st.Skew != 2*skew100 || st.Down != 6*time.Second+2*skew100 || st.Priority != 100 || st.Rejected.Total != 1 ||
		!st.Since.Equal(epoch) || !st.Up.Equal(epoch) || !st.Deadline.Equal(epoch.Add(time.Second+st.Down)) {
		t.Errorf("%+v", st)
	}
	b.timeout()
	if now := b.r.Status(); now.ActiveRouter != us || now.Transition.Reason != ReasonNoAdvert || now.Rejected.Total != 0 {
		t.Errorf("%+v", now)
	}
	if e := b.r.Status().Transition.Evidence; e.Rejected.Counts[wire.Checksum] != 1 || e.Age != 6*time.Second+2*skew100 {
		t.Errorf("evidence %v", e)
	}
	b.feed(0, FaultRaised{Cause{CauseScript, "a"}})
	st = b.r.Status()
	b.feed(0, FaultCleared{Cause{CauseScript, "a"}})
	if want := []Cause{{CauseScript, "a"}}; !st.Fault || !st.Up.IsZero() || !slices.Equal(st.Causes, want) {
		t.Errorf("causes %v, want %v", st.Causes, want)
	}
}

// New names every mistake at once.
func TestNewComplains(t *testing.T) {
	_, err := New(Config{Version: 4, Family: 5, DownAdverts: 101, PreemptDelay: -1, TimerExpiredBackup: 255})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"version 4", "family 5", "priority 0", "adverts 101", "negative", "expired backup 255"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	cfg := v3()
	cfg.Primary = netip.MustParseAddr("fe80::1")
	if _, err := New(cfg); err == nil || errors.Unwrap(err) == nil {
		t.Errorf("IPv6 address in IPv4: %v", err)
	}
}

// The schedule never brings two adverts within half an interval of each other,
// and keeps its phase, unless the longer gap would be taken for a death.
func TestNextAdvert(t *testing.T) {
	for _, c := range []struct {
		adverts    int
		late, want time.Duration
	}{
		{3, 0, time.Second},
		{3, time.Millisecond, time.Second},
		{3, 500 * time.Millisecond, time.Second},
		{3, 500*time.Millisecond + 1, 2 * time.Second},
		{3, 1500 * time.Millisecond, 2 * time.Second},
		{2, 1500*time.Millisecond + 1, 3 * time.Second},
		{3, time.Hour, time.Hour + time.Second},
		{1, 500 * time.Millisecond, time.Second},
		{1, 500*time.Millisecond + 1, 1500*time.Millisecond + 1},
	} {
		cfg := v3()
		cfg.DownAdverts, cfg.Interval = c.adverts, time.Second
		if got := cfg.nextAdvert(epoch, epoch.Add(c.late)).Sub(epoch); got != c.want {
			t.Errorf("%v late, %d adverts may miss: next after %v, want %v", c.late, c.adverts, got, c.want)
		}
	}
}

// A thousand late wake-ups, and not a nanosecond of drift.
func TestNoDrift(t *testing.T) {
	b := active(t, v3())
	first := b.r.Deadline()
	for i := range 1000 {
		b.feed(b.r.Deadline().Sub(b.now)+time.Duration(i%400)*time.Millisecond, Timeout{})
	}
	if got := b.r.Deadline().Sub(first); got != 1000*time.Second {
		t.Errorf("after 1000 adverts the schedule is at %v", got)
	}
}
