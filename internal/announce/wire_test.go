package announce

import (
	"bytes"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// opens starts an Announcer on a host and ends it with the test.
func opens(t testing.TB, h *testnet.Host, options Options) (a *Announcer) {
	t.Helper()
	h.Do(func() {
		var err error
		if a, err = Open(options); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// addresses makes n targets on eth0 of h.
func addresses(h *testnet.Host, n int) (targets []Target) {
	link := h.Link("eth0").Attrs()
	for i := range n {
		addr := netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
		targets = append(targets, Target{IfIndex: link.Index, MAC: [6]byte(link.HardwareAddr), Addr: addr})
	}
	return targets
}

// count is how many frames equal to data came out at the far end.
func count(far *lab.Capture, data []byte) int {
	return len(far.Matching(func(f lab.Frame) bool { return !f.Out && bytes.Equal(f.Data, data) }))
}

// Behind a firewall that lets nothing out, and whether or not the host holds
// the addresses yet.
func TestOnTheWire(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0", "192.0.2.1/24")
	h.Firewall(lab.EstablishedOnly)
	far := h.Capture("wire0")
	var garps, advertisements atomic.Int64
	a := opens(t, h, Options{Sent: func(owner string, kind Kind, n int) {
		if kind == NA {
			advertisements.Add(int64(n))
		} else {
			garps.Add(int64(n))
		}
	}})
	mac := [6]byte{0, 0, 0x5e, 0, 1, 7}
	targets := []Target{
		{IfIndex: h.Index("eth0"), MAC: mac, Addr: netip.MustParseAddr("192.0.2.100")},
		{IfIndex: h.Index("eth0"), MAC: mac, Addr: netip.MustParseAddr("2001:db8::100")},
	}
	must(t, a.Announce("VI_1", Schedule{Repeat: 3, Delay: 50 * time.Millisecond, Refresh: time.Hour}, targets))
	for _, target := range targets {
		_, frames, err := framesFor(target, false)
		must(t, err)
		testnet.Eventually(t, 2*time.Second, func() error {
			if n := count(far, frames[0].data); n != 6 {
				return fmt.Errorf("%v: %d frames arrived, want 6", target.Addr, n)
			}
			return nil
		})
	}
	testnet.Eventually(t, time.Second, func() error {
		if g, n := garps.Load(), advertisements.Load(); g != 6 || n != 6 {
			return fmt.Errorf("counted %d and %d", g, n)
		}
		return nil
	})
}

// The link is down, then deleted and made anew: each burst does what it can.
func TestLinkComesAndGoes(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0", "192.0.2.1/24")
	failed := make(chan error, 10)
	a := opens(t, h, Options{Failed: func(_ string, _ int, err error) { failed <- err }})
	for range 2 {
		far := h.Capture("wire0")
		targets := addresses(h, 1)
		_, frames, err := framesFor(targets[0], false)
		must(t, err)
		h.Down("eth0")
		must(t, a.Announce("VI_1", Schedule{Repeat: 5}, targets))
		t.Log("as it must:", <-failed)
		h.Up("eth0")
		a.Again("VI_1", LinkUp)
		testnet.Eventually(t, time.Second, func() error {
			if n := count(far, frames[0].data); n != 5 {
				return fmt.Errorf("%d frames arrived, want 5", n)
			}
			return nil
		})
		must(t, h.Netlink().LinkDel(h.Link("eth0")))
		a.Again("VI_1", LinkUp)
		t.Log("as it must:", <-failed)
		h.Veth("eth0", "wire0", "192.0.2.1/24")
	}
}

// A thousand addresses, five times each, all arrive.
func TestThousand(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	far := h.Capture("wire0")
	done := make(chan time.Time, 1)
	a := opens(t, h, Options{Done: func(_ string, _ Reason, at time.Time) { done <- time.Now() }})
	targets := addresses(h, 1000)
	begun := time.Now()
	must(t, a.Announce("VI_1", Schedule{Repeat: 5}, targets))
	t.Logf("5000 frames in %v", (<-done).Sub(begun))
	arp := func(f lab.Frame) bool { return !f.Out && f.Data[12] == 0x08 && f.Data[13] == 0x06 }
	testnet.Eventually(t, 2*time.Second, func() error {
		if n := len(far.Matching(arp)); n != 5000 {
			return fmt.Errorf("%d frames arrived", n)
		}
		return nil
	})
	seen := map[string]int{}
	for _, f := range far.Matching(arp) {
		seen[string(f.Data)]++
	}
	for data, n := range seen {
		if n != 5 {
			t.Errorf("%x: %d times", data, n)
		}
	}
	if len(seen) != 1000 {
		t.Errorf("%d different frames", len(seen))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// From the call to the last of a thousand gratuitous ARPs.
func BenchmarkThousand(b *testing.B) {
	h := testnet.New(b).Host("a")
	h.Veth("eth0", "wire0")
	done := make(chan struct{}, 1)
	a := opens(b, h, Options{Done: func(string, Reason, time.Time) { done <- struct{}{} }})
	targets := addresses(h, 1000)
	for b.Loop() {
		if err := a.Announce("VI_1", Schedule{Repeat: 1}, targets); err != nil {
			b.Fatal(err)
		}
		<-done
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/frame")
}

// From the call to the first frame at the far end of the wire being sent.
func BenchmarkOne(b *testing.B) {
	h := testnet.New(b).Host("a")
	h.Veth("eth0", "wire0")
	done := make(chan struct{}, 1)
	a := opens(b, h, Options{Done: func(string, Reason, time.Time) { done <- struct{}{} }})
	targets := addresses(h, 1)
	for b.Loop() {
		if err := a.Announce("VI_1", Schedule{Repeat: 1}, targets); err != nil {
			b.Fatal(err)
		}
		<-done
	}
}
