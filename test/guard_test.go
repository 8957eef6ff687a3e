package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// guarded is a pair of which b is xvrrp with a guard, and a network that can
// lose adverts while ARP passes.
type guarded struct {
	*lan
	pa, pb *testnet.Process
}

const guardInterval = "0.2"

func newGuarded(t *testing.T, block string, first func(n *node) *testnet.Process) *guarded {
	t.Helper()
	g := &guarded{lan: newLAN(t, peersNetwork)}
	for _, n := range []*node{g.a, g.b, g.c} { // whose multicast would be heard by who is to hear nothing
		n.Sysctl("net/ipv6/conf/all/disable_ipv6", "1")
	}
	g.pa = first(g.a)
	g.owned(peersVIP, "a", patience)
	g.pb = g.b.serving(withOwn(quick(conf(3, "BACKUP", 100, guardInterval)), block))
	testnet.Eventually(t, patience, func() error {
		if s := g.b.instance(); s.Master.Address != g.a.ip {
			return fmt.Errorf("b follows %q", s.Master.Address)
		}
		return nil
	})
	return g
}

func withXVRRP(n *node) *testnet.Process {
	return n.serving(quick(conf(3, "BACKUP", 200, guardInterval)))
}

func withKeepalived(n *node) *testnet.Process {
	return n.keepalived(conf(3, "BACKUP", 200, guardInterval))
}

// lose stops the adverts in both directions.
func (g *guarded) lose() {
	g.sw.Drop(g.a.port, g.b.port, lab.VRRP)
	g.sw.Drop(g.b.port, g.a.port, lab.VRRP)
}

// instance is what a test looks at in the status of VI_1.
type instance struct {
	State, Reason string
	Master        struct{ Address string }
	Held          *struct{ Reason, Text, Remedy string }
	RefusedFrom   []refusedFrom `json:"refused_from"`
	Counters      struct {
		GuardHolds int `json:"guard_holds"`
		Rejected   map[string]int
	}
	SplitBrain bool `json:"split_brain"`
	Contest    *struct {
		Signs []struct{ Sign, Remedy string }
	}
}

type refusedFrom struct {
	Address, MAC, Reason string
	Rejected             map[string]int
	TTL, Priority        int
}

func (n *node) instance() instance {
	n.t.Helper()
	var status struct{ Instances []instance }
	text := n.Run(binary, "--runtime-dir", n.runtimeDir(), "status", "--json")
	if err := json.Unmarshal([]byte(text), &status); err != nil || len(status.Instances) != 1 {
		n.t.Fatalf("status: %v: %s", err, text)
	}
	return status.Instances[0]
}

// holds waits until b puts its takeover off for a reason.
func (g *guarded) holds(reason string) {
	g.t.Helper()
	testnet.Eventually(g.t, patience, func() error {
		s := g.b.instance()
		if s.State != "BACKUP" || s.Held == nil || s.Held.Reason != reason || s.Held.Remedy == "" || s.Counters.GuardHolds != 1 {
			return fmt.Errorf("b is %+v", s)
		}
		return nil
	})
	if got := sample(g.b.get(metricsURL), "xvrrp_guard_holds_total"); got != 1 {
		g.t.Errorf("xvrrp_guard_holds_total is %v", got)
	}
	if text := g.b.Run(binary, "--runtime-dir", g.b.runtimeDir(), "explain", "VI_1"); !strings.Contains(text, "put off") {
		g.t.Errorf("explain does not tell it:\n%s", text)
	}
	if text := g.b.Run(binary, "--runtime-dir", g.b.runtimeDir(), "status"); !strings.Contains(text, "takeover put off") {
		g.t.Errorf("status does not tell it:\n%s", text)
	}
}

// tookOver checks why b is master.
func (g *guarded) tookOver(reason string) {
	g.t.Helper()
	testnet.Eventually(g.t, patience, func() error {
		if s := g.b.instance(); s.State != "MASTER" || s.Reason != reason || s.Held != nil {
			return fmt.Errorf("b is %+v, want MASTER for %s", s, reason)
		}
		return nil
	})
}

// With alarm, the default, a takeover happens on time and says who still
// answers; with off nobody is asked.
func TestGuardAlarm(t *testing.T) {
	for _, c := range []struct {
		guard string
		tells bool
	}{{"alarm", true}, {"off", false}} {
		t.Run(c.guard, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, "split_brain_guard "+c.guard, withXVRRP)
			mac := g.a.Link("eth0").Attrs().HardwareAddr.String()
			g.lose()
			g.owned(peersVIP, "a b", patience)
			g.tookOver("no_advert")
			if !c.tells {
				g.a.split(1) // b announced itself
				for _, e := range g.b.events() {
					if e.Kind == "guard" || e.Reason == "probe" {
						t.Errorf("somebody was asked: %+v", e)
					}
				}
				return
			}
			if e := g.b.happened("guard", "still_answers"); e.Evidence.MAC != mac || e.Evidence.Address != peersVIP || e.Evidence.Remedy == "" {
				t.Errorf("the event has not the evidence: %+v", e)
			}
			says(t, g.pb, "takes over although "+peersVIP+" still answers from "+mac+", the old master's", patience)
			g.a.split(1)
			g.b.split(1)
			g.a.happened("conflict", "claim") // b's announcement
			g.b.happened("conflict", "probe")
			for _, n := range g.nodes {
				n.tellsOnce()
			}
			testnet.Throughout(t, 6*time.Second, func() error { // longer than it takes to be over: both ask
				for _, n := range g.nodes {
					if got := sample(n.get(metricsURL), "xvrrp_split_brain"); got != 1 {
						return fmt.Errorf("xvrrp_split_brain of %s is %v while there are two", n.Name, got)
					}
				}
				return nil
			})
			g.sw.Forward()
			g.owned(peersVIP, "a", patience)
			g.a.split(0)
			g.b.split(0)
		})
	}
}

// tellsOnce checks that the history of two masters is one story: that they are two, once,
// and then each sign, in a sentence that no other event repeats.
func (n *node) tellsOnce() {
	n.t.Helper()
	began, told := 0, map[string]string{}
	for _, e := range n.events() {
		switch {
		case e.Kind == "split_brain" && e.Reason == "began":
			began++
		case e.Kind != "conflict" && e.Kind != "split_brain":
			continue
		}
		if before, twice := told[e.Text]; twice {
			n.t.Errorf("%s tells %q twice: as %s and as %s %s", n.Name, e.Text, before, e.Kind, e.Reason)
		}
		told[e.Text] = e.Kind + " " + e.Reason
		if began == 0 {
			n.t.Errorf("%s tells a sign before there are two masters: %+v", n.Name, e)
		}
	}
	if began != 1 || len(told) < 2 {
		n.t.Errorf("%s tells of two masters %d times, and in all %v", n.Name, began, told)
	}
}

// With hold, b stays BACKUP as long as the living master answers, whatever
// becomes of the adverts, and takes over when it dies or freezes, because its fence
// makes it silent. A master that dies without more ado is not waited for at all.
func TestGuardHold(t *testing.T) {
	const hold = "split_brain_guard hold\n    guard_hold_limit 1h"
	for _, c := range []struct {
		name string
		end  func(*testnet.Process)
	}{
		{"kill -9", func(p *testnet.Process) { p.Kill() }},
		{"SIGSTOP", func(p *testnet.Process) { p.Freeze() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, hold, withXVRRP)
			g.lose()
			g.holds("still_answers")
			mac := g.a.Link("eth0").Attrs().HardwareAddr.String()
			says(t, g.pb, "takeover put off: "+peersVIP+" still answers from "+mac, patience)
			if e := g.b.happened("guard", "hold"); e.Evidence.MAC != mac || e.Evidence.Remedy == "" {
				t.Errorf("the event has not the evidence: %+v", e)
			}
			g.stays(peersVIP, "a", 3*time.Second)
			c.end(g.pa)
			g.tookOver("no_advert")
			g.answers(peersVIP, g.b, patience)
		})
		t.Run(c.name+", adverts pass", func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, hold, withXVRRP)
			c.end(g.pa)
			g.tookOver("no_advert")
			g.answers(peersVIP, g.b, patience)
			// Its lease counts from the last sign of life, which may come up to an interval after the last advert.
			if s := g.b.instance(); s.Counters.GuardHolds != 0 {
				off := regexp.MustCompile(`put_off=(\S+)`).FindStringSubmatch(g.pb.Output())
				if off == nil {
					t.Fatalf("a dead master was waited for: %+v", s)
				}
				if d, err := time.ParseDuration(off[1]); err != nil || d >= time.Second {
					t.Errorf("a dead master was waited for, %s: %+v", off[1], s)
				}
			}
		})
	}
	t.Run("adverts come back", func(t *testing.T) {
		t.Parallel()
		g := newGuarded(t, hold, withXVRRP)
		g.lose()
		g.holds("still_answers")
		g.sw.Forward()
		says(t, g.pb, "takeover not needed: an advert of "+g.a.ip, patience)
		g.stays(peersVIP, "a", time.Second)
		if s := g.b.instance(); s.State != "BACKUP" || s.Held != nil {
			t.Errorf("b is %+v", s)
		}
	})
}

// A peer without a fence, keepalived, goes on answering when it is dead: the
// limit ends the wait. So it does for one that lives.
func TestGuardHoldLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*guarded)
	}{
		{"alive", func(g *guarded) { g.lose() }},
		{"dead", func(g *guarded) { g.pa.Kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, "split_brain_guard hold\n    guard_hold_limit 5s", withKeepalived)
			c.end(g)
			g.holds("still_answers")
			g.owned(peersVIP, "a b", patience)
			g.tookOver("hold_limit")
			says(t, g.pb, "Entering MASTER STATE\" reason=hold_limit", patience)
			if text := g.b.Run(binary, "--runtime-dir", g.b.runtimeDir(), "explain", "VI_1"); !strings.Contains(text, "was put off for") {
				t.Errorf("explain does not tell how long:\n%s", text)
			}
		})
	}
}

// A node that hears nothing at all says so, and waits if it is told to.
func TestIsolated(t *testing.T) {
	cut := func(g *guarded) { g.sw.Drop(nil, g.b.port, lab.Everything) }
	t.Run("alarm", func(t *testing.T) {
		t.Parallel()
		g := newGuarded(t, "", withXVRRP)
		// Right after an advert: any other frame before the cut would be a sign of life.
		wire := g.b.Capture("eth0")
		testnet.Eventually(t, patience, func() error {
			if len(advertsOf(wire, g.a, 51)) == 0 {
				return errors.New("no advert of a on b")
			}
			return nil
		})
		cut(g)
		g.tookOver("no_advert")
		if e := g.b.happened("guard", "deaf"); e.Evidence.Remedy == "" {
			t.Errorf("the event names no remedy: %+v", e)
		}
		says(t, g.pb, "not one frame came in for", patience)
	})
	t.Run("always", func(t *testing.T) {
		t.Parallel()
		g := newGuarded(t, "isolated always", withXVRRP)
		cut(g)
		g.holds("deaf")
		g.stays(peersVIP, "a", 2*time.Second)
		g.sw.Forward()
		testnet.Eventually(t, patience, func() error { // an advert came first, or an answer
			if s := g.b.instance(); s.State != "BACKUP" || s.Held != nil {
				return fmt.Errorf("b is %+v", s)
			}
			return nil
		})
		g.stays(peersVIP, "a", 2*time.Second)
	})
	t.Run("hold", func(t *testing.T) {
		t.Parallel()
		g := newGuarded(t, "isolated hold\n    guard_hold_limit 5s", withXVRRP)
		cut(g)
		g.holds("deaf")
		g.tookOver("hold_limit")
	})
	t.Run("not alone", func(t *testing.T) {
		t.Parallel()
		g := newGuarded(t, "isolated always", withXVRRP)
		g.c.Ping(g.b.ip, 20*time.Millisecond) // somebody is heard
		g.pa.Kill()
		g.tookOver("no_advert")
	})
}

// A witness that answers clears a node; one that does not makes it say so, and
// wait if it is told to.
func TestWitness(t *testing.T) {
	const nobody = "10.9.0.77"
	for _, c := range []struct {
		name, block string
		tells       bool
	}{
		{"answers", "witness 10.9.0.9\n    witness_wait always", false},
		{"silent", "witness " + nobody, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, c.block, withXVRRP)
			g.pa.Kill()
			g.tookOver("no_advert")
			if c.tells {
				g.b.happened("guard", "witness_silent")
				says(t, g.pb, "takes over although no witness answers", patience)
			} else if text := g.b.Run(binary, "--runtime-dir", g.b.runtimeDir(), "events"); strings.Contains(text, "witness") {
				t.Errorf("the witness that answers was doubted:\n%s", text)
			}
		})
	}
	t.Run("waits", func(t *testing.T) {
		t.Parallel()
		g := newGuarded(t, "witness "+nobody+"\n    witness_wait always", withXVRRP)
		g.pa.Kill()
		g.holds("witness_silent")
		g.stays(peersVIP, "a", 2*time.Second) // the dead one's, fenced
		g.c.AddAddress("eth0", nobody+"/24")  // the gateway is there again
		g.tookOver("no_advert")
	})
}
