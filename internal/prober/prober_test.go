package prober

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

const patience = 30 * time.Second

// pair is a host that asks and one that answers.
type pair struct {
	t      *testing.T
	sw     *testnet.Switch
	a, b   *testnet.Host
	pa, pb *lab.Port
	p      *Prober

	mu      sync.Mutex
	answers []Answer
}

func newPair(t *testing.T) *pair {
	t.Helper()
	n := testnet.New(t)
	x := &pair{t: t, sw: n.Switch("lan"), a: n.Host("a"), b: n.Host("b")}
	x.pa = x.sw.Connect(x.a, "eth0", "192.0.2.1/24")
	x.pb = x.sw.Connect(x.b, "eth0", "192.0.2.2/24")
	x.a.Do(func() {
		var err error
		if x.p, err = Open(func(a Answer) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.answers = append(x.answers, a)
		}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := x.p.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// ask asks once and returns how many answers for the address had come before.
func (x *pair) ask(q Question) (before int) {
	x.t.Helper()
	q.IfIndex = x.a.Index("eth0")
	before = x.heard(q.Addr)
	if err := x.p.Ask(q); err != nil {
		x.t.Fatal(err)
	}
	return before
}

func (x *pair) heard(addr netip.Addr) (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, a := range x.answers {
		if a.Addr == addr && a.MAC == [6]byte(x.pb.MAC) && a.IfIndex == x.a.Index("eth0") && time.Since(a.At) < patience {
			n++
		}
	}
	return n
}

func (x *pair) answered(addr netip.Addr, before, want int) {
	x.t.Helper()
	testnet.Eventually(x.t, patience, func() error {
		if n := x.heard(addr) - before; n != want {
			return fmt.Errorf("%d answers for %v, want %d: %v", n, addr, want, x.answers)
		}
		return nil
	})
}

// Both families answer to the group, to the station alone and to nobody's
// question, through a firewall that lets nothing in here; an address that nobody
// has stays silent.
func TestAsk(t *testing.T) {
	x := newPair(t)
	x.b.AddAddress("eth0", "192.0.2.100/24")
	x.b.AddAddress("eth0", "fd00::100/64")
	x.a.AddAddress("eth0", "fd00::1/64")
	x.a.Firewall(lab.DistributionDefault)
	four, six := netip.MustParseAddr("192.0.2.100"), netip.MustParseAddr("fd00::100")
	for _, c := range []struct {
		q    Question
		want int
	}{
		{Question{Addr: four}, 1},
		{Question{Addr: four, Source: netip.MustParseAddr("192.0.2.1")}, 2},
		{Question{Addr: four, MAC: [6]byte(x.pb.MAC)}, 2},
		{Question{Addr: six, Source: netip.MustParseAddr("fd00::1")}, 1},
		{Question{Addr: six, Source: netip.MustParseAddr("fd00::1"), MAC: [6]byte(x.pb.MAC)}, 2},
		{Question{Addr: six}, 1},
	} {
		x.answered(c.q.Addr, x.ask(c.q), c.want)
	}
	nobody := netip.MustParseAddr("192.0.2.77")
	x.ask(Question{Addr: nobody})
	x.answered(four, x.ask(Question{Addr: four}), 1) // and by now an answer for the other would be here
	if n := x.heard(nobody); n != 0 {
		t.Errorf("%d answers for an address that nobody has", n)
	}
}

// A host whose routes do not lead back to us answers nobody's question alone,
// and the station alone hears what the group does not.
func TestAskTheReluctant(t *testing.T) {
	x := newPair(t)
	x.b.AddAddress("eth0", "192.0.2.100/24")
	x.b.Sysctl("net/ipv4/conf/all/rp_filter", "1")
	four := netip.MustParseAddr("192.0.2.100")
	x.answered(four, x.ask(Question{Addr: four, Source: netip.MustParseAddr("198.51.100.1")}), 1)

	x.b.AddAddress("eth0", "fd00::100/64")
	x.a.AddAddress("eth0", "fd00::1/64")
	x.sw.Drop(x.pa, x.pb, lab.Multicast)
	six := netip.MustParseAddr("fd00::100")
	x.answered(six, x.ask(Question{Addr: six, Source: netip.MustParseAddr("fd00::1"), MAC: [6]byte(x.pb.MAC)}), 1)
}

// An interface that is gone is an error and no end: one that comes in its
// place is asked on.
func TestInterfaceGone(t *testing.T) {
	x := newPair(t)
	if err := x.p.Ask(Question{IfIndex: 4711, Addr: netip.MustParseAddr("192.0.2.2")}); err == nil {
		t.Error("asked on an interface that is not there")
	}
	if err := x.p.Prepare(x.a.Index("eth0"), 4, true); err != nil {
		t.Error(err)
	}
	x.ask(Question{Addr: netip.MustParseAddr("192.0.2.2")}) // and nobody hears the answer
	x.p.Forget(x.a.Index("eth0"))
	b := netip.MustParseAddr("192.0.2.2")
	x.answered(b, x.ask(Question{Addr: b}), 1)
}
