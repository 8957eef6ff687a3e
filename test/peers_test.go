package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

const (
	peersNetwork = "10.9.0.%d/24"
	peersVIP     = "10.9.0.100"
)

// conf is one node of a pair.
func conf(version int, state string, priority int, interval string) string {
	return fmt.Sprintf(`global_defs {
    vrrp_version %d
}
vrrp_instance VI_1 {
    state %s
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int %s
    virtual_ipaddress {
        %s/24
    }
}
`, version, state, priority, interval, peersVIP)
}

// pairing runs one daemon of each kind as a pair, a with the higher priority.
type pairing struct {
	name       string
	a, b       func(n *node, priority int) daemon
	down, skew time.Duration // bounds of the takeovers, generous
}

// daemon is a running xvrrp or peer.
type daemon interface {
	stop(t *testing.T)
	kill(t *testing.T)
}

// process is a daemon that is one process.
type process struct{ *testnet.Process }

func (p process) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Stop(10 * time.Second); err != nil {
		t.Errorf("exit after SIGTERM: %v", err)
	}
}
func (p process) kill(*testing.T) { p.Kill() }

func pairings() []pairing {
	xvrrp := func(version int, interval string) func(*node, int) daemon {
		return func(n *node, priority int) daemon {
			return process{n.xvrrp(conf(version, "BACKUP", priority, interval))}
		}
	}
	keepalived := func(version int, interval string) func(*node, int) daemon {
		return func(n *node, priority int) daemon {
			return process{n.keepalived(conf(version, "BACKUP", priority, interval))}
		}
	}
	return []pairing{
		{"xvrrp before keepalived, version 2", xvrrp(2, "1"), keepalived(2, "1"), 6 * time.Second, 3 * time.Second},
		{"keepalived before xvrrp, version 2", keepalived(2, "1"), xvrrp(2, "1"), 6 * time.Second, 3 * time.Second},
		{"xvrrp before keepalived, version 3", xvrrp(3, "0.2"), keepalived(3, "0.2"), 4 * time.Second, 3 * time.Second},
		{"keepalived before xvrrp, version 3", keepalived(3, "0.2"), xvrrp(3, "0.2"), 4 * time.Second, 3 * time.Second},
	}
}

// One virtual router of two makes: agreement, graceful release, crash, return,
// in both roles.
func TestPeers(t *testing.T) {
	for _, c := range pairings() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			life(t, l, c)
		})
	}
}

func life(t *testing.T, l *lan, c pairing) {
	t.Helper()
	b := c.b(l.b, 100)
	l.owned(peersVIP, "b", 15*time.Second)
	a := c.a(l.a, 200)
	l.owned(peersVIP, "a", 15*time.Second) // it preempts, the other yields
	l.stays(peersVIP, "a", 2*time.Second)
	l.soleAnswer(peersVIP, 2*time.Second)

	a.stop(t) // graceful release
	l.owned(peersVIP, "b", c.skew)

	a = c.a(l.a, 200) // return
	l.owned(peersVIP, "a", 15*time.Second)

	a.kill(t) // crash: its addresses may stay, so b is asked, not a
	testnet.Eventually(t, c.down, func() error {
		if !l.b.Has(peersVIP) {
			return fmt.Errorf("b has not taken over from the dead")
		}
		return nil
	})

	c.a(l.a, 200) // return after a crash
	l.owned(peersVIP, "a", 15*time.Second)

	b.stop(t)
	l.stays(peersVIP, "a", 2*time.Second) // a backup's stop is no event
}

// soleAnswer waits until exactly one MAC answers for the address.
func (l *lan) soleAnswer(vip string, within time.Duration) {
	l.t.Helper()
	testnet.Eventually(l.t, within, func() error {
		if answers := l.c.WhoHas("eth0", vip, 50*time.Millisecond); len(answers) != 1 {
			return fmt.Errorf("%s is answered for by %v", vip, answers)
		}
		return nil
	})
}
