package test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// promotes waits until promote_secondaries of the node's eth0 is as wanted.
func (n *node) promotes(want string) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		is := strings.TrimSpace(n.Run("cat", "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"))
		if is != want {
			return fmt.Errorf("promote_secondaries of %s is %s, want %s", n.Name, is, want)
		}
		return nil
	})
}

// TestPromoteSecondaries: with the word the setting is on while the daemon runs, so that whoever deletes the primary address
// leaves the secondary ones; a stop puts back what was. keepalived is asked the same.
func TestPromoteSecondaries(t *testing.T) {
	t.Parallel()
	const word = "    promote_secondaries\n"
	with := strings.Replace(conf(3, "BACKUP", 100, "0.2"), "    priority", word+"    priority", 1)
	starts := map[string]func(n *node) *testnet.Process{
		"xvrrp":      func(n *node) *testnet.Process { return n.xvrrp(with) },
		"keepalived": func(n *node) *testnet.Process { return n.keepalived(with) },
	}
	for name, start := range starts {
		for _, before := range []string{"0", "1"} {
			t.Run(name+" where it was "+before, func(t *testing.T) {
				t.Parallel()
				l := newLAN(t, peersNetwork)
				l.a.Sysctl("net/ipv4/conf/eth0/promote_secondaries", before)
				p := start(l.a)
				l.owned(peersVIP, "a", patience)
				l.a.promotes("1")
				for _, a := range []string{"10.77.0.1", "10.77.0.2"} {
					l.a.Run("ip", "address", "add", a+"/24", "dev", "eth0")
				}
				l.a.Run("ip", "address", "del", "10.77.0.1/24", "dev", "eth0")
				if !l.a.Has("10.77.0.2") {
					t.Error("the secondary address went with the primary one")
				}
				if err := p.Stop(patience); err != nil {
					t.Error(err)
				}
				l.a.promotes(before)
			})
		}
	}
	t.Run("reload", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.a.Sysctl("net/ipv4/conf/eth0/promote_secondaries", "0")
		p := l.a.xvrrp(conf(3, "BACKUP", 100, "0.2"))
		l.owned(peersVIP, "a", patience)
		l.a.promotes("0")
		for _, step := range []struct{ file, value string }{{with, "1"}, {conf(3, "BACKUP", 100, "0.2"), "0"}} {
			l.a.write("keepalived.conf", step.file)
			p.Signal(syscall.SIGHUP)
			l.a.promotes(step.value)
		}
	})
	t.Run("interface that comes later", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.a.xvrrp("global_defs {\n dynamic_interfaces\n}\n" + strings.Replace(with, "eth0", "eth7", 1))
		l.a.set("eth0", "down")
		l.a.set("eth0", "name", "eth7")
		l.a.set("eth7", "up")
		testnet.Eventually(t, patience, func() error {
			if is := strings.TrimSpace(l.a.Run("cat", "/proc/sys/net/ipv4/conf/eth7/promote_secondaries")); is != "1" {
				return fmt.Errorf("promote_secondaries of eth7 is %s", is)
			}
			return nil
		})
	})
}
