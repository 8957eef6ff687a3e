package test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

const elsewhereVIP = "10.8.0.100"

// elsewhere is a configuration whose second address lives on eth1, on which no adverts are sent.
func elsewhere(priority int) string {
	return quick(strings.Replace(conf(3, "BACKUP", priority, "0.2"), peersVIP+"/24", peersVIP+"/24\n        "+elsewhereVIP+"/24 dev eth1", 1))
}

// An address on another interface than the instance's own is watched there: who claims it is told, with the MAC, also where the
// adverts are received through a packet socket. And it is fenced there.
func TestSecondMasterOnAnotherInterface(t *testing.T) {
	for _, plane := range []string{"auto", "socket"} {
		t.Run(plane, func(t *testing.T) {
			t.Parallel()
			l := newTwoLANs(t)
			// Nobody is asked: what is heard is what was said unasked.
			p := l.a.serving(withOwn(elsewhere(200), "split_brain_guard off\ndataplane "+plane))
			l.owned(elsewhereVIP, "a", patience)
			says(t, p, "watching addresses on eth1", patience)
			all := net.HardwareAddr{255, 255, 255, 255, 255, 255}
			vip := netip.MustParseAddr(elsewhereVIP)
			here, there := l.senderOn("eth0"), l.senderOn("eth1")
			if err := here(claimsFor(vip, 1, vip, all)); err != nil { // on the wrong link, where nobody asks for it
				t.Fatal(err)
			}
			if err := there(claimsFor(vip, 1, vip, all)); err != nil {
				t.Fatal(err)
			}
			if e := l.a.happened("conflict", "claim"); e.Evidence.MAC != net.HardwareAddr(attacker).String() || e.Evidence.Address != elsewhereVIP {
				t.Errorf("the event has not the evidence: %+v", e)
			}
			l.a.split(1)
			if got := sample(l.a.get(metricsURL), "xvrrp_vip_conflicts_total", `address="`+elsewhereVIP); got != 1 {
				t.Errorf("%v conflicts are counted, want the one on eth1", got)
			}
			l.a.split(0)
			if plane == "socket" {
				return // no fence without BPF
			}
			if answers := l.c.WhoHas("eth1", elsewhereVIP, patience/30); len(answers) != 1 {
				t.Fatalf("%s is answered for by %v", elsewhereVIP, answers)
			}
			p.Kill()
			testnet.Eventually(t, patience, func() error {
				if answers := l.c.WhoHas("eth1", elsewhereVIP, patience/100); len(answers) > 0 {
					return fmt.Errorf("%s of a dead daemon is answered for by %v", elsewhereVIP, answers)
				}
				return nil
			})
		})
	}
}

// A reload that moves an address to another interface moves the watch, and one that takes it away ends it.
func TestWatchElsewhereFollowsTheFile(t *testing.T) {
	t.Parallel()
	l := newTwoLANs(t)
	plain := quick(conf(3, "BACKUP", 200, "0.2"))
	l.a.serving(plain)
	l.owned(peersVIP, "a", patience)
	for _, step := range []struct {
		conf string
		want float64
	}{{elsewhere(200), 1}, {plain, -1}, {elsewhere(200), 1}} {
		l.a.write("keepalived.conf", step.conf)
		l.a.Run(binary, "--runtime-dir", l.a.runtimeDir(), "reload")
		testnet.Eventually(t, patience, func() error {
			if got := sample(l.a.get(metricsURL), "xvrrp_dataplane_info", `interface="eth1"`); got != step.want {
				return fmt.Errorf("xvrrp_dataplane_info of eth1 is %v, want %v", got, step.want)
			}
			return nil
		})
	}
	l.owned(peersVIP, "a", patience)
}
