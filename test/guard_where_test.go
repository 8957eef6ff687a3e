package test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// The guard asks in every kind of network and setting: IPv6, where neighbours are solicited, and virtual MACs, which are the same
// on both nodes: who answers there cannot be told by its MAC, and need not be, since nobody but another master has it.
func TestGuardWherever(t *testing.T) {
	for _, c := range []struct {
		name, vip, mac string // "": a's own
		conf           func(priority int, words string) string
	}{
		{"IPv6", vip6, "", func(p int, words string) string {
			return strings.ReplaceAll(quick(conf6(p, guardInterval)), "VI_6", "VI_1") + "xvrrp {\n" + words + "\n}\n"
		}},
		{"use_vmac", peersVIP, virtualMAC, func(p int, words string) string { return quick(vmacConf(p)) + "xvrrp {\n" + words + "\n}\n" }},
		{"virtual_mac bpf", peersVIP, virtualMAC, func(p int, words string) string { return byBPF(quick(vmacConf(p))) + "xvrrp {\n" + words + "\n}\n" }},
	} {
		start := func(t *testing.T, words string) *guarded {
			t.Helper()
			g := &guarded{lan: newLAN(t, peersNetwork)}
			g.pa = g.a.serving(c.conf(200, ""))
			g.owned(c.vip, "a", patience)
			g.pb = g.b.serving(c.conf(100, words))
			testnet.Eventually(t, patience, func() error {
				if s := g.b.instance(); s.Master.Address == "" {
					return fmt.Errorf("b follows nobody")
				}
				return nil
			})
			return g
		}
		macs := func(g *guarded) []string {
			if c.mac != "" {
				return []string{c.mac}
			}
			return []string{g.a.Link("eth0").Attrs().HardwareAddr.String()}
		}
		t.Run(c.name+", hold", func(t *testing.T) {
			t.Parallel()
			g := start(t, "split_brain_guard hold\n    guard_hold_limit 1h")
			g.lose()
			g.holds("still_answers")
			if e := g.b.happened("guard", "hold"); !slices.Contains(macs(g), e.Evidence.MAC) || e.Evidence.Remedy == "" {
				t.Errorf("the event has not the evidence: %+v, a has %v", e, macs(g))
			}
			g.stays(c.vip, "a", 3*time.Second)
			g.pa.Kill() // and its fence makes it silent
			g.tookOver("no_advert")
		})
		t.Run(c.name+", alarm", func(t *testing.T) {
			t.Parallel()
			g := start(t, "")
			g.lose()
			g.owned(c.vip, "a b", patience)
			g.tookOver("no_advert")
			if e := g.b.happened("guard", "still_answers"); !slices.Contains(macs(g), e.Evidence.MAC) || e.Evidence.Remedy == "" {
				t.Errorf("the event has not the evidence: %+v, a has %v", e, macs(g))
			}
			g.a.split(1)
			g.b.split(1)
			g.sw.Forward()
			g.owned(c.vip, "a", patience)
			g.a.split(0)
			g.b.split(0)
		})
	}
}

// states are those of all instances of a node, in order.
func (n *node) states() (list []string) {
	n.t.Helper()
	var status struct{ Instances []instance }
	text := n.Run(binary, "--runtime-dir", n.runtimeDir(), "status", "--json")
	if err := json.Unmarshal([]byte(text), &status); err != nil || len(status.Instances) == 0 {
		n.t.Fatalf("status: %v: %s", err, text)
	}
	for _, s := range status.Instances {
		list = append(list, s.State)
	}
	return list
}

// A sync group is held as one, and takes over as one.
func TestGuardOfAGroup(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	all := func(want string) {
		t.Helper()
		testnet.Eventually(t, patience, func() error {
			if got := l.b.states(); len(got) != 2 || got[0] != want || got[1] != want {
				return fmt.Errorf("b is %v, want %s in both", got, want)
			}
			return nil
		})
	}
	pa := l.a.serving(l.a.pairConf(200))
	l.owned("10.9.1.1", "a", patience)
	l.owned("10.9.1.2", "a", patience)
	pb := l.b.serving(withOwn(l.b.pairConf(100), "split_brain_guard hold\n    guard_hold_limit 1h"))
	all("BACKUP")
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
	says(t, pb, "takeover put off: ", patience)
	l.b.happened("guard", "hold")
	l.stays("10.9.1.1", "a", 2*time.Second)
	l.stays("10.9.1.2", "a", time.Second)
	pa.Kill()
	all("MASTER")
}

// A master asks for its address through every interface of the same LAN: who
// has it beyond a switch that keeps eth0 from it is found from eth1.
func TestSecondInterfaceFindsTheOther(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.sw.Connect(l.a.Host, "eth1", "10.9.0.11/24")
	l.sw.Drop(l.a.port, l.c.port, lab.Everything)
	l.sw.Drop(l.c.port, l.a.port, lab.Everything)
	p := l.a.serving(quick(conf(3, "BACKUP", 200, guardInterval)))
	l.owned(peersVIP, "a", patience)
	l.a.split(0)
	l.c.AddAddress("eth0", peersVIP+"/32")
	mac := l.c.Link("eth0").Attrs().HardwareAddr.String()
	if e := l.a.happened("conflict", "probe"); e.Evidence.MAC != mac || e.Evidence.Address != peersVIP || e.Evidence.Remedy == "" {
		t.Errorf("the event has not the evidence: %+v, c is %s", e, mac)
	}
	l.a.split(1)
	says(t, p, "two masters: began", patience)
	l.c.DeleteAddress("eth0", peersVIP+"/32")
	l.a.split(0)
}
