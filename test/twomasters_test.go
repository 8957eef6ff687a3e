package test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// event is what a test looks at in a line of `xvrrp events --json`.
type event struct {
	Kind, Instance, Reason, Text string
	Evidence                     struct {
		MAC, Address, Remedy, Master string
	}
}

// events are those of a node so far.
func (n *node) events() (list []event) {
	n.t.Helper()
	text := n.Run(binary, "--runtime-dir", n.runtimeDir(), "events", "--json")
	for line := range strings.Lines(text) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			n.t.Fatalf("%v: %s", err, line)
		}
		list = append(list, e)
	}
	return list
}

// happened waits for an event of a kind and reason and returns it.
func (n *node) happened(kind, reason string) (e event) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		for _, one := range n.events() {
			if one.Kind == kind && one.Reason == reason {
				e = one
				return nil
			}
		}
		return fmt.Errorf("no event %s %s on %s among %v", kind, reason, n.Name, n.events())
	})
	return e
}

const metricsURL = "http://127.0.0.1:9112/metrics"

// split waits until a node's metric says that there are two masters, or that there are not.
func (n *node) split(want float64) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		if got := sample(n.get(metricsURL), "xvrrp_split_brain"); got != want {
			return fmt.Errorf("xvrrp_split_brain of %s is %v, want %v", n.Name, got, want)
		}
		return nil
	})
}

// withOwn puts an xvrrp block behind a configuration.
func withOwn(conf, block string) string { return conf + "xvrrp {\n" + block + "\n}\n" }

// quick shortens the pause between announcements, by which the end of a split
// is judged.
func quick(conf string) string {
	return strings.Replace(conf, "    virtual_ipaddress {", "    garp_master_delay 1\n    virtual_ipaddress {", 1)
}

// The second master shows in an advert that is for no virtual router of ours:
// another VRID (field case 3), the other family, another version, another
// password, our own source address. keepalived is that master. Each
// is told with its remedy, also to the script that asked for it.
func TestSecondMasterInForeignAdverts(t *testing.T) {
	swap := func(conf string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(conf) }
	pass := func(word string, priority int) string {
		return swap(conf(2, "BACKUP", priority, "1"), "    virtual_ipaddress {", authentication("PASS", word)+"\n    virtual_ipaddress {")
	}
	for _, c := range []struct {
		name, ours, theirs, sign string
	}{
		{"another VRID", conf(3, "BACKUP", 200, "0.2"), swap(conf(3, "BACKUP", 100, "0.2"), "router_id 51", "router_id 50"), "other_vrid"},
		{"another version", conf(3, "BACKUP", 200, "1"), conf(2, "BACKUP", 100, "1"), "other_version"},
		{"another password", pass("one", 200), pass("two", 100), "refused_advert"},
		{"the other family", swap(conf(3, "BACKUP", 200, "0.2"), "    virtual_ipaddress {", "    virtual_ipaddress_excluded {\n        fe80::99/64\n    }\n    virtual_ipaddress {"),
			swap(conf(3, "BACKUP", 100, "0.2"), peersVIP+"/24", "fe80::99/64"), "other_family"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			told := l.a.write("told", "#!/bin/sh\necho \"$@\" >> "+l.a.dir+"/args\n")
			l.a.Run("chmod", "755", told)
			p := l.a.serving(withOwn(quick(c.ours), "notify_split_brain \""+told+" split\""))
			l.owned(peersVIP, "a", patience)
			k := l.b.keepalived(c.theirs)
			e := l.a.happened("conflict", c.sign)
			if e.Evidence.Remedy == "" || !strings.Contains(e.Evidence.Master, "10.9.0.2") && !strings.HasPrefix(e.Evidence.Master, "fe80::") {
				t.Errorf("the event has not the evidence: %+v", e)
			}
			l.a.split(1)
			if !strings.Contains(p.Output(), "remedy=\"") {
				t.Errorf("the log names no remedy:\n%s", p.Output())
			}
			if err := k.Stop(patience); err != nil {
				t.Error(err)
			}
			l.a.split(0)
			says(t, p, "two masters: ended", patience)
			testnet.Eventually(t, patience, func() error {
				text, err := os.ReadFile(filepath.Join(l.a.dir, "args"))
				want := "split INSTANCE VI_1 SPLIT_BRAIN 200\nsplit INSTANCE VI_1 SPLIT_BRAIN_OVER 200\n"
				if err != nil || string(text) != want {
					return fmt.Errorf("the script was told %q (%v), want %q", text, err, want)
				}
				return nil
			})
		})
	}
}

// A node with our source address sends adverts that no priority can part from
// ours. The kernel program refuses them; they are a sign by their MAC.
func TestSameSourceAddress(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.a.serving(conf(3, "BACKUP", 200, "1"))
	l.owned(peersVIP, "a", patience)
	send := l.sender()
	testnet.Eventually(t, patience, func() error {
		if err := send(junkAdvert(l.a.ip, func(a *wire.Advert) { a.Priority = 200 })); err != nil {
			return err
		}
		for _, e := range l.a.events() {
			if e.Kind == "conflict" && e.Reason == "same_source" {
				if e.Evidence.MAC != "02:00:00:00:00:66" {
					t.Errorf("the event names not who sends: %+v", e)
				}
				return nil
			}
		}
		return fmt.Errorf("no event")
	})
	l.a.split(1)
}

// Whoever has not asked for it is told nothing that keepalived does not tell.
func TestSplitBrainIsToldOnRequestOnly(t *testing.T) {
	for _, c := range []struct {
		name, block string
		want        []string
	}{
		{"not asked", "", nil},
		{"asked", "notify_fifo_split_brain on", []string{`INSTANCE "VI_1" SPLIT_BRAIN 200`, `INSTANCE "VI_1" SPLIT_BRAIN_OVER 200`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			l.a.Run("mkfifo", l.a.dir+"/fifo")
			l.a.Start("sh", "-c", fmt.Sprintf("exec cat %[1]s/fifo >> %[1]s/lines", l.a.dir))
			general := l.a.write("general", "#!/bin/sh\necho \"$3\" >> "+l.a.dir+"/states\n")
			l.a.Run("chmod", "755", general)
			ours := strings.Replace(quick(conf(3, "BACKUP", 200, "0.2")), "global_defs {", "global_defs {\n    script_user root\n    vrrp_notify_fifo "+l.a.dir+"/fifo", 1)
			ours = strings.Replace(ours, "    virtual_ipaddress {", "    notify "+general+"\n    virtual_ipaddress {", 1)
			l.a.serving(withOwn(ours, c.block))
			l.owned(peersVIP, "a", patience)
			k := l.b.keepalived(strings.Replace(conf(3, "BACKUP", 100, "0.2"), "router_id 51", "router_id 50", 1))
			l.a.split(1)
			if err := k.Stop(patience); err != nil {
				t.Error(err)
			}
			l.a.split(0)
			l.a.happened("split_brain", "ended")
			testnet.Eventually(t, patience, func() error {
				var got []string
				for _, line := range l.a.told("lines", "VI_1") {
					if strings.Contains(line, "SPLIT_BRAIN") {
						got = append(got, line)
					}
				}
				if !slices.Equal(got, c.want) {
					return fmt.Errorf("the FIFO got %q, want %q", got, c.want)
				}
				return nil
			})
			states, err := os.ReadFile(filepath.Join(l.a.dir, "states"))
			if err != nil || strings.Contains(string(states), "SPLIT") {
				t.Errorf("notify was told %q (%v)", states, err)
			}
		})
	}
}

// A master that another one cannot hear hears the other: one-way loss. Both say
// so, and when it is over the loser yields, the winner announces again, and both
// say for how long it lasted and who announced last.
func TestHealing(t *testing.T) {
	for _, c := range []struct {
		name         string
		prioA, prioB int
		drop         func(l *lan)
	}{
		{"both ways", 200, 100, func(l *lan) {
			l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
			l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
		}},
		{"one way", 200, 100, func(l *lan) { l.sw.Drop(l.a.port, l.b.port, lab.VRRP) }},
		{"equal priorities", 150, 150, func(l *lan) {
			l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
			l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			c.drop(l)
			a := l.a.serving(quick(conf(3, "BACKUP", c.prioA, "0.2")))
			l.owned(peersVIP, "a", patience)
			b := l.b.serving(quick(conf(3, "BACKUP", c.prioB, "0.2")))
			l.owned(peersVIP, "a b", patience)
			l.a.split(1)
			l.b.split(1)
			winner, loser, won, lost := l.a, l.b, a, b
			if c.prioA == c.prioB {
				winner, loser, won, lost = l.b, l.a, b, a // the higher address
			}
			if winner.ip < loser.ip && c.prioA == c.prioB {
				t.Fatalf("%s is not the higher address", winner.ip)
			}
			heard := l.c.Capture("eth0")
			l.sw.Forward()
			l.owned(peersVIP, winner.Name, patience)
			l.a.split(0)
			l.b.split(0)
			for who, p := range map[*node]*testnet.Process{winner: won, loser: lost} {
				e := who.happened("split_brain", "ended")
				if !strings.Contains(e.Text, "it lasted ") || !strings.Contains(e.Text, "the last announcement was ") {
					t.Errorf("%s says not how long nor who was last: %+v", who.Name, e)
				}
				says(t, p, "two masters: ended", patience)
			}
			if e := loser.happened("split_brain", "ended"); !strings.Contains(e.Text, "we yield to "+winner.ip) {
				t.Errorf("the loser says not to whom it yields: %+v", e)
			}
			mac := [6]byte(winner.Link("eth0").Attrs().HardwareAddr)
			testnet.Eventually(t, patience, func() error {
				again := heard.Matching(func(f lab.Frame) bool { return announces(f.Data, mac) })
				if len(again) == 0 {
					return fmt.Errorf("the winner has not announced again")
				}
				return nil
			})
			l.answers(peersVIP, winner, patience)
		})
	}
}

// announces reports whether a frame is a gratuitous ARP for the VIP.
func announces(frame []byte, mac [6]byte) bool {
	vip := netip.MustParseAddr(peersVIP).As4()
	return len(frame) >= 42 && frame[12] == 8 && frame[13] == 6 && [6]byte(frame[22:28]) == mac &&
		[4]byte(frame[28:32]) == vip && [4]byte(frame[38:42]) == vip
}

// Unicast peers that do not name each other make two masters; a reload that
// mends the list heals them.
func TestHealingByReload(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	unicast := func(n *node, peer string, priority int) string {
		return quick(strings.Replace(conf(3, "BACKUP", priority, "0.2"), "    virtual_ipaddress {",
			fmt.Sprintf("    unicast_src_ip %s\n    unicast_peer {\n        %s\n    }\n    virtual_ipaddress {", n.ip, peer), 1))
	}
	l.a.serving(unicast(l.a, "10.9.0.77", 200))
	l.owned(peersVIP, "a", patience)
	l.b.serving(unicast(l.b, l.a.ip, 100))
	l.owned(peersVIP, "a b", patience)
	l.a.split(1)
	l.a.happened("conflict", "refused_advert") // b's, who is no peer
	l.b.split(1)
	l.a.write("keepalived.conf", unicast(l.a, l.b.ip, 200))
	l.a.Run(binary, "--runtime-dir", l.a.runtimeDir(), "reload")
	l.owned(peersVIP, "a", patience)
	l.a.split(0)
	l.b.split(0)
	l.answers(peersVIP, l.a, patience)
}
