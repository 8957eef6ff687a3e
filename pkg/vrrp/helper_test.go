package vrrp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

var (
	low  = netip.MustParseAddr("192.0.2.1")
	us   = netip.MustParseAddr("192.0.2.5")
	high = netip.MustParseAddr("192.0.2.9")
)

// v3 and v2 are the settings of the RFC tests: priority 100, every second.
func v3() Config {
	return Config{Version: 3, Family: wire.IPv4, Priority: 100, Interval: time.Second, Primary: us, LowerPriorityAdvert: true}
}

func v2() Config {
	return Config{Version: 2, Family: wire.IPv4, Priority: 100, Interval: time.Second, Primary: us}
}

func owner(cfg Config) Config {
	cfg.Priority = PriorityOwner
	return cfg
}

// bench drives one router and keeps the time.
type bench struct {
	*testing.T
	r   *Router
	now time.Time
	got []Action
}

func started(t *testing.T, cfg Config) *bench {
	t.Helper()
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, r: r, now: epoch}
	b.feed(0, Startup{})
	return b
}

// active is a router that has just become Active, owner or not.
func active(t *testing.T, cfg Config) *bench {
	t.Helper()
	b := started(t, cfg)
	for i := 0; b.r.State() != Active && i < 3; i++ { // a question may come first
		b.timeout()
	}
	b.state(Active)
	return b
}

// feed lets some time pass and gives one event. Notes are left out.
func (b *bench) feed(after time.Duration, ev Event) {
	b.now = b.now.Add(after)
	b.got = nil
	for _, a := range b.r.Handle(b.now, ev) {
		if _, note := a.(Note); !note {
			b.got = append(b.got, a)
		}
	}
}

// timeout goes to the deadline.
func (b *bench) timeout() { b.feed(b.r.Deadline().Sub(b.now), Timeout{}) }

func (b *bench) advert(after time.Duration, priority uint8, from netip.Addr) {
	b.feed(after, Received{From: from, Priority: priority, Interval: b.r.Config().Interval})
}

func (b *bench) state(want State) {
	b.Helper()
	if got := b.r.State(); got != want {
		b.Fatalf("state %v, want %v", got, want)
	}
}

// wants compares the last actions; of a Transition only the states and the
// reason.
func (b *bench) wants(want ...Action) {
	b.Helper()
	if diff := cmp.Diff(want, b.got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(Transition{}, "Evidence", "Fault")); diff != "" {
		b.Fatalf("actions (-want +got):\n%s", diff)
	}
}

// due checks the time that is left to the deadline.
func (b *bench) due(want time.Duration) {
	b.Helper()
	if b.r.Deadline().IsZero() {
		b.Fatalf("no deadline, want one in %v", want)
	}
	if got := b.r.Deadline().Sub(b.now); got != want {
		b.Fatalf("deadline in %v, want %v", got, want)
	}
}

func (b *bench) noDeadline() {
	b.Helper()
	if d := b.r.Deadline(); !d.IsZero() {
		b.Fatalf("deadline %v, want none", d)
	}
}

func moved(from, to State, why Reason) Transition { return Transition{From: from, To: to, Reason: why} }

func sent(priority uint8) SendAdvert { return SendAdvert{Priority: priority, Interval: time.Second} }
