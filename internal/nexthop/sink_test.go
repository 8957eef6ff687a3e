package nexthop

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// diary is a Sink that remembers.
type diary struct {
	mu     sync.Mutex
	states map[Target][]State
}

func (d *diary) NextHop(t Target, now State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.states == nil {
		d.states = map[Target][]State{}
	}
	d.states[t] = append(d.states[t], now)
}

// resolver opens a Resolver on a host and ends it with the test.
func resolver(t testing.TB, h *testnet.Host) (r *Resolver, d *diary) {
	t.Helper()
	d = &diary{}
	h.Do(func() {
		var err error
		if r, err = Open(d); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, d
}

// watches starts to resolve a peer of h through eth0.
func watches(t testing.TB, r *Resolver, h *testnet.Host, peer, source string) *Hop {
	t.Helper()
	hop, err := r.Watch(targetOn(h, peer, source))
	if err != nil {
		t.Fatal(err)
	}
	return hop
}

func targetOn(h *testnet.Host, peer, source string) Target {
	return Target{Peer: netip.MustParseAddr(peer), Source: netip.MustParseAddr(source), IfIndex: h.Index("eth0")}
}

// leads waits until the hop is at this MAC, and nothing is wrong with it.
func leads(t *testing.T, within time.Duration, hop *Hop, mac []byte) {
	t.Helper()
	testnet.Eventually(t, within, func() error {
		s := hop.State()
		if !s.OK || string(s.MAC[:]) != string(mac) || s.Problem != nil {
			return fmt.Errorf("%v: %x, OK %v, %v; want %x", hop.Target(), s.MAC, s.OK, s.Problem, mac)
		}
		return nil
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
