package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestTakenAwayIsBack: what a person deletes on the master is put back each time, counted each time, and said once. How long
// it was gone, as `ip monitor` saw it, is in the test's log.
func TestTakenAwayIsBack(t *testing.T) {
	t.Parallel()
	const times = 5
	l := newLAN(t, peersNetwork)
	p := l.a.serving(fast("VI_1", 200, "virtual_routes {\n 10.70.0.0/16 via 10.9.0.9 dev eth0\n }", "virtual_rules {\n from 10.70.0.1 table 70 preference 700\n }"))
	l.owned(fastVIP, "a", patience)
	for _, c := range []struct{ kind, line, show, del string }{
		{"address", "inet " + fastVIP + "/32", "address show", "address del " + fastVIP + "/32 dev eth0"},
		{"route", "10.70.0.0/16 via 10.9.0.9", "route show", "route del 10.70.0.0/16"},
		{"rule", "from 10.70.0.1 lookup 70", "rule show", "rule del preference 700"},
	} {
		stands := func() error {
			if !strings.Contains(l.a.Run("ip", strings.Fields(c.show)...), c.line) {
				return fmt.Errorf("ip %s does not show %s", c.show, c.line)
			}
			return nil
		}
		testnet.Eventually(t, patience, stands)
		witness := l.a.Start("stdbuf", "-oL", "ip", "-ts", "-o", "monitor", c.kind)
		var comings []time.Duration
		for i := 1; i <= times; i++ {
			testnet.Eventually(t, patience, func() error { // until the witness is there, too
				if i == 1 && len(stamps(witness.Output(), "198.51.100.77")) == 0 {
					return l.a.witnessed(c.kind)
				}
				return nil
			})
			l.a.Run("ip", strings.Fields(c.del)...)
			testnet.Eventually(t, patience, func() error {
				seen := stamps(witness.Output(), c.line)
				if len(seen) < 2*i {
					return fmt.Errorf("ip monitor %s has seen %d changes of %s, want %d", c.kind, len(seen), c.line, 2*i)
				}
				comings = append(comings[:i-1], seen[2*i-1].Sub(seen[2*i-2]))
				return nil
			})
			if err := stands(); err != nil {
				t.Error(err)
			}
		}
		t.Logf("%s: gone for %v", c.kind, comings)
		testnet.Eventually(t, patience, func() error {
			name := fmt.Sprintf(`xvrrp_holdings_restored_total{kind="%s"}`, c.kind)
			if got := sample(l.a.get("http://127.0.0.1:9112/metrics"), name); got != times {
				return fmt.Errorf("%s is %v, want %d", name, got, times)
			}
			return nil
		})
	}
	if said := strings.Count(p.Output(), "held by an instance: restored"); said != 3 {
		t.Errorf("said %d times that something was restored, want once for each of three", said)
	}
	if strings.Count(p.Output(), "Entering") > 2 {
		t.Error("the state changed")
	}
}

// witnessed makes a change of a kind that a witness can see, and no daemon minds; it is an error until that was seen.
func (n *node) witnessed(kind string) error {
	what := map[string][]string{
		"address": {"address", "ADD", "198.51.100.77/32", "dev", "lo"}, "route": {"route", "ADD", "198.51.100.77/32", "dev", "eth0"},
		"rule": {"rule", "ADD", "from", "198.51.100.77", "table", "77", "preference", "7777"},
	}[kind]
	for _, verb := range []string{"add", "del"} {
		w := slices.Clone(what)
		w[1] = verb
		n.Run("ip", w...)
	}
	return fmt.Errorf("the witness of each %s sees nothing", kind)
}

// stamps are the times at which `ip -ts monitor` saw something.
func stamps(seen, what string) (list []time.Time) {
	for line := range strings.Lines(seen) {
		stamp, _, ok := strings.Cut(strings.TrimPrefix(line, "["), "]")
		if !ok || !strings.Contains(line, what) {
			continue
		}
		if at, err := time.Parse("2006-01-02T15:04:05.999999", stamp); err == nil {
			list = append(list, at)
		}
	}
	return list
}

// TestKilledDaemonsHoldings: a master that is killed and started again in time adopts all that it held, without taking anything
// away meanwhile; started with another file it takes all of it away, and nothing of anybody else's.
func TestKilledDaemonsHoldings(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	n := l.a
	n.second(l.Switch("lan1"), "10.8.0.1/24")
	n.AddAddress("eth0", "2001:db8::1/64")
	n.AddAddress("eth0", "10.9.0.106/24") // one that the file wants, and that stood before
	n.Run("ip", "route", "add", "10.96.0.0/16", "via", "10.9.0.7")
	n.Run("ip", "rule", "add", "from", "10.9.0.101", "table", "61", "preference", "1000")
	before := n.shown()
	file := strings.Replace(everyWord, "advert_int 0.1", "advert_int 5", 1) // who starts within three of them goes on as master
	p := n.xvrrp(file)
	whole := func() error {
		if got := n.shown(); len(got) < len(before)+80 {
			return fmt.Errorf("holds %d things", len(got)-len(before))
		}
		return nil
	}
	testnet.Eventually(t, patience, whole)
	held := n.shown()

	witness := n.Start("stdbuf", "-oL", "ip", "-o", "monitor", "address", "route", "rule")
	testnet.Eventually(t, patience, func() error {
		if strings.Contains(witness.Output(), "198.51.100.77") {
			return nil
		}
		return n.witnessed("rule")
	})
	p.Kill()
	p = n.xvrrp(file)
	testnet.Eventually(t, patience, func() error { return n.inState("MASTER", "VI_1") })
	testnet.Eventually(t, patience, func() error { return same(held, n.shown()) })
	for line := range strings.Lines(witness.Output()) {
		if strings.HasPrefix(line, "Deleted") && !strings.Contains(line, "198.51.100.77") {
			t.Errorf("taken away at the restart: %s", line)
		}
	}

	p.Kill()
	p = n.xvrrp(strings.Replace(fast("VI_1", 200), "eth0", "eth1", 1))
	with := append(slices.Clone(before), "eth1 inet "+fastVIP+"/32 scope global eth1 valid_lft forever preferred_lft forever")
	slices.Sort(with)
	testnet.Eventually(t, patience, func() error { return same(with, n.shown()) })
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	if err := same(before, n.shown()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, n)
}
