package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// The daemon of this test is the test binary, started on a host of the lab.
const rollbackEnv = "XVRRP_DAEMON_ROLLBACK" // its directory

func TestMain(m *testing.M) {
	if dir := os.Getenv(rollbackEnv); dir != "" {
		os.Exit(runForRollback(dir))
	}
	if dir := os.Getenv(earlyEnv); dir != "" {
		os.Exit(runForEarly(dir))
	}
	os.Exit(m.Run())
}

// runForRollback runs a daemon that, at SIGUSR2, is given settings that the
// last of its checks accepts and the engine refuses half-way: one instance has
// changed by then, one has ended and one is new.
func runForRollback(dir string) int {
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGUSR2)
	atReady = func(d *Daemon) {
		go func() {
			for range again {
				next, findings := config.Load([]string{filepath.Join(dir, "next.conf")}, config.ThisHost())
				if config.Failed(findings) {
					fmt.Println("next.conf:", findings)
				}
				// No file gets as far as this: a member of two groups.
				next.SyncGroups = append(next.SyncGroups, config.SyncGroup{Name: "again", Members: slices.Clone(next.SyncGroups[0].Members)})
				d.reloading.Lock()
				err := d.apply(next, planReload(d.settings(), next))
				d.reloading.Unlock()
				fmt.Println("applied:", err)
			}
		}()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := Run(ctx, Options{
		Files: []string{filepath.Join(dir, "now.conf")}, RuntimeDir: filepath.Join(dir, "run"), Version: "test",
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// one is an instance.
func one(name string, vrid, priority int, vips ...string) string {
	return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority %d\n advert_int 0.05\n virtual_ipaddress {\n %s\n }\n}\n",
		name, vrid, priority, strings.Join(vips, "\n "))
}

// A reload that fails half-way goes back: what stays keeps its state and its
// addresses all the time, what had changed is as before, what had ended is
// there again, what was new is gone; and the next reload works.
func TestRollback(t *testing.T) {
	n := testnet.New(t)
	a := n.Host("a")
	n.Switch("lan").Connect(a, "eth0", "192.0.2.1/24")
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const own = "xvrrp {\n listen none\n}\n"
	group := func(members string) string { return "vrrp_sync_group G {\n group {\n " + members + "\n }\n}\n" }
	write("now.conf", own+group("STAYS")+one("STAYS", 1, 100, "192.0.2.101/32")+one("CHANGES", 2, 100, "192.0.2.102/32")+one("ENDS", 3, 100, "192.0.2.103/32"))
	write("next.conf", own+group("STAYS")+one("STAYS", 1, 100, "192.0.2.101/32")+one("CHANGES", 2, 150, "192.0.2.112/32")+one("NEW", 4, 100, "192.0.2.104/32"))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), rollbackEnv+"="+dir)
	p := a.StartCmd(cmd)
	holds := func(want ...string) {
		t.Helper()
		testnet.Eventually(t, 30*time.Second, func() error {
			for _, last := range []string{"101", "102", "103", "104", "112"} {
				if has := a.Has("192.0.2." + last); has != slices.Contains(want, last) {
					return fmt.Errorf("192.0.2.%s: %v, want %v alone", last, has, want)
				}
			}
			return nil
		})
	}
	holds("101", "102", "103")
	wire := a.Capture("eth0")
	for round := range 2 {
		p.Signal(syscall.SIGUSR2)
		testnet.Eventually(t, 30*time.Second, func() error {
			if strings.Count(p.Output(), "applied:") != round+1 {
				return fmt.Errorf("no answer yet")
			}
			if !a.Has("192.0.2.101") {
				t.Error("what stays lost its address")
			}
			return nil
		})
		if out := p.Output(); !strings.Contains(out, "is in two groups") || !strings.Contains(out, "going back to the old settings") || strings.Contains(out, "and the way back") {
			t.Fatalf("round %d:\n%s", round, out)
		}
		holds("101", "102", "103")
	}
	if n := strings.Count(p.Output(), "(STAYS) Entering"); n != 2 { // BACKUP and MASTER, at the start
		t.Errorf("STAYS changed its state %d times", n)
	}
	if n := strings.Count(p.Output(), "(CHANGES) Entering"); n != 2 {
		t.Errorf("CHANGES changed its state %d times", n)
	}
	if len(wire.Frames()) == 0 {
		t.Error("nothing was on the wire")
	}
	write("now.conf", own+one("STAYS", 1, 100, "192.0.2.101/32")+one("NEW", 4, 100, "192.0.2.104/32"))
	p.Signal(syscall.SIGHUP)
	holds("101", "104")
	if err := p.Stop(30 * time.Second); err != nil {
		t.Error(err)
	}
	holds()
}
