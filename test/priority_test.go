package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// An operator lowers the master's priority for a while: the address moves, and
// comes back when the time is over. A reload leaves it, unless it configures
// another priority; a restart ends it.
func TestTemporaryPriority(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	fast := func(vrid, priority int, lines ...string) string {
		return strings.Replace(vrrp(vrid, priority, append(lines, "version 3")...), "advert_int 1", "advert_int 0.2", 1)
	}
	a := l.a.xvrrp(fast(51, 100))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(fast(51, 90))
	says(t, b, "master set to "+l.a.ip, patience)

	for _, args := range []string{"priority VI_1 0", "priority VI_1 255", "priority VI_1 many", "priority VI_1 50 --for 0s", "priority VI_1 reset --for 1s", "priority VI_1", "priority"} {
		l.a.tells(2, words(args))
	}
	l.a.tells(4, words("priority VI_9 50"), `"VI_9"`, "no such instance", "VI_1")
	l.a.tells(0, words("priority VI_1 reset"), "no temporary priority was set")

	l.a.tells(0, words("priority VI_1 50 --for 8s"), "VI_1: priority 50, it was 100; for 8s, until")
	l.a.tells(0, words("status"), "50 of 100", "temporary priority: 50, set by uid 0 at", "ends at")
	l.owned(case1VIP, "b", patience)
	l.a.tells(0, words("explain VI_1"), "VI_1: BACKUP since", "with the temporary priority 50 set by uid 0", "priority 50 (configured 100)", "Temporary priority 50, set by uid 0")
	says(t, a, "temporary_priority=50", patience)
	l.owned(case1VIP, "a", patience)
	l.a.tells(0, words("events --instance VI_1"), "temporary priority 50 set by uid 0 for 8s", "MASTER -> BACKUP", "temporary priority 50 has lapsed", "BACKUP -> MASTER")

	l.a.tells(0, words("priority VI_1 40"), "until a reset or the end of the daemon")
	l.owned(case1VIP, "b", patience)
	l.a.write("keepalived.conf", fast(51, 100, "garp_master_delay 2"))
	l.a.tells(0, words("reload"), "reloaded")
	l.a.tells(0, words("status"), "40 of 100", "temporary priority: 40")
	l.a.write("keepalived.conf", fast(51, 110))
	l.a.tells(0, words("reload"), "reloaded")
	l.owned(case1VIP, "a", patience)
	if out, _ := l.a.ask("status"); strings.Contains(out, "temporary") {
		t.Errorf("a reload that configures another priority leaves it:\n%s", out)
	}
	l.a.tells(0, words("priority VI_1 40"))
	l.owned(case1VIP, "b", patience)
	l.a.tells(0, words("priority VI_1 reset"), "VI_1: priority 110, it was 40; back to the configured priority")
	l.owned(case1VIP, "a", patience)

	l.a.tells(0, words("priority VI_1 30"))
	l.owned(case1VIP, "b", patience)
	a = l.a.successor(a)
	l.owned(case1VIP, "a", patience)
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}

	// An owner's priority is no number among others.
	l.a.xvrrp(fast(51, 255))
	l.owned(case1VIP, "a", patience)
	l.a.tells(1, words("priority VI_1 50"), "owns its addresses (priority 255)", "xvrrp release")
}

// The history goes on over a restart, a hand-over and a kill, and a damaged
// file keeps nothing from starting.
func TestHistorySurvives(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	a := l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	a = l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	const border = "an earlier process wrote what is above"
	l.a.tells(0, words("events"), "BACKUP -> MASTER", "Stopping", border, "Startup complete", "BACKUP -> MASTER")
	l.a.tells(0, words("explain VI_1"), "VI_1: MASTER since", "What happened around it", "BACKUP -> MASTER", border)
	l.a.tells(0, words("events --json"), `"earlier":true`)

	before := l.a.transitions()
	a = l.a.successor(a)
	if got := l.a.transitions(); !strings.HasPrefix(got, before) {
		t.Errorf("the successor lost some: it knows\n%s\nthere were\n%s", got, before)
	}
	// A kill may lose a second at most: what is older is there.
	before = l.a.transitions()
	testnet.Eventually(t, patience, func() error {
		text := l.a.Run("cat", l.a.runtimeDir()+"/history.jsonl")
		if n, want := strings.Count(text, `"transition"`), strings.Count(before, "\n"); n < want {
			return fmt.Errorf("%d of %d transitions are in the file", n, want)
		}
		return nil
	})
	a.Kill()
	l.a.Run("sh", "-c", "printf 'torn {' >> "+l.a.runtimeDir()+"/history.jsonl")
	a = l.a.xvrrp(case1("MASTER", "90"))
	says(t, a, "the history of before is not whole", patience)
	if got := l.a.transitions(); !strings.HasPrefix(got, before) {
		t.Errorf("after a kill it knows\n%s\nthere were\n%s", got, before)
	}
	l.owned(case1VIP, "a", patience)
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	l.a.Run("sh", "-c", "head -c 3000000 /dev/zero > "+l.a.runtimeDir()+"/history.jsonl")
	a = l.a.xvrrp(case1("MASTER", "90"))
	says(t, a, "the history of before is not whole", time.Second)
	l.owned(case1VIP, "a", patience)
}

// transitions are all that the node's daemon knows, one a line.
func (n *node) transitions() string {
	n.t.Helper()
	out, code := n.ask("events", "--json", "--instance", "VI_1")
	if code != 0 {
		n.t.Fatalf("events: exit %d\n%s", code, out)
	}
	var b strings.Builder
	for line := range strings.Lines(out) {
		if strings.Contains(line, `"kind":"transition"`) {
			b.WriteString(strings.Replace(line, `"earlier":true,`, "", 1))
		}
	}
	return b.String()
}
