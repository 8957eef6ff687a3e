package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

const earlyEnv = "XVRRP_DAEMON_EARLY" // the directory of the daemon of TestReloadWaitsForTheStart

// runForEarly runs a daemon that is asked for a reload at the end of its start.
func runForEarly(dir string) int {
	atReady = func(d *Daemon) {
		done := make(chan struct{})
		go func() { d.reload(false); close(done) }()
		select {
		case <-done:
			fmt.Println("reloaded in the middle of the start")
		case <-time.After(time.Second): // a time in which nothing shall happen
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err := Run(ctx, Options{
		Files: []string{filepath.Join(dir, "now.conf")}, RuntimeDir: filepath.Join(dir, "run"), Version: "test",
		Log: slog.New(slog.NewTextHandler(os.Stdout, nil)),
	})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// The control socket is there before everything that a reload changes is.
func TestReloadWaitsForTheStart(t *testing.T) {
	n := testnet.New(t)
	a := n.Host("a")
	n.Switch("lan").Connect(a, "eth0", "192.0.2.1/24")
	dir := t.TempDir()
	text := "xvrrp {\n listen none\n}\n" + one("VI_1", 1, 100, "192.0.2.101/32")
	if err := os.WriteFile(filepath.Join(dir, "now.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), earlyEnv+"="+dir)
	p := a.StartCmd(cmd)
	testnet.Eventually(t, 30*time.Second, func() error {
		if out := p.Output(); !strings.Contains(out, "Reload complete") {
			return fmt.Errorf("it was not reloaded:\n%s", out)
		}
		return nil
	})
	if out := p.Output(); strings.Contains(out, "in the middle") || strings.Index(out, "Reload complete") < strings.Index(out, "Startup complete") {
		t.Errorf("it did not wait for the start:\n%s", out)
	}
	if err := p.Stop(30 * time.Second); err != nil {
		t.Error(err)
	}
}
