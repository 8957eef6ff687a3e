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

// maker starts a daemon of one kind on a node, as version 3 or 2.
type maker func(n *node, priority int) daemon

// pairing runs one daemon of each kind as a pair, a with the higher priority.
type pairing struct {
	name string
	a, b maker
}

// daemon is a running xvrrp or peer.
type daemon interface {
	// holds tells whether it is master, as its host or the wire shows it.
	holds(l *lan) bool
	stop(t *testing.T)
	kill()
}

// process is a daemon that is one process and holds addresses on eth0.
type process struct {
	*testnet.Process
	n *node
}

func (p process) holds(*lan) bool { return p.n.Has(peersVIP) }

func (p process) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Stop(patience); err != nil {
		t.Errorf("exit after SIGTERM: %v", err)
	}
}

func (p process) kill() { p.Kill() }

func xvrrp(version int, interval string) maker {
	return func(n *node, priority int) daemon {
		return process{n.xvrrp(conf(version, "BACKUP", priority, interval)), n}
	}
}

func keepalived(version int, interval string) maker {
	return func(n *node, priority int) daemon {
		return process{n.keepalived(conf(version, "BACKUP", priority, interval)), n}
	}
}

// One virtual router of two makes: agreement, graceful release, crash, return,
// in both roles.
func TestPeers(t *testing.T) {
	for _, c := range []pairing{
		{"xvrrp before keepalived, version 2", xvrrp(2, "1"), keepalived(2, "1")},
		{"keepalived before xvrrp, version 2", keepalived(2, "1"), xvrrp(2, "1")},
		{"xvrrp before keepalived, version 3", xvrrp(3, "0.2"), keepalived(3, "0.2")},
		{"keepalived before xvrrp, version 3", keepalived(3, "0.2"), xvrrp(3, "0.2")},
		{"xvrrp before frr, version 3", xvrrp(3, "0.2"), frr(0.2)},
		{"frr before xvrrp, version 3", frr(0.2), xvrrp(3, "0.2")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			life(t, newLAN(t, peersNetwork), c)
		})
	}
}

func life(t *testing.T, l *lan, c pairing) {
	t.Helper()
	agree := func(what string, holder, other daemon, within time.Duration) {
		t.Helper()
		testnet.Eventually(t, within, func() error {
			if !holder.holds(l) || other.holds(l) {
				return fmt.Errorf("%s: the holder holds %v, the other %v", what, holder.holds(l), other.holds(l))
			}
			return nil
		})
	}
	const start = patience
	b := c.b(l.b, 100)
	testnet.Eventually(t, start, func() error {
		if !b.holds(l) {
			return fmt.Errorf("b alone is not master")
		}
		return nil
	})
	a := c.a(l.a, 200)
	agree("a preempts", a, b, start)
	testnet.Throughout(t, 2*time.Second, func() error {
		if !a.holds(l) || b.holds(l) {
			return fmt.Errorf("no agreement: a holds %v, b %v", a.holds(l), b.holds(l))
		}
		return nil
	})
	l.soleAnswer(peersVIP, patience)

	a.stop(t)
	agree("a released", b, a, patience)
	if p, ok := b.(process); ok && p.Cmd.Path == binary {
		says(t, p.Process, "reason=priority_zero", patience)
	}

	a = c.a(l.a, 200)
	agree("a returned", a, b, start)

	a.kill() // its address may stay behind, so b is asked, not a
	testnet.Eventually(t, patience, func() error {
		if !b.holds(l) {
			return fmt.Errorf("b has not taken over from the dead")
		}
		return nil
	})

	a = c.a(l.a, 200)
	agree("a returned after a crash", a, b, start)

	b.stop(t) // a backup's stop is no event
	testnet.Throughout(t, 2*time.Second, func() error {
		if !a.holds(l) {
			return fmt.Errorf("a lost the address when the backup stopped")
		}
		return nil
	})
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
