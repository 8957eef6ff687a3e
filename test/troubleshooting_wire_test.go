package test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// pageBlock is the block of docs/troubleshooting.md that holds a text.
func pageBlock(t *testing.T, has string) string {
	t.Helper()
	page := prose(t)[filepath.Join("..", "docs", "troubleshooting.md")]
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(page, -1) {
		if strings.Contains(block[1], has) {
			return block[1]
		}
	}
	t.Fatalf("no block of the page has %q", has)
	return ""
}

// pageLine is the line of a block of the page that holds a text.
func pageLine(t *testing.T, has string) string {
	t.Helper()
	for line := range strings.Lines(pageBlock(t, has)) {
		if strings.Contains(line, has) {
			return line
		}
	}
	t.Fatalf("no line has %q", has)
	return ""
}

// comes waits until what is said shows the paragraphs of the page, in order.
func comes(t *testing.T, paragraphs []string, say func() string) {
	t.Helper()
	testnet.Eventually(t, patience, func() error { return shows(paragraphs, say()) })
}

// answer is what a command says on the node, whatever its exit code.
func (n *node) answer(args ...string) func() string {
	return func() string { out, _ := n.ask(args...); return out }
}

// in runs the program in the node's directory, so that it names files as they
// are typed on the page.
func (n *node) in(args ...string) func() string {
	return func() string {
		cmd := exec.Command(binary, args...)
		cmd.Dir = n.dir
		p := n.StartCmd(cmd)
		_ = p.Wait(patience) // the text is judged
		return p.Output()
	}
}

// Case 1 with a keepalived on both nodes: the wire, and the rule that ate the
// adverts.
func TestTroubleshootingShowsTheBlindKeepalived(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.b.Run("iptables", words("-A INPUT -p icmp -j ACCEPT")...)
	l.b.Run("iptables", words("-A INPUT -j REJECT --reject-with icmp-host-prohibited")...)
	l.a.keepalived(case1("MASTER", "90"))
	l.b.keepalived(case1("BACKUP", "80"))
	l.owned(case1VIP, "a b", patience)
	comes(t, shownAfter(t, "## Case 1", "$ xvrrp watch -i eth0 --for 2500ms\n...\n"), l.c.answer("watch", "-i", "eth0", "--for", "2500ms"))
	comes(t, strings.Split(strings.TrimSpace(pageBlock(t, " pkts bytes target")), "\n"),
		func() string { return l.b.Run("iptables", "-v", "-n", "-L", "INPUT") })
}

// Case 3: one address under two VRIDs.
func TestTroubleshootingShowsTwoVRIDs(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(vrrp(51, 100))
	l.b.keepalived(vrrp(50, 102))
	l.owned(case1VIP, "a b", patience)
	comes(t, shownAfter(t, "## Case 3", "$ xvrrp watch -i eth0\n...\n"), l.c.answer("watch", "-i", "eth0", "--for", "3s"))
	page := prose(t)[filepath.Join("..", "docs", "troubleshooting.md")]
	refused := regexp.MustCompile("`([^`]* \\[vrid_unknown\\])`").FindStringSubmatch(page)
	if refused == nil {
		t.Fatal("the page says nothing of vrid_unknown")
	}
	comes(t, refused[1:], l.a.answer("explain", "VI_1"))
}

// Case 4: unequal intervals of version 2, on the wire and from inside.
func TestTroubleshootingShowsUnequalIntervals(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(vrrp(51, 100))
	l.owned(case1VIP, "a", patience)
	l.b.xvrrp(strings.ReplaceAll(vrrp(51, 90), "advert_int 1", "advert_int 2"))
	l.owned(case1VIP, "a b", patience)
	outside, inside, found := strings.Cut(strings.TrimSpace(pageBlock(t, "[interval_mismatch]")), "\n\n")
	if !found {
		t.Fatal("the page shows one of the two")
	}
	comes(t, []string{outside}, l.c.answer("watch", "-i", "eth0", "--for", "5s"))
	for _, n := range l.nodes {
		comes(t, []string{inside}, n.answer("explain", "VI_1"))
	}
}

// Case 2: doctor on a host behind a firewall, each finding by itself: others
// may stand between them, a laboratory's host has findings of its own.
func TestTroubleshootingShowsWhatDoctorSays(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	for _, key := range []string{"ip_forward", "ip_nonlocal_bind"} {
		l.a.Sysctl("net/ipv4/"+key, "0")
	}
	l.a.Run("iptables", words("-A INPUT -j REJECT --reject-with icmp-host-prohibited")...)
	l.a.write("keepalived.conf", case1("MASTER", "90"))
	shown := shownAfter(t, "## Case 2", "$ xvrrp doctor -i eth0 -f keepalived.conf\n")
	findings := regexp.MustCompile(`\n(note:|warning:|problem:|\d+ problems)`).ReplaceAllString(strings.Join(shown, "\n"), "\x00$1")
	list := strings.Split(findings, "\x00")
	if len(list) < 4 {
		t.Fatalf("the page shows %d findings", len(list)-1)
	}
	comes(t, list, l.a.in("doctor", "-i", "eth0", "-f", "keepalived.conf"))
}

// Case 2 and F3: what is not there, and what was read.
func TestTroubleshootingShowsWhatWasRead(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.write("empty.conf", "")
	for _, name := range []string{"missing.conf", "empty.conf"} {
		said := l.a.in("run", "-f", name)()
		if err := shows(shownAfter(t, "## Case 2", "$ xvrrp run -f "+name+"\n"), said); err != nil {
			t.Error(err)
		}
	}
	a := l.a.xvrrp(case1("MASTER", "90"))
	var read []string
	for line := range strings.Lines(pageBlock(t, `msg="configuration holds"`)) {
		read = append(read, strings.ReplaceAll(line, "/etc/keepalived", l.a.dir))
	}
	comes(t, read, a.Output)
	l.owned(case1VIP, "a", patience)
	alone := []string{strings.TrimSpace(pageBlock(t, "xvrrp: refused: no other node"))}
	for _, command := range []string{"drill", "release"} {
		if err := shows(alone, l.a.answer(command, "VI_1")()); err != nil {
			t.Error(err)
		}
	}
}

// The lines of the log, and what the other node says of an address that its
// network does not carry.
func TestTroubleshootingShowsWhatIsLogged(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	a := l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(case1("BACKUP", "80"))
	says(t, b, "master set to "+l.a.ip, patience)

	l.sw.Drop(l.a.port, l.b.port, lab.ARP)
	comes(t, shownAfter(t, "**F5.", "$ xvrrp status --ask-peers\n...\n"), l.a.answer("status", "--ask-peers"))
	l.sw.Forward()

	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
	l.owned(case1VIP, "a b", patience)
	comes(t, []string{pageLine(t, "(VI_1) another host claims")}, a.Output)
}

// A dead master's signed adverts are replayed: the takeover's line tells it.
func TestTroubleshootingShowsTheReplay(t *testing.T) {
	t.Parallel()
	const hmac = "version 3\n auth_hmac {\nkey 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nactive_key 1\n}"
	l := newLAN(t, case1Network)
	wire := l.c.Capture("eth0")
	a := l.a.xvrrp(vrrp(51, 150, hmac))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(vrrp(51, 100, hmac))
	says(t, b, "master set to "+l.a.ip, patience)
	a.Kill()
	adverts := wire.Matching(func(f lab.Frame) bool {
		return len(f.Data) > 35 && f.Data[12] == 8 && f.Data[23] == 112 && f.Data[34] == 0x31
	})
	if len(adverts) == 0 {
		t.Fatal("no advert was seen on the wire")
	}
	line := pageLine(t, "hmac_replay")
	testnet.Eventually(t, patience, func() error {
		if strings.Contains(b.Output(), "Entering MASTER STATE") {
			return shows([]string{line}, b.Output())
		}
		l.c.inject("eth0", adverts[len(adverts)-1].Data)
		return fmt.Errorf("b is no master yet")
	})
}

// One of two paths is cut.
func TestTroubleshootingShowsTheLostPath(t *testing.T) {
	t.Parallel()
	l := newTwoLANs(t)
	l.a.serving(conf(3, "BACKUP", 200, "0.1") + path(multicastPath))
	l.owned(peersVIP, "a", patience)
	b := l.b.serving(conf(3, "BACKUP", 100, "0.1") + path(multicastPath))
	l.b.grows("xvrrp_heartbeats_received_total", `path="cross"`)
	l.cut()
	comes(t, []string{pageLine(t, "the way of the adverts over eth0 is lost")}, b.Output)
}
