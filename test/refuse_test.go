package test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

const goodInstance = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        10.9.0.100/24
    }
}
`

// Each bad input ends with one clear message that names file, line and remedy,
// and leaves nothing behind.
func TestBadInputIsRefused(t *testing.T) {
	l := newLAN(t, "10.9.0.%d/24")
	for _, c := range []struct {
		name, conf string
		wants      []string
	}{
		{"empty file", "", []string{"keepalived.conf", "empty"}},
		{"comments only", "! nothing\n# at all\n", []string{"keepalived.conf"}},
		{"unknown keyword", strings.Replace(goodInstance, "priority 100", "prioritty 100", 1), []string{"keepalived.conf:4:", "prioritty", "priority"}},
		{"missing brace", strings.TrimSuffix(goodInstance, "}\n"), []string{"keepalived.conf:1", "}"}},
		{"VRID 0", strings.Replace(goodInstance, "virtual_router_id 51", "virtual_router_id 0", 1), []string{"keepalived.conf:3:", "1", "255"}},
		{"VRID 256", strings.Replace(goodInstance, "virtual_router_id 51", "virtual_router_id 256", 1), []string{"keepalived.conf:3:", "1", "255"}},
		{"priority 300", strings.Replace(goodInstance, "priority 100", "priority 300", 1), []string{"keepalived.conf:4:", "300", "255"}},
		{"address that is none", strings.Replace(goodInstance, "10.9.0.100/24", "10.9.0.1000/24", 1), []string{"keepalived.conf:6:", "10.9.0.1000"}},
		{"no such interface", strings.Replace(goodInstance, "interface eth0", "interface eth9", 1), []string{"keepalived.conf:2:", "eth9"}},
		{"one VRID twice", goodInstance + strings.Replace(goodInstance, "VI_1", "VI_2", 1), []string{"keepalived.conf:", "51", "VI_1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := l.a.write("keepalived.conf", c.conf)
			text := refused(t, l.a, 2, "run", "-f", file)
			for _, want := range c.wants {
				if !strings.Contains(text, want) {
					t.Errorf("the message does not say %q:\n%s", want, text)
				}
			}
			if n := strings.Count(text, ": error: "); n != 1 {
				t.Errorf("%d errors for one mistake:\n%s", n, text)
			}
			if !strings.Contains(text, "remedy: ") {
				t.Errorf("no remedy:\n%s", text)
			}
			if got := l.a.Addresses("eth0"); slices.Contains(got, "10.9.0.100/24") {
				t.Errorf("addresses left behind: %v", got)
			}
			nothingLeft(t, l.a)
		})
	}
}

func TestUnreadableFilesAreRefused(t *testing.T) {
	l := newLAN(t, "10.9.0.%d/24")
	missing := filepath.Join(l.a.dir, "missing.conf")
	if text := refused(t, l.a, 2, "run", "-f", missing); !strings.Contains(text, missing) {
		t.Errorf("the message does not name the missing file:\n%s", text)
	}
	if text := refused(t, l.a, 2, "run", "-f", l.a.dir); !strings.Contains(text, l.a.dir) {
		t.Errorf("the message does not name the directory given as file:\n%s", text)
	}
}

func TestSecondDaemonIsRefused(t *testing.T) {
	l := newLAN(t, "10.9.0.%d/24")
	first := l.a.xvrrp(goodInstance)
	l.owned("10.9.0.100", "a", patience)
	text := refused(t, l.a, 1, "run", "-f", filepath.Join(l.a.dir, "keepalived.conf"))
	if !strings.Contains(text, "belongs to the daemon with pid") || !strings.Contains(text, "--runtime-dir") {
		t.Errorf("message:\n%s", text)
	}
	l.stays("10.9.0.100", "a", time.Second)
	if err := first.Stop(patience); err != nil {
		t.Error(err)
	}
}

func TestWithoutPrivilegeIsRefused(t *testing.T) {
	l := newLAN(t, "10.9.0.%d/24")
	dir := t.TempDir()
	file := l.a.write("keepalived.conf", goodInstance)
	cmd := exec.Command(binary, "--runtime-dir", filepath.Join(dir, "run"), "run", "-f", file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	// The files belong to root and were made for this test; it must not be
	// them that stand in the way.
	l.a.run("chown", "65534", dir)
	l.a.run("chmod", "-R", "a+rX", filepath.Dir(l.a.dir), filepath.Dir(dir), filepath.Dir(binary))
	p := l.a.StartCmd(cmd)
	err := p.Wait(patience)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("exit %v, want 1:\n%s", err, p.Output())
	}
	if !strings.Contains(p.Output(), "CAP_NET_RAW") {
		t.Errorf("the message does not say what is missing:\n%s", p.Output())
	}
}

// -s runs the daemon in a named network namespace, as keepalived's does.
func TestNamespaceOption(t *testing.T) {
	n := testnet.New(t, lab.Names())
	h := n.Host("a")
	h.Veth("eth0", "peer0", "10.9.0.1/24")
	dir := t.TempDir()
	file := filepath.Join(dir, "k.conf")
	if err := os.WriteFile(file, []byte(goodInstance+"xvrrp {\n listen none\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	outside := n.Host("outside") // the process starts here and must not stay
	p := outside.Start(binary, "--runtime-dir", filepath.Join(dir, "run"), "run", "-s", h.ID(), "-f", file)
	testnet.Eventually(t, patience, func() error {
		if !h.Has("10.9.0.100") {
			return fmt.Errorf("the daemon does not work in the namespace:\n%s", p.Output())
		}
		return nil
	})
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
}

// refused runs xvrrp on the node, wants this exit code and returns what it said.
func refused(t *testing.T, n *node, code int, args ...string) string {
	t.Helper()
	p := n.Start(binary, append([]string{"--runtime-dir", n.runtimeDir()}, args...)...)
	err := p.Wait(patience)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		t.Fatalf("exit %v, want %d:\n%s", err, code, p.Output())
	}
	return p.Output()
}
