package address

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

func TestDeletedAddressIsPutBack(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	a, told := open(t, h, journalIn(t))
	claim(t, a, "VI_1", vips("192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64")...)
	fastest := time.Hour
	for range 3 {
		began := time.Now()
		for _, p := range []string{"192.0.2.10/24", "2001:db8::10/64"} {
			h.DeleteAddress("eth0", p)
		}
		testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.1/24", "192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"))
		fastest = min(fastest, time.Since(began))
	}
	if fastest > 100*time.Millisecond { // the slowest is the test machine's, when others use it too
		t.Errorf("back after %v at best", fastest)
	}
	testnet.Eventually(t, 5*time.Second, func() error {
		if s := a.Stats(); s.Restored != 6 || told.count(Restored) != 2 {
			return fmt.Errorf("%+v, told %d times; want 6 restored, told twice", s, told.count(Restored))
		}
		return nil
	})
	if got := a.Held("VI_1")[0].Restored; got != 3 {
		t.Errorf("restored %d times, want 3", got)
	}

	// All at once, the secondary ones by losing their primary.
	h.Run("ip", "addr", "flush", "dev", "eth0")
	testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"))

	// Released is released.
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	testnet.Throughout(t, 150*time.Millisecond, holds(h))
}

func TestNoTrack(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	x := vip("192.0.2.10/24")
	x.NoTrack = true
	claim(t, a, "VI_1", x)
	h.DeleteAddress("eth0", "192.0.2.10/24")
	testnet.Throughout(t, 150*time.Millisecond, holds(h))
	if a.Held("VI_1")[0].Held {
		t.Error("said to be held")
	}
}

func TestInterfaceComesLater(t *testing.T) {
	h := testnet.New(t).Host("h")
	a, told := open(t, h, journalIn(t))
	res, err := a.Claim("VI_1", vips("192.0.2.10/24", "2001:db8::10/64"))
	if err == nil || len(res.Failures) != 2 {
		t.Fatalf("claim: %+v, %v", res, err)
	}
	for range 2 { // it comes, goes and comes again
		h.Veth("eth0", "wire")
		testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24", "2001:db8::10/64"))
		if err := h.Netlink().LinkDel(h.Link("eth0")); err != nil {
			t.Fatal(err)
		}
		testnet.Eventually(t, 5*time.Second, func() error {
			if held := a.Held("VI_1")[0]; held.Held || held.Err == nil {
				return fmt.Errorf("%+v", held)
			}
			return nil
		})
	}
	testnet.Eventually(t, 5*time.Second, func() error {
		if p, f := told.count(Placed), told.count(Failed); p != 4 || f != 4 {
			return fmt.Errorf("placed told %d times, failed %d times; want 4 each", p, f)
		}
		return nil
	})
}

// The kernel takes IPv6 addresses off an interface that goes down.
func TestInterfaceGoesDownAndUp(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	claim(t, a, "VI_1", vips("192.0.2.10/24", "2001:db8::10/64")...)
	for range 3 {
		h.Down("eth0")
		h.Up("eth0")
		testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24", "2001:db8::10/64"))
	}
}

func TestRename(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	claim(t, a, "VI_1", vip("192.0.2.10/24"))
	nl := h.Netlink()
	old := h.Link("eth0")
	h.Down("eth0")
	if err := nl.LinkSetName(old, "wan0"); err != nil {
		t.Fatal(err)
	}
	h.Up("wan0")
	if has := h.Has("192.0.2.10"); !has {
		t.Error("lost by the rename")
	}
	// Another interface gets the name: the address moves there.
	h.Veth("eth0", "wire2")
	testnet.Eventually(t, 5*time.Second, func() error {
		if on := h.Addresses("wan0"); len(on) > 0 && on[0] == "192.0.2.10/24" {
			return errors.New("still on wan0")
		}
		return holds(h, "192.0.2.10/24")()
	})
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	if h.Has("192.0.2.10") {
		t.Error("not released")
	}
}

// Changes go unheard when they come faster than we read; then everything is compared.
func TestResync(t *testing.T) {
	h := host(t)
	a, _ := open(t, h, "")
	claim(t, a, "VI_1", vips("192.0.2.10/24", "192.0.2.11/24")...)
	a.mu.Lock() // the watcher cannot react: it hears nothing of what is done here
	h.DeleteAddress("eth0", "192.0.2.10/24")
	a.mu.Unlock()
	testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24", "192.0.2.11/24"))

	a.mu.Lock()
	k := a.entries[vip("192.0.2.10/24").name()].key()
	if err := netlinkDelete(h, "192.0.2.11/24"); err != nil {
		t.Error(err)
	}
	a.react(nil, true)
	if a.placed[k] == nil || a.stats.Resyncs != 1 {
		t.Errorf("after the resync: %+v", a.stats)
	}
	a.mu.Unlock()
	testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.10/24", "192.0.2.11/24"))
}

func netlinkDelete(h *testnet.Host, prefix string) error {
	addr, err := netlink.ParseAddr(prefix)
	if err != nil {
		return err
	}
	return h.Netlink().AddrDel(h.Link("eth0"), addr)
}

func TestStrays(t *testing.T) {
	h := host(t, "192.0.2.12/24")
	a, told := open(t, h, "")
	if err := a.Watch("VI_1", vips("192.0.2.10/24", "192.0.2.12/24"), true); err != nil {
		t.Fatal(err)
	}
	if err := a.Watch("VI_2", vips("192.0.2.11/24"), false); err != nil {
		t.Fatal(err)
	}
	h.AddAddress("eth0", "192.0.2.10/24")
	h.AddAddress("eth0", "192.0.2.11/24")
	testnet.Eventually(t, 5*time.Second, func() error {
		if told.count(StrayRemoved) != 1 || told.count(StrayFound) != 1 {
			return fmt.Errorf("told %d removed, %d found", told.count(StrayRemoved), told.count(StrayFound))
		}
		return nil
	})
	testnet.Eventually(t, 5*time.Second, holds(h, "192.0.2.11/24", "192.0.2.12/24"))

	// Our own comings and goings are no strays.
	for range 20 {
		claim(t, a, "VI_1", vip("192.0.2.10/24"))
		if err := a.Release("VI_1"); err != nil {
			t.Fatal(err)
		}
	}
	testnet.Throughout(t, 50*time.Millisecond, func() error {
		if n := told.count(StrayRemoved); n != 1 {
			return fmt.Errorf("%d strays removed, want 1", n)
		}
		return nil
	})
}

// Somebody deletes and adds, flaps and claims at random for a while; then what is wanted stands and nothing else.
func TestChaos(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	a, _ := open(t, h, journalIn(t))
	var all []Address
	for i := range 20 {
		all = append(all, vip(fmt.Sprintf("192.0.2.%d/24", 100+i)), vip(fmt.Sprintf("2001:db8::%d/64", 100+i)))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	deadline := time.Now().Add(1500 * time.Millisecond)
	for time.Now().Before(deadline) {
		x := all[rnd.IntN(len(all))]
		switch rnd.IntN(8) {
		case 0:
			claim(t, a, "VI_1", all...)
		case 1:
			if err := a.Release("VI_1"); err != nil {
				t.Fatal(err)
			}
		case 2:
			claim(t, a, "VI_1", all[:rnd.IntN(len(all))]...)
		case 3:
			h.Down("eth0")
			h.Up("eth0")
		default:
			// It may not be there just now.
			_ = netlinkDelete(h, x.Prefix.String())
		}
	}
	claim(t, a, "VI_1", all...)
	want := []string{"192.0.2.1/24"}
	for _, x := range all {
		want = append(want, x.Prefix.String())
	}
	testnet.Eventually(t, 5*time.Second, holds(h, want...))
	if err := a.Release("VI_1"); err != nil {
		t.Fatal(err)
	}
	testnet.Throughout(t, 100*time.Millisecond, holds(h, "192.0.2.1/24"))
}

func TestNothingLeaks(t *testing.T) {
	h := host(t)
	before := runtime.NumGoroutine()
	for range 50 {
		h.Do(func() {
			a, err := Open(Config{})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			if _, err := a.Claim("late", vips("192.0.2.10/24")); err == nil {
				t.Error("a closed holder claimed")
			}
		})
	}
	testnet.Eventually(t, 5*time.Second, func() error {
		if n := runtime.NumGoroutine(); n > before {
			return fmt.Errorf("%d goroutines, %d before", n, before)
		}
		return nil
	})
}
