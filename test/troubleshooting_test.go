package test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// shownAfter are the paragraphs of the first block of docs/troubleshooting.md
// behind a heading that holds the given line, without that line.
func shownAfter(t *testing.T, heading, line string) []string {
	t.Helper()
	page := prose(t)[filepath.Join("..", "docs", "troubleshooting.md")]
	_, rest, found := strings.Cut(page, heading)
	if !found {
		t.Fatalf("the page has no %q", heading)
	}
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(rest, -1) {
		if _, text, found := strings.Cut(block[1], line); found {
			text, _, _ = strings.Cut(text, "\n$ ") // the next command
			return strings.Split(strings.TrimSpace(text), "\n\n")
		}
	}
	t.Fatalf("behind %q no block has %q", heading, line)
	return nil
}

// shape is a text without what differs from run to run: moments, durations,
// counts, addresses, and where the lines break.
func shape(text string) string {
	for _, r := range []struct{ what, by string }{
		{`\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b`, "MAC"},
		{`\b\d+(\.\d+)?( ?(ns|µs|ms|s|m|h)\b( \d+ (s|m)\b)?)`, "TIME"},
		{`\b\d+([.:]\d+)*\b`, "N"},
		{`\b(advert|time|packet|problem|warning|note)s?\b`, "$1"},
		{`\b(was|were)\b`, "was"},
		{`\s+`, " "},
	} {
		text = regexp.MustCompile(r.what).ReplaceAllString(text, r.by)
	}
	return strings.TrimSpace(text)
}

// shows fails unless the answer has the paragraphs of the page, in their order.
func shows(paragraphs []string, answer string) error {
	rest := shape(answer)
	for _, p := range paragraphs {
		_, after, found := strings.Cut(rest, shape(p))
		if !found {
			return fmt.Errorf("the page shows\n%s\nwhich is, but for numbers,\n%s\nand the answer is\n%s\nor\n%s", p, shape(p), answer, rest)
		}
		rest = after
	}
	return nil
}

// docs/troubleshooting.md shows what people see: each answer is asked for again
// in the lab, and is the same but for its numbers.
func TestTroubleshootingShowsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	for _, rule := range []string{"-m state --state RELATED,ESTABLISHED -j ACCEPT", "-p icmp -j ACCEPT", "-i lo -j ACCEPT",
		"-p tcp -m state --state NEW --dport 22 -j ACCEPT", "-j REJECT --reject-with icmp-host-prohibited"} {
		l.b.Run("iptables", append([]string{"-A", "INPUT"}, strings.Fields(rule)...)...)
	}
	ask := func(n *node, heading string, args ...string) {
		t.Helper()
		shown := shownAfter(t, heading, "$ xvrrp "+strings.Join(args, " ")+"\n")
		testnet.Eventually(t, patience, func() error {
			said, _ := n.ask(args...)
			return shows(shown, said)
		})
	}
	a := l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(case1("BACKUP", "80"))
	says(t, b, "master set to "+l.a.ip, patience)
	ask(l.b, "## Case 1", "explain", "VI_1")
	ask(l.c, "## Case 3", "who", case1VIP, "-i", "eth0")

	a.Kill()
	l.owned(case1VIP, "a b", patience)
	shown := shownAfter(t, "**F2.", "VI_1: MASTER since ")
	shown[0] = "VI_1: MASTER since " + shown[0]
	testnet.Eventually(t, patience, func() error { // at first it has not announced yet
		said, _ := l.b.ask("explain", "VI_1")
		return shows(shown, said)
	})
	comes(t, []string{pageLine(t, `(VI_1) Entering MASTER STATE" reason=no_advert priority=80`)}, b.Output)

	l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	ask(l.a, "**F13.", "drill", "VI_1")
}

// The same for a network that carries no adverts.
func TestTroubleshootingShowsTwoMasters(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
	l.a.xvrrp(case1("MASTER", "90"))
	l.b.xvrrp(case1("BACKUP", "80"))
	l.owned(case1VIP, "a b", patience)
	who := shownAfter(t, "## Case 1", "$ xvrrp who "+case1VIP+" -i eth0\n")
	testnet.Eventually(t, patience, func() error {
		said, code := l.c.ask("who", case1VIP, "-i", "eth0")
		if code != 6 {
			return fmt.Errorf("exit %d", code)
		}
		return shows(who, said)
	})
	unheard := shownAfter(t, "**Both nodes bind it.**", "What to know\n")
	for _, n := range l.nodes {
		testnet.Eventually(t, patience, func() error {
			said, _ := n.ask("explain", "VI_1")
			return shows(unheard, said)
		})
	}
}
