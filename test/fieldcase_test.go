package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// Each question of the field cases has a test that builds the fault and asks as
// a person would:
//
//	F1   TestNoFirewallBlindsXVRRP, TestOperatorExplainsTakeover (explain names the rule that would have)
//	F2   TestOperatorExplainsTakeover, TestOperatorExplainsRefusal, TestOperatorExplainsTTL
//	F3   TestBadInputIsRefused, TestOperatorDoctorBadConfig, TestOperatorSaysWhatItRead
//	F4   TestOperatorUnicast
//	F5   TestOperatorAsksFromOutside
//	F6   TestOperatorExplainsUselessCheck, TestOperatorCheckComparesTheNodes
//	F7   TestOperatorDoctor
//	F8   TestOperatorWho
//	F9   TestOperatorWatchTwoVRIDs, TestOperatorWatchConflicts
//	F10  TestOperatorLogPhrases
//	F11  TestTwoMastersAreSeen, TestOperatorSeesTwoMasters, TestAlertRules
//	F12  TestOperatorCheckComparesTheNodes
//	F13  TestOperatorDrill, TestOperatorReleaseAsksTheBackup
//	F14  TestRecordedCase2, TestRecordedCase2First, TestOperatorCheckComparesTheNodes
func TestFieldCasesAreTested(t *testing.T) {
	text, err := os.ReadFile("fieldcase_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	list, _, _ := strings.Cut(string(text), "\nfunc TestFieldCases")
	questions := 0
	for line := range strings.Lines(list) {
		number, names, found := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "//")), "  ")
		if !found || !strings.HasPrefix(number, "F") {
			continue
		}
		if questions++; number != fmt.Sprintf("F%d", questions) {
			t.Errorf("%s is not the question after F%d", number, questions-1)
		}
		names, _, _ = strings.Cut(names, " (")
		for name := range strings.SplitSeq(names, ",") {
			if name = strings.TrimSpace(name); !strings.Contains(all.String(), "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("%s: there is no %s", number, name)
			}
		}
	}
	if questions != 14 {
		t.Errorf("%d questions", questions)
	}
}

// F2: the master's adverts arrive with a TTL that says that they crossed a
// router. The takeover is told with what the kernel refused since the last good
// one, and why.
func TestOperatorExplainsTTL(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.keepalived(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(case1("BACKUP", "80"))
	says(t, b, "master set to "+l.a.ip, patience)
	l.a.Run("nft", "add table ip lower; add chain ip lower out { type filter hook postrouting priority 0; }; add rule ip lower out ip protocol 112 ip ttl set 64")
	l.owned(case1VIP, "a b", patience)
	l.b.tells(0, words("explain VI_1"), "VI_1: MASTER since", "no advert within the down interval",
		"Last advert from "+l.a.ip+" ("+l.a.Link("eth0").Attrs().HardwareAddr.String()+", priority 90) was", "old at the deadline (limit 3.6875 s)",
		"Since then the kernel refused", "of protocol 112 on eth0 (ttl ", "of VRID 51 had been refused (ttl ", "the last with TTL 64",
		"problem:", "their TTL or hop limit is not 255 (the last one's is 64) [ttl]", "remedy: `xvrrp watch -i eth0` names the sender's MAC")
	l.b.tells(0, words("watch -i eth0 --for 2s"), l.a.ip+" > 224.0.0.18 VRRPv2 vrid 51 prio 90 every 1 s ttl 64", "REFUSED")
}

// F3: a daemon names what it read and what that holds.
func TestOperatorSaysWhatItRead(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	for _, file := range []string{l.a.dir + "/none.conf", l.a.write("empty.conf", "")} {
		if out, code := l.a.ask("run", "-f", file); code != 2 || !strings.Contains(out, file) || !strings.Contains(out, "remedy:") {
			t.Errorf("exit %d:\n%s", code, out)
		}
	}
	text := case1("MASTER", "90")
	a := l.a.xvrrp(text)
	says(t, a, fmt.Sprintf("Configuration file %s/keepalived.conf\" bytes=%d lines=%d", l.a.dir, len(text), strings.Count(text, "\n")), patience)
	out := strings.Join(strings.Fields(l.a.tells(0, words("status"))), "")
	want := fmt.Sprintf("read%s/keepalived.conf(%dlines,%dbytes)", l.a.dir, strings.Count(text, "\n"), len(text))
	if !strings.Contains(out, want) { // a long path is broken over lines
		t.Errorf("status does not say %q:\n%s", want, out)
	}
}

// F4: a network that carries no multicast. Unicast peers, both families, and
// the commands say to whom.
func TestOperatorUnicast(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.sw.Drop(nil, nil, lab.Multicast)
	for _, n := range l.nodes {
		n.AddAddress("eth0", "2001:db8::"+n.ip[len(n.ip)-1:]+"/64")
	}
	file := func(own, peer *node, priority int) string {
		six := func(n *node) string { return "2001:db8::" + n.ip[len(n.ip)-1:] }
		text := vrrp(51, priority, "unicast_src_ip "+own.ip, "unicast_peer {", peer.ip, "}")
		return text + strings.NewReplacer("VI_1", "VI_6", case1VIP, "fe80::200", own.ip, six(own), peer.ip, six(peer)).Replace(text)
	}
	first := func(text string) string { one, _, _ := strings.Cut(text, "vrrp_instance VI_6"); return one }
	l.a.xvrrp(first(file(l.a, l.b, 100)))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(first(file(l.b, l.a, 90)))
	says(t, b, "master set to "+l.a.ip, patience)
	l.stays(case1VIP, "a", 4*time.Second)

	l.sw.Forward() // neighbour discovery is multicast, in a cloud too
	l.a.write("keepalived.conf", file(l.a, l.b, 100))
	l.a.tells(0, words("reload"), "reloaded")
	l.owned("fe80::200", "a", patience)
	l.b.write("keepalived.conf", file(l.b, l.a, 90))
	l.b.tells(0, words("reload"), "reloaded")
	testnet.Eventually(t, patience, func() error {
		out, _ := l.b.ask("status")
		if strings.Count(out, "BACKUP") != 2 || strings.Count(out, "ago") < 2 {
			return fmt.Errorf("b:\n%s", out)
		}
		return nil
	})
	l.b.tells(0, words("explain VI_1"), "every 1 s by unicast to "+l.a.ip, "The master is "+l.a.ip)
	l.b.tells(0, words("explain VI_6"), "IPv6, VRRPv3", "every 1 s by unicast to 2001:db8::1", "The master is 2001:db8::1")
	l.b.tells(0, words("watch -i eth0 --for 3s"), "> "+l.b.ip+" VRRPv2 vrid 51 prio 100")
}

// F6 and F12, F14: what cannot work is said before it happens, for the recorded
// files as they are.
func TestOperatorCheckComparesTheNodes(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	a := l.a.write("a.conf", recorded(t, "case2-raised"))
	b := l.a.write("b.conf", second(recorded(t, "case2-first"), "99"))
	for _, args := range [][]string{{"check", "--offline", "-f", a, "--peer", b}, {"check", "--offline", "-f", b, "--peer", a}} {
		out, code := l.a.ask(args...)
		if !strings.Contains(out, "chk_haproxy") || !strings.Contains(out, "remedy:") || code != 0 {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
	out, _ := l.a.ask("check", "--offline", "-f", l.a.write("a4.conf", recorded(t, "case4-a")), "--peer", l.a.write("b4.conf", recorded(t, "case4-b")))
	for _, code := range []string{"[not-link-local]", "[group-of-one]", "[peer-interval]"} {
		if !strings.Contains(out, code) {
			t.Errorf("case 4 without %s:\n%s", code, out)
		}
	}
	equal := l.a.write("equal.conf", vrrp(51, 100))
	if out, _ := l.a.ask("check", "--offline", "-f", equal, "--peer", equal); !strings.Contains(out, "[peer-equal]") {
		t.Errorf("equal priorities:\n%s", out)
	}
}

// F9: what contradicts on the wire, from a third host.
func TestOperatorWatchConflicts(t *testing.T) {
	pass := []string{"authentication {", "auth_type PASS", "auth_pass one", "}"}
	for _, c := range []struct {
		name, code, says string
		a, b             string
	}{
		{"two senders", "two_senders", "are Active at the same time", vrrp(51, 100), vrrp(51, 90)},
		{"versions", "version", "says version", vrrp(51, 100, "version 2"), vrrp(51, 90, "version 3")},
		{"intervals", "interval", "says interval", vrrp(51, 100), strings.Replace(vrrp(51, 90), "advert_int 1", "advert_int 2", 1)},
		{"authentication", "authentication", "says authentication", vrrp(51, 100), vrrp(51, 90, pass...)},
		{"addresses", "addresses", "says addresses", vrrp(51, 100), strings.Replace(vrrp(51, 90), case1VIP, "192.168.14.77", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, case1Network)
			l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
			l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
			l.a.xvrrp(c.a)
			l.b.xvrrp(c.b)
			testnet.Eventually(t, patience, func() error {
				for _, n := range l.nodes {
					if out, _ := n.ask("status"); !strings.Contains(out, "holds") {
						return fmt.Errorf("%s is no master", n.Name)
					}
				}
				return nil
			})
			l.c.tells(0, words("watch -i eth0 --for 5s"), "CONFLICT ipv4, VRID 51:", c.says, "["+c.code+"]", "remedy:")
		})
	}
}

// F10: one life of a pair says every phrase that people grep for.
func TestOperatorLogPhrases(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	b := l.b.xvrrp(vrrp(51, 90))
	says(t, b, "(VI_1) Entering MASTER STATE", patience)
	a := l.a.xvrrp(vrrp(51, 100))
	says(t, a, "(VI_1) Entering MASTER STATE", patience)
	l.b.Down("eth0")
	says(t, b, "(VI_1) Entering FAULT STATE", patience)
	for p, phrases := range map[*testnet.Process][]string{
		b: {"Entering BACKUP STATE", "Entering MASTER STATE", "Receive advertisement timeout", "Sending gratuitous ARP on eth0", "removing VIPs", "Master received advert from " + l.a.ip + " with higher priority 100, ours 90", "Entering FAULT STATE"},
		a: {"Entering BACKUP STATE", "received lower priority", "Sending gratuitous ARP on eth0"},
	} {
		for _, want := range phrases {
			if !strings.Contains(p.Output(), want) {
				t.Errorf("the log does not say %q", want)
			}
		}
	}
	l.owned(case1VIP, "a", patience)
}

// F11: two masters, seen by whoever asks either of them.
func TestOperatorSeesTwoMasters(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
	l.a.xvrrp(vrrp(51, 100, "garp_master_refresh 1"))
	l.owned(case1VIP, "a", patience)
	l.b.xvrrp(vrrp(51, 90, "garp_master_refresh 1"))
	l.owned(case1VIP, "a b", patience)
	for _, n := range l.nodes {
		testnet.Eventually(t, patience, func() error {
			if out, _ := n.ask("status"); !strings.Contains(out, "SPLIT BRAIN: VI_1 is master here") {
				return fmt.Errorf("%s does not say so:\n%s", n.Name, out)
			}
			return nil
		})
		n.tells(0, words("explain VI_1"), "problem: another node claims our addresses while we are master [split_brain]", "xvrrp who "+case1VIP)
		testnet.Eventually(t, patience, func() error { // an answer to the takeover's own question may come first
			if out, _ := n.ask("events"); !strings.Contains(out, "claims "+case1VIP) {
				return fmt.Errorf("%s does not tell of a claim:\n%s", n.Name, out)
			}
			return nil
		})
	}
}
