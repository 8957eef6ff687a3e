package test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// successor starts another daemon that takes over from the one that runs, and
// waits until that has ended.
func (n *node) successor(old *testnet.Process) *testnet.Process {
	n.t.Helper()
	p := n.Start(binary, "--runtime-dir", n.runtimeDir(), "--log-level", "debug", "run", "--takeover",
		"-f", filepath.Join(n.dir, "keepalived.conf"), "-f", filepath.Join(n.dir, "xvrrp.conf"))
	select {
	case <-old.Done():
	case <-p.Done():
		n.t.Fatalf("the successor on %s ended:\n%s", n.Name, p.Output())
	case <-time.After(patience):
		n.t.Fatalf("the predecessor on %s does not end:\n%s\nthe successor:\n%s", n.Name, old.Output(), p.Output())
	}
	if err := old.Wait(patience); err != nil {
		n.t.Fatalf("the predecessor on %s: %v\n%s", n.Name, err, old.Output())
	}
	says(n.t, p, "Startup complete", patience)
	return p
}

// sent is the number of adverts that the daemon says it has sent.
func (n *node) sent() int {
	n.t.Helper()
	out, code := n.ask("status", "--json")
	_, after, found := strings.Cut(out, `"sent": `)
	number, _, _ := strings.Cut(after, ",")
	count, err := strconv.Atoi(strings.TrimSpace(number))
	if code != 0 || !found || err != nil {
		n.t.Fatalf("no count of adverts in %s", out)
	}
	return count
}

// A hundred restarts of a master and of its backup at 0.01: no goodbye, no
// deadline missed, the address never moves, and the counters go on.
func TestRestartWithoutFailover(t *testing.T) {
	const restarts = 100
	w := newWatched(t, "")
	before := w.lan.a.sent()
	for i := range restarts {
		w.a = w.lan.a.successor(w.a)
		if i%10 == 0 {
			w.b = w.lan.b.successor(w.b)
		}
		if n := len(advertsOf(w.wire, w.lan.b, fastVRID)); n != 0 {
			t.Fatalf("restart %d: b advertised %d times\n%s", i, n, w.b.Output())
		}
		if w.owners(fastVIP) != "a" {
			t.Fatalf("restart %d: %s is held by %q", i, fastVIP, w.owners(fastVIP))
		}
	}
	frames := advertsOf(w.wire, w.lan.a, fastVRID)
	late, worst := 0, time.Duration(0)
	for i := 1; i < len(frames); i++ {
		if gap := frames[i].At.Sub(frames[i-1].At); gap > 35*time.Millisecond {
			late++
			worst = max(worst, gap)
		}
	}
	t.Logf("%d restarts, %d adverts, %d gaps of more than 35 ms, the longest %v", restarts, len(frames), late, worst)
	w.undisturbed(restarts) // one announcement each, for switches that forgot
	if after := w.lan.a.sent(); after < before+len(frames) {
		t.Errorf("%d adverts counted, %d before and %d on the wire since", after, before, len(frames))
	}
	w.lan.a.tells(0, words("status"), "VI_1", "MASTER", "200")
	pid, err := os.ReadFile(filepath.Join(w.lan.a.runtimeDir(), "xvrrp.pid"))
	if err != nil || strings.TrimSpace(string(pid)) != strconv.Itoa(w.a.Pid()) {
		t.Errorf("pid file: %q, %v, want %d", pid, err, w.a.Pid())
	}
	// And the last one stops as the first would have.
	if err := w.a.Stop(patience); err != nil {
		t.Error(err)
	}
	w.owned(fastVIP, "b", patience)
	nothingLeft(t, w.lan.a)
}

// Sync groups, trackers' opinions and other files go over as well: a check that
// is down stays down, one that is up is not waited for.
func TestRestartKeepsOpinions(t *testing.T) {
	t.Parallel()
	const group = "vrrp_sync_group G {\n sync_group_tracking_weight\n group {\n VI_1\n VI_2\n }\n}\n"
	checks := "vrrp_script up {\n script /bin/true\n interval 60\n weight 5\n}\nvrrp_script down {\n script /bin/false\n interval 60\n}\n" +
		"vrrp_script must {\n script /bin/true\n interval 60\n}\n"
	second := func(n int, track string) string {
		return fmt.Sprintf("vrrp_instance VI_%d {\n interface eth0\n virtual_router_id %d\n version 3\n priority 50\n advert_int 0.1\n virtual_ipaddress {\n 10.9.0.%d/32\n }\n"+
			" track_script {\n %s\n }\n}\n", n, n, n+20, track)
	}
	conf := checks + group + fast("VI_1", 200, "track_script {\n up\n must\n }") + second(2, "must") + second(3, "down")
	w := &watched{lan: newLAN(t, peersNetwork)}
	w.a = w.lan.a.xvrrp(conf)
	w.owned(fastVIP, "a", patience)
	w.owned("10.9.0.22", "a", patience)
	says(t, w.a, "(VI_3) Entering FAULT STATE", patience)
	says(t, w.a, "from 200 to 205", patience)
	w.b = w.lan.b.xvrrp(fast("VI_1", 100, unhurried))
	says(t, w.b, "master set to", patience)
	w.wire = w.c.Capture("eth0")
	w.a = w.lan.a.successor(w.a)
	for _, phrase := range []string{"(VI_1) Goes on as MASTER", "(VI_2) Goes on as MASTER", "(VI_3) Entering FAULT STATE"} {
		says(t, w.a, phrase, patience)
	}
	w.lan.a.tells(0, words("status"), "VI_1", "MASTER", "205", "VI_2", "MASTER", "VI_3", "FAULT")
	w.undisturbed(1)
	for _, f := range advertsOf(w.wire, w.lan.a, fastVRID) {
		if priorityOf(f.Data) != 205 {
			t.Fatalf("an advert of priority %d", priorityOf(f.Data))
		}
	}
	for _, f := range advertsOf(w.wire, w.lan.a, 2) {
		if priorityOf(f.Data) != 50 {
			t.Fatalf("VI_2: an advert of priority %d", priorityOf(f.Data))
		}
	}
}

// A successor that cannot run leaves everything as it is; where nobody runs,
// --takeover starts.
func TestRestartThatFails(t *testing.T) {
	t.Parallel()
	w := newWatched(t, "")
	for name, conf := range map[string]string{
		"a file with errors":      fast("VI_1", 300),
		"an address that is used": fast("VI_1", 200) + "xvrrp {\n web_config_file /no/such\n listen 127.0.0.1:0\n}\n",
	} {
		file := w.lan.a.write("broken.conf", conf)
		p := w.lan.a.Start(binary, "--runtime-dir", w.lan.a.runtimeDir(), "run", "--takeover", "-f", file)
		var exit *exec.ExitError
		if err := p.Wait(patience); !errors.As(err, &exit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	select {
	case <-w.a.Done():
		t.Fatalf("the predecessor ended:\n%s", w.a.Output())
	default:
	}
	w.lan.a.tells(0, words("status"), "VI_1", "MASTER")
	w.undisturbed(0)
	n := w.lan.b
	if err := w.b.Stop(patience); err != nil {
		t.Fatal(err)
	}
	p := n.Start(binary, "--runtime-dir", n.runtimeDir(), "run", "--takeover", "-f", filepath.Join(n.dir, "keepalived.conf"), "-f", filepath.Join(n.dir, "xvrrp.conf"))
	says(t, p, "Startup complete", patience)
}

// A successor that dies at any moment of the hand-over lets the daemon go on,
// unless that has said its last word.
func TestRestartSuccessorDies(t *testing.T) {
	t.Parallel()
	const prepares, goesOn = "a successor prepares to go on", "the successor gave up: going on"
	w := newWatched(t, "")
	said := func(phrase string) int { return strings.Count(w.a.Output(), phrase) }
	var unasked, gaveUp, late int
	for i := range 30 {
		prepared, gone, heard := said(prepares), said(goesOn), len(advertsOf(w.wire, w.lan.b, fastVRID))
		p := w.lan.a.Start(binary, "--runtime-dir", w.lan.a.runtimeDir(), "--log-level", "debug", "run", "--takeover",
			"-f", filepath.Join(w.lan.a.dir, "keepalived.conf"), "-f", filepath.Join(w.lan.a.dir, "xvrrp.conf"))
		moment := time.Duration(i) * 5 * time.Millisecond // another one each time
		if i >= 20 {
			testnet.Eventually(t, patience, func() error {
				if said(prepares) == prepared {
					return fmt.Errorf("the predecessor is not asked to hand over:\n%s", p.Output())
				}
				return nil
			})
			moment = time.Duration(i-20) * 3 * time.Millisecond
		}
		select {
		case <-p.Done():
		case <-time.After(moment):
		}
		p.Kill()
		ended := false
		testnet.Eventually(t, patience, func() error { // whoever prepared either gave up or took over
			select {
			case <-w.a.Done():
				ended = true
				return nil
			default:
			}
			if said(prepares)-prepared != said(goesOn)-gone {
				return fmt.Errorf("moment %d: the predecessor neither goes on nor ends", i)
			}
			return nil
		})
		switch {
		case ended:
			late++
			if !strings.Contains(w.a.Output(), "Handed over") {
				t.Fatalf("the predecessor ended:\n%s", w.a.Output())
			}
			w.a = w.lan.a.xvrrp(fast("VI_1", 200)) // it was too late to go on
			w.owned(fastVIP, "a", patience)
			continue
		case said(prepares) == prepared:
			unasked++
		default:
			gaveUp++
		}
		w.lan.a.tells(0, words("status"), "VI_1", "MASTER")
		if n := len(advertsOf(w.wire, w.lan.b, fastVRID)) - heard; n != 0 {
			t.Errorf("moment %d: b advertised %d times", i, n)
		}
	}
	t.Logf("%d successors died before they asked, %d gave up, %d had taken over", unasked, gaveUp, late)
	if gaveUp == 0 {
		t.Error("none died in the middle: this test has tried nothing")
	}
	w.lan.a.tells(0, words("status"), "VI_1", "MASTER")
	// It hears again: a better master on the wire is obeyed.
	w.b.Kill()
	w.b = w.lan.b.xvrrp(fast("VI_1", 250))
	w.owned(fastVIP, "b", patience)
}
