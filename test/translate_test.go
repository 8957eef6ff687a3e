package test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// A translator stands between a daemon and its successor and makes what the
// first says look like that of another version. It is this test binary, started
// again: the successor waits for the end of the process that it talks to.
const translatorEnv = "XVRRP_TEST_TRANSLATE"

// dialects change a document of the hand-over.
var dialects = map[string]func(map[string]any){
	// A newer version knows more, everywhere.
	"newer": func(doc map[string]any) {
		doc["Moon"] = map[string]any{"phase": "full"}
		doc["Opinions"] = append(asList(doc["Opinions"]), map[string]any{"Kind": "oracle", "Name": "delphi", "Health": 1, "Riddle": true})
		for _, part := range []string{"Routers", "Counts", "Marks"} {
			for _, one := range asMap(doc[part]) {
				asMap(one)["Mood"] = []any{"good"}
			}
			if doc[part] == nil {
				doc[part] = map[string]any{}
			}
			asMap(doc[part])["eth9 vrid 9 of another planet"] = map[string]any{"Mood": "bad"}
		}
	},
	// An older one did not know these.
	"older": func(doc map[string]any) {
		for _, part := range []string{"Counts", "Marks", "Counted"} {
			delete(doc, part)
		}
		for _, one := range asMap(doc["Routers"]) {
			for _, field := range []string{"Counters", "Discarded", "LastSent"} {
				delete(asMap(one), field)
			}
		}
	},
	"foreign": func(doc map[string]any) { doc["Format"] = 99 },
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func asList(v any) []any {
	l, _ := v.([]any)
	return l
}

// translate serves one successor in the runtime directory dir.
func translate(dir, dialect string) int {
	if err := translating(dir, dialects[dialect]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func translating(dir string, change func(map[string]any)) error {
	name, aside := filepath.Join(dir, "handover.sock"), filepath.Join(dir, "aside.sock")
	if err := os.Rename(name, aside); err != nil {
		return err
	}
	defer os.Rename(aside, name) // when the hand-over failed; else there is another by then
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return err
	}
	fmt.Println("translating")
	heir, err := l.AcceptUnix()
	if err != nil {
		return err
	}
	daemon, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: aside, Net: "unix"})
	if err != nil {
		return err
	}
	words, answers := bufio.NewScanner(heir), bufio.NewReader(daemon)
	for words.Scan() {
		if _, err := fmt.Fprintln(daemon, words.Text()); err != nil {
			return err
		}
		if words.Text() == "done" {
			return outlive(daemon)
		}
		first, rights := make([]byte, 1), make([]byte, syscall.CmsgSpace(4))
		n, oob, _, _, err := daemon.ReadMsgUnix(first, rights)
		if err != nil || n != 1 {
			return fmt.Errorf("answer to %s: %v", words.Text(), err)
		}
		rest, err := answers.ReadString('\n')
		if err != nil {
			return err
		}
		doc := map[string]any{}
		if err := json.Unmarshal(append(first, rest...), &doc); err != nil {
			return err
		}
		if len(doc) > 0 {
			change(doc)
		}
		text, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		if _, _, err := heir.WriteMsgUnix(text[:1], rights[:oob], nil); err != nil {
			return err
		}
		if _, err := heir.Write(append(text[1:], '\n')); err != nil {
			return err
		}
	}
	return nil
}

// outlive waits for the end of the process at the other end, which is after that
// of the connection.
func outlive(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *syscall.Ucred
	if control := raw.Control(func(fd uintptr) {
		peer, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); control != nil {
		return control
	}
	for err == nil {
		time.Sleep(time.Millisecond)
		err = syscall.Kill(int(peer.Pid), 0)
	}
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// translator starts one on the node.
func (n *node) translator(dialect string) *testnet.Process {
	n.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		n.t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), translatorEnv+"="+n.runtimeDir(), translatorEnv+"_TO="+dialect)
	p := n.StartCmd(cmd)
	says(n.t, p, "translating", patience)
	return p
}

// Two versions hand over to each other: what one does not know it ignores, what
// it misses begins anew. Another format is refused, and the old daemon goes on.
func TestRestartBetweenVersions(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"newer", "older"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t, "")
			tr := w.lan.a.translator(dialect)
			w.a = w.lan.a.successor(w.a)
			if err := tr.Wait(patience); err != nil {
				t.Errorf("the translator: %v\n%s", err, tr.Output())
			}
			says(t, w.a, "(VI_1) Goes on as MASTER", patience)
			w.lan.a.tells(0, words("status"), "VI_1", "MASTER", "200")
			w.undisturbed(1)
			w.a = w.lan.a.successor(w.a) // and on, in its own words
			w.undisturbed(2)
		})
	}
	t.Run("foreign", func(t *testing.T) {
		t.Parallel()
		w := newWatched(t, "")
		w.lan.a.translator("foreign")
		p := w.lan.a.Start(binary, "--runtime-dir", w.lan.a.runtimeDir(), "run", "--takeover", "-f", filepath.Join(w.lan.a.dir, "keepalived.conf"))
		if err := p.Wait(patience); err == nil || !strings.Contains(p.Output(), "hands over in format 99") {
			t.Errorf("%v: %s", err, p.Output())
		}
		w.lan.a.tells(0, words("status"), "VI_1", "MASTER", "200")
		w.undisturbed(0)
	})
}

// Counters go on through a restart, and an authenticated master's sequence: a
// keepalived that saw it start again would take its adverts for replays.
func TestRestartGoesOnCounting(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.a.loopback()
	a := l.a.serving(confAuth(200, authentication("AH", "s3cret")))
	l.owned(peersVIP, "a", patience)
	b := l.b.keepalived(confAuth(100, authentication("AH", "s3cret")))
	says(t, b, "Entering BACKUP STATE", patience)
	const page = "http://127.0.0.1:9112/metrics"
	sent := func(page string) float64 { return sample(page, "xvrrp_adverts_sent_total") }
	testnet.Eventually(t, patience, func() error {
		if n := sent(l.a.get(page)); n < 5 {
			return fmt.Errorf("%v adverts sent", n)
		}
		return nil
	})
	before := l.a.get(page)
	for range 2 {
		old := a
		a = l.a.Start(binary, "--runtime-dir", l.a.runtimeDir(), "run", "--takeover", "-f", filepath.Join(l.a.dir, "keepalived.conf"))
		says(t, a, "Startup complete", patience)
		if err := old.Wait(patience); err != nil {
			t.Fatal(err)
		}
	}
	after := l.a.get(page)
	if sent(before) < 5 || sent(after) < sent(before) {
		t.Errorf("%v adverts sent before, %v after", sent(before), sent(after))
	}
	for _, name := range []string{"xvrrp_transitions_total", "xvrrp_start_time_seconds", "keepalived_become_master_total", "xvrrp_state"} {
		if was, is := sample(before, name), sample(after, name); was < 0 || was != is {
			t.Errorf("%s was %v and is %v", name, was, is)
		}
	}
	l.stays(peersVIP, "a", 5*time.Second) // longer than keepalived would wait for an advert that it believes
	if strings.Contains(b.Output(), "Entering MASTER STATE") {
		t.Errorf("keepalived took over:\n%s", b.Output())
	}
}

// A FIFO that could not be given to its reader is not left behind: the next
// start would use it as it is.
func TestFIFOWithoutOwnerIsNotLeft(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	path := filepath.Join(l.a.dir, "fifo")
	p := l.a.confined(unitCapabilities(t), "global_defs {\n vrrp_notify_fifo "+path+" nobody\n}\n"+fast("VI_1", 100)) // no CAP_CHOWN
	if err := p.Wait(patience); err == nil || !strings.Contains(p.Output(), path) {
		t.Errorf("%v: %s", err, p.Output())
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the FIFO is there: %v", err)
	}
}

// log_unknown_vrids names each VRID that is none of ours once for an interface.
func TestUnknownVRIDs(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := l.a.xvrrp("global_defs {\n log_unknown_vrids\n}\n" + fast("VI_1", 100))
	l.b.xvrrp(strings.ReplaceAll(fast("X", 100), fmt.Sprint("virtual_router_id ", fastVRID), "virtual_router_id 7"))
	says(t, a, "Unknown VRID(7) received on interface(eth0). ignoring...", patience)
	heard := l.a.Capture("eth0")
	testnet.Eventually(t, patience, func() error {
		if n := len(advertsOf(heard, l.b, 7)); n < 100 {
			return fmt.Errorf("%d adverts", n)
		}
		return nil
	})
	if n := strings.Count(a.Output(), "Unknown VRID"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}
