package engine

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

var (
	group4 = netip.MustParseAddr("224.0.0.18")
	ours   = netip.MustParseAddr("192.0.2.1")
	peer   = netip.MustParseAddr("192.0.2.2")
	vip    = netip.MustParseAddr("192.0.2.100")
)

const ifindex = 7

// bench is an engine with fakes around it, on a loop that runs in virtual time.
type bench struct {
	t     *testing.T
	e     *Engine
	queue chan func()
	quit  chan struct{} // closed when the loop ends
	alarm *time.Timer
	hold  chan struct{} // effects wait for it, when set

	mu   sync.Mutex
	sent [][]byte      // adverts that left
	done []vrrp.Action // effects done

	// Of the loop thread.
	late          []time.Duration // what Woken told
	reject, stray []wire.Reject
	accepted      int
	absorbed      int
	put           [][]byte // of Batch
	flushes       int
	refuse        []error // what Flush says of the n-th
	failed        []error // what SendFailed told
	told          int     // how often Sent told
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, queue: make(chan func(), 64), quit: make(chan struct{})}
	b.e = New(Ports{
		Wake:      b.wake,
		Interrupt: func() { b.queue <- b.e.Interrupted },
		Stray:     func(_ int, r wire.Reject) { b.stray = append(b.stray, r) },
	})
	go func() {
		for {
			select {
			case f := <-b.queue:
				f()
			case <-b.quit:
				return
			}
		}
	}()
	return b
}

func (b *bench) wake(at time.Time) {
	if b.alarm != nil {
		b.alarm.Stop()
	}
	if !at.IsZero() {
		b.alarm = time.AfterFunc(time.Until(at), func() {
			select {
			case b.queue <- func() { b.e.Wakeup(time.Now()) }:
			case <-b.quit: // it rang while the loop ended
			}
		})
	}
}

func (b *bench) close() {
	b.e.Stop()
	b.on(func() {
		if b.alarm != nil {
			b.alarm.Stop()
		}
	})
	close(b.quit)
}

// on runs f on the loop and waits for it.
func (b *bench) on(f func()) {
	done := make(chan struct{})
	b.queue <- func() { f(); close(done) }
	<-done
}

// Out.
func (b *bench) Multicast(ip []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, slices.Clone(ip))
	return nil
}
func (b *bench) Unicast(_ netip.Addr, ip []byte) error    { return b.Multicast(ip) }
func (b *bench) Batch(netip.Addr) (Batch, [6]byte, error) { return b, [6]byte{}, nil }

// Batch.
func (b *bench) Put(_ [6]byte, ip []byte) {
	// Told apart from a copy, to see that nobody touches it before Flush.
	b.put = append(b.put, ip)
}
func (b *bench) Flush(failed func(n int, err error)) {
	b.flushes++
	for n, ip := range b.put {
		if n < len(b.refuse) && b.refuse[n] != nil {
			failed(n, b.refuse[n])
			continue
		}
		// It has no other error.
		_ = b.Multicast(ip)
	}
	b.put = nil
}

// Probe.
func (b *bench) Accepted([6]byte, *wire.Packet, wire.Warnings, time.Duration, time.Duration) {
	b.accepted++
}
func (b *bench) Rejected(_ [6]byte, _ *wire.Packet, r wire.Reject) { b.reject = append(b.reject, r) }
func (b *bench) Sent(uint8)                                        { b.told++ }
func (b *bench) SendFailed(_ netip.Addr, err error)                { b.failed = append(b.failed, err) }
func (b *bench) Absorbed(time.Duration)                            { b.absorbed++ }
func (b *bench) Woken(late time.Duration)                          { b.late = append(b.late, late) }

func (b *bench) effect(_ time.Time, a vrrp.Action) {
	if b.hold != nil {
		<-b.hold
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done = append(b.done, a)
}

// spec is a router of version 3 with an interval of 1 s.
func (b *bench) spec(name string, vrid, priority uint8) Spec {
	addrs := []netip.Addr{vip}
	return Spec{
		Name:     name,
		Election: vrrp.Config{Version: 3, Family: wire.IPv4, Priority: priority, Interval: time.Second, LowerPriorityAdvert: true},
		Receive:  wire.Settings{Family: wire.IPv4, Version: 3, VRID: vrid, Interval: time.Second, Addresses: addrs, Group: group4},
		Advert:   wire.Advert{Version: 3, VRID: vrid, Interval: time.Second, Addresses: addrs},
		Group:    group4, Probe: b, Effect: b.effect,
	}
}

// run adds, binds and starts a router.
func (b *bench) run(s Spec) {
	b.t.Helper()
	for _, f := range []Fact{
		Add{Group: s.Name, Members: []Spec{s}},
		Bind{Router: s.Name, IfIndex: ifindex, Out: b, Source: ours, Local: []netip.Addr{ours}},
		Tell{Router: s.Name, Event: vrrp.Startup{}},
	} {
		if err := b.e.Settle(f); err != nil {
			b.t.Fatal(err)
		}
	}
}

// advert is what the peer sends.
func advert(vrid, priority uint8, interval time.Duration) []byte {
	a := wire.Advert{
		Version: 3, VRID: vrid, Priority: priority, Interval: interval, Addresses: []netip.Addr{vip}, Src: peer, Dst: group4,
	}
	return a.Append(nil)
}

// hear hands the engine a datagram that arrived at the given time.
func (b *bench) hear(at time.Time, ip []byte) {
	b.on(func() { b.e.Datagram(wire.Datagram{At: at, IfIndex: ifindex, IP: ip}) })
}

// state is that of VI_1.
func (b *bench) state() (s vrrp.State) {
	// An Ask has no error.
	_ = b.e.Settle(Ask{Do: func(v View) {
		v.Each(func(_, name string, r *vrrp.Router) {
			if name == "VI_1" {
				s = r.State()
			}
		})
	}})
	return s
}

// effects are those done so far, in a word each.
func (b *bench) effects() (words []string) {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.done {
		switch a := a.(type) {
		case vrrp.Claim:
			words = append(words, "claim")
		case vrrp.Release:
			words = append(words, "release")
		case vrrp.Announce:
			words = append(words, "announce")
		case vrrp.Transition:
			words = append(words, a.To.String())
		}
	}
	return words
}

// priorities are those of the adverts that left.
func (b *bench) priorities() (list []uint8) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ip := range b.sent {
		p, r := wire.Open(ip)
		if r != wire.None {
			b.t.Fatalf("we sent what cannot be read: %v", r)
		}
		list = append(list, p.Priority())
	}
	return list
}
