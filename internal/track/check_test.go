package track

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx, cancel
}

// ask runs a check once; the one that must time out has little time, the
// others more than they need on a busy machine.
func ask(t *testing.T, c Check) outcome {
	t.Helper()
	if c.Interval == 0 {
		c.Interval = 20 * time.Second
	}
	if strings.HasSuffix(c.Target, "/slow") || c.Target == "203.0.113.7" {
		c.Timeout = 300 * time.Millisecond
	}
	must(t, c.usable())
	var got []outcome
	c.probe()(context.Background(), c.timeout(), func(o outcome) { got = append(got, o) })
	if len(got) != 1 {
		t.Fatalf("%d outcomes", len(got))
	}
	return got[0]
}

func TestChecks(t *testing.T) {
	dir := t.TempDir()
	web := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			io.WriteString(w, "fine")
		case "/moved":
			http.Redirect(w, r, "/bad", http.StatusFound)
		case "/endless":
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		case "/slow":
			<-r.Context().Done()
		default:
			http.Error(w, "no", http.StatusServiceUnavailable)
		}
	})
	plain, secret := httptest.NewServer(web), httptest.NewTLSServer(web)
	defer plain.Close()
	defer secret.Close()
	secret.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused certificate is what we want
	sock := filepath.Join(dir, "sock")
	l, err := net.Listen("unix", sock)
	must(t, err)
	defer l.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, closed.Close())
	pid := func(name, text string) string {
		put(t, filepath.Join(dir, name), text)
		return filepath.Join(dir, name)
	}
	ended := exec.Command("true")
	must(t, ended.Run())
	zombie := exec.Command("true")
	must(t, zombie.Start())
	defer zombie.Wait()

	for _, c := range []struct {
		kind   CheckKind
		target string
		text   string // empty: succeeds
	}{
		{TCP, plain.Listener.Addr().String(), ""},
		{TCP, closed.Addr().String(), "connection refused"},
		{Unix, sock, ""},
		{Unix, filepath.Join(dir, "none"), "no such file"},
		{HTTP, plain.URL + "/ok", ""},
		{HTTP, plain.URL + "/moved", ""}, // an answer, not followed
		{HTTP, plain.URL + "/endless", ""},
		{HTTP, plain.URL + "/bad", "status 503 Service Unavailable, want 200 to 399"},
		{HTTP, plain.URL + "/slow", "deadline exceeded"},
		{HTTPS, secret.URL + "/ok", "certificate"},
		{PIDFile, pid("living", fmt.Sprintln(os.Getpid())), ""},
		{PIDFile, pid("first", "1\nmore"), ""},
		{PIDFile, pid("ended", fmt.Sprint(ended.Process.Pid)), "no such process"},
		{PIDFile, pid("zombie", fmt.Sprint(zombie.Process.Pid)), "has ended"},
		{PIDFile, pid("garbage", "x"), "holds no process number"},
		{PIDFile, pid("group", "-1"), "holds no process number"},
		{PIDFile, filepath.Join(dir, "missing"), "no such file"},
		{Gateway, "127.0.0.1", ""},
		{Gateway, "::1", ""},
		{Gateway, "203.0.113.7", "on none of our links"},
	} {
		if c.text == "has ended" { // until it is one
			testnet.Eventually(t, 20*time.Second, func() error {
				if state := processState(zombie.Process.Pid); state != 'Z' {
					return fmt.Errorf("the child is in state %c", state)
				}
				return nil
			})
		}
		o := ask(t, Check{Name: "c", Kind: c.kind, Target: c.target})
		if o.passed != (c.text == "") || !strings.Contains(o.result.Text, c.text) {
			t.Errorf("%s %s: %+v, want %q", c.kind, c.target, o, c.text)
		}
		if slow := strings.HasSuffix(c.target, "/slow"); o.result.TimedOut != slow {
			t.Errorf("%s %s: timed out: %v", c.kind, c.target, o.result.TimedOut)
		}
	}
	if o := ask(t, Check{Kind: HTTPS, Target: secret.URL + "/ok", Insecure: true}); !o.passed {
		t.Errorf("insecure: %+v", o)
	}
	if o := ask(t, Check{Kind: HTTP, Target: plain.URL + "/ok", StatusMin: 500, StatusMax: 599}); o.passed {
		t.Errorf("status: %+v", o)
	}
}

// A check goes the way of a script: counter, phrases, no overlap.
func TestCheckRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sock")
	_, rec := run(t, Config{Checks: []Check{{Name: "c", Kind: Unix, Target: path, Rhythm: often}}})
	rec.wait(t, "down", func() bool { return changes(rec.scripts["c"]) == 1 })
	l, err := net.Listen("unix", path)
	must(t, err)
	defer l.Close()
	rec.wait(t, "up", func() bool { return changes(rec.scripts["c"]) == 2 })
}

func TestCheckUnusable(t *testing.T) {
	for _, c := range []Check{
		{Kind: TCP, Target: "host"}, {Kind: TCP, Target: "host:no-such-port"}, {Kind: HTTP, Target: "https://x/"},
		{Kind: HTTPS, Target: "x"}, {Kind: Unix, Target: "sock"}, {Kind: PIDFile, Target: ""}, {Kind: Systemd, Target: "a/b"},
		{Kind: Systemd}, {Kind: Gateway, Target: "router"}, {Kind: "carrier pigeon"},
	} {
		c.Name, c.Interval = "c", time.Second
		if err := c.usable(); err == nil || !strings.Contains(err.Error(), "check c") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := (Check{Name: "c", Kind: Gateway}).usable(); err == nil {
		t.Error("an interval of 0 was accepted")
	}
}
