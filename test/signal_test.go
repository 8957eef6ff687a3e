package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/xvrrp/xvrrp/internal/control"
)

// The signals at which keepalived writes its files: the first writes ours, the second says where to look, and the daemon lives.
func TestSignals(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	p := l.a.xvrrp(conf(3, "BACKUP", 200, "1"))
	l.owned(peersVIP, "a", patience)
	file := filepath.Join(l.a.runtimeDir(), "status.json")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Fatalf("%s before the signal: %v", file, err)
	}
	p.Signal(syscall.SIGUSR1)
	says(t, p, "status written to "+file, patience)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s control.Status
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if len(s.Instances) != 1 || s.Instances[0].State != control.Master || len(s.Instances[0].VIPs) != 1 || !s.Instances[0].VIPs[0].Held {
		t.Errorf("not what runs here:\n%s", text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("others may read it: %v, %v", info, err)
	}
	p.Signal(syscall.SIGUSR2)
	says(t, p, "no file is written for SIGUSR2", patience)
	l.a.is("VI_1", "MASTER")
}
