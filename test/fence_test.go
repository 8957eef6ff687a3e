package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// The pair of the fence tests: 100 ms adverts, so that a peer waits 300 ms and
// its skew, and a dead master's addresses answer for at most 275 ms more.
const (
	fenceAdvert = "0.1"
	fenceBound  = 300 * time.Millisecond // the least Active_Down_Interval of any peer
)

// claimants asks the LAN every few milliseconds who has the address, for a
// while and until next has answered, and tells which MACs answered when.
func (l *lan) claimants(vip, next string, during time.Duration) map[string][]time.Time {
	l.t.Helper()
	seen := map[string][]time.Time{}
	end, limit := time.Now().Add(during), time.Now().Add(patience)
	for time.Now().Before(end) || len(seen[next]) == 0 && time.Now().Before(limit) {
		for _, a := range l.c.WhoHas("eth0", vip, 5*time.Millisecond) {
			seen[a.MAC.String()] = append(seen[a.MAC.String()], a.At)
		}
	}
	return seen
}

// after counts the answers of a MAC that came after a moment.
func after(times []time.Time, moment time.Time) (n int) {
	for _, t := range times {
		if t.After(moment) {
			n++
		}
	}
	return n
}

// A killed or frozen master falls silent by itself: nobody answers beside the
// next master once any peer may have taken over. Twenty times each.
func TestFence(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*testnet.Process)
		back func(*lan, *testnet.Process) *testnet.Process
	}{
		{"kill -9", func(p *testnet.Process) { p.Kill() }, func(l *lan, _ *testnet.Process) *testnet.Process {
			return l.a.xvrrp(conf(3, "BACKUP", 200, fenceAdvert))
		}},
		{"SIGSTOP", func(p *testnet.Process) { p.Freeze() }, func(_ *lan, p *testnet.Process) *testnet.Process {
			p.Thaw()
			return p
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			macA, macB := l.a.Link("eth0").Attrs().HardwareAddr.String(), l.b.Link("eth0").Attrs().HardwareAddr.String()
			l.b.xvrrp(conf(3, "BACKUP", 100, fenceAdvert))
			a := l.a.xvrrp(conf(3, "BACKUP", 200, fenceAdvert))
			for round := range 20 {
				l.answers(peersVIP, l.a, patience)
				at := time.Now()
				c.end(a)
				seen := l.claimants(peersVIP, macB, 700*time.Millisecond)
				if n := after(seen[macA], at.Add(fenceBound)); n > 0 {
					t.Errorf("round %d: the dead master answered %d times after %v", round, n, fenceBound)
				}
				if after(seen[macB], at) == 0 {
					t.Errorf("round %d: nobody took over", round)
				}
				if !l.a.Has(peersVIP) {
					t.Fatalf("round %d: the address is gone, so that its silence proves nothing", round)
				}
				a = c.back(l, a)
			}
		})
	}
}

// The fence is opened by a clean stop, by a restart and by hand, and `fence
// off` is refused to a living daemon.
func TestFenceIsLifted(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := l.a.xvrrp(conf(3, "BACKUP", 200, fenceAdvert))
	l.answers(peersVIP, l.a, patience)
	if text := refused(t, l.a, 1, "fence", "off"); text == "" {
		t.Error("no word to who would lift a living daemon's fence")
	}
	a.Kill()
	testnet.Eventually(t, 2*time.Second, func() error {
		if n := len(l.c.WhoHas("eth0", peersVIP, 20*time.Millisecond)); n != 0 {
			return fmt.Errorf("%d answers from the dead", n)
		}
		return nil
	})
	l.a.Run(binary, "--runtime-dir", l.a.runtimeDir(), "fence", "off")
	l.answers(peersVIP, l.a, patience) // the address stands and nobody silences it
	nothingLeft(t, l.a)

	a = l.a.xvrrp(conf(3, "BACKUP", 200, fenceAdvert))
	l.answers(peersVIP, l.a, patience)
	a.Kill()
	a = l.a.xvrrp(conf(3, "BACKUP", 200, fenceAdvert)) // adopts the fence, then opens it
	l.answers(peersVIP, l.a, patience)
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, l.a)
	l.a.AddAddress("eth0", peersVIP+"/24") // somebody else's from now on
	l.answers(peersVIP, l.a, patience)
}
