package test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// Field case 1: two directors, priorities 90 and 80, version 2, every second,
// with the addresses that their owner gave.
const (
	case1VIP     = "192.168.14.201"
	case1Network = "192.168.14.%d/24"
)

func case1(state, priority string) string {
	return `! Configuration File for keepalived
global_defs {
   router_id LVS_` + state + `
}

vrrp_instance VI_1 {
    state ` + state + `
    interface eth0
    virtual_router_id 51
    priority ` + priority + `
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        ` + case1VIP + `
    }
}
`
}

// The test of everything else here: behind the distribution's firewall
// Debian's keepalived owns the address twice.
func TestFirewallBlindsKeepalived(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	for _, n := range l.nodes {
		n.Firewall(lab.DistributionDefault)
	}
	l.a.keepalived(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	b := l.b.keepalived(case1("BACKUP", "80"))
	l.owned(case1VIP, "a b", patience)
	says(t, b, "Entering MASTER STATE", time.Second)
	l.stays(case1VIP, "a b", 3*time.Second)
}

// And without a firewall it does not, so that the firewall is the reason.
func TestKeepalivedPairWithoutFirewall(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.keepalived(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	l.b.keepalived(case1("BACKUP", "80"))
	l.stays(case1VIP, "a", 8*time.Second)
}

func TestNoFirewallBlindsXVRRP(t *testing.T) {
	for _, c := range []struct {
		name    string
		install func(*testing.T, *node)
	}{
		{"distribution default", func(_ *testing.T, n *node) { n.Firewall(lab.DistributionDefault) }},
		{"established only, both ways", func(_ *testing.T, n *node) { n.Firewall(lab.EstablishedOnly) }},
		{"iptables drops protocol 112 on output", func(_ *testing.T, n *node) {
			n.Run("iptables", "-w", "-A", "OUTPUT", "-p", "112", "-j", "DROP")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, case1Network)
			for _, n := range l.nodes {
				c.install(t, n)
				provesToBite(t, n)
			}
			failoverAndBack(t, l)
		})
	}
}

// provesToBite checks that the rules are in force: without them the test that
// follows would pass for nothing.
func provesToBite(t *testing.T, n *node) {
	t.Helper()
	out := n.Run("sh", "-c", "iptables-save 2>/dev/null; nft list ruleset 2>/dev/null || true")
	if !strings.Contains(out, "vrrp") && !strings.Contains(out, "reject") && !strings.Contains(out, "policy drop") {
		t.Fatalf("no rule on %s stops anything:\n%s", n.Name, out)
	}
}

// failoverAndBack runs case 1's pair through its life: one owner, its death,
// its return.
func failoverAndBack(t *testing.T, l *lan) {
	t.Helper()
	a := l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	l.b.xvrrp(case1("BACKUP", "80"))
	l.stays(case1VIP, "a", 5*time.Second)
	l.answers(case1VIP, l.a, patience)

	a.Kill() // its address stays behind: nobody is there to remove it
	l.owned(case1VIP, "a b", patience)

	l.a.xvrrp(case1("MASTER", "90")) // removes what it left behind, then preempts
	l.owned(case1VIP, "b", patience)
	l.answers(case1VIP, l.b, patience)
	l.owned(case1VIP, "a", patience)
	l.stays(case1VIP, "a", 3*time.Second)
	l.answers(case1VIP, l.a, patience)
}

// A graceful stop hands over at once, with priority 0 on the wire and exit 0.
func TestStopReleases(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	wire := l.c.Capture("eth0")
	a := l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(case1("BACKUP", "80"))
	says(t, b, "Entering BACKUP STATE", patience)
	if err := a.Stop(patience); err != nil {
		t.Fatalf("exit after SIGTERM: %v", err)
	}
	if l.a.Has(case1VIP) {
		t.Error("the address stayed after the stop")
	}
	l.owned(case1VIP, "b", patience)
	says(t, b, "reason=priority_zero", patience)
	zero := wire.Matching(func(f lab.Frame) bool { return priorityOf(f.Data) == 0 })
	if len(zero) == 0 {
		t.Error("no advert of priority 0 crossed the wire")
	}
	nothingLeft(t, l.a)
}

// priorityOf is that of an untagged IPv4 advert, -1 for any other frame.
func priorityOf(frame []byte) int {
	if len(frame) < 42 || frame[12] != 8 || frame[13] != 0 || frame[23] != 112 {
		return -1
	}
	return int(frame[36])
}

// nothingLeft checks that a stopped daemon left nothing attached or pinned.
func nothingLeft(t *testing.T, n *node) {
	t.Helper()
	link := n.Link("eth0").Attrs()
	if link.Xdp != nil && link.Xdp.Attached {
		t.Error("an XDP program is still attached")
	}
	if pins, err := os.ReadDir(n.pinDir()); err == nil {
		t.Errorf("%d pins are left in %s", len(pins), n.pinDir())
	}
}
