package test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// slow is an instance at an advert every two seconds, whose peers wait six and
// some: time enough to start again, also on a busy machine.
func slow(name string, vrid, priority int, lines ...string) string {
	return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority %d\n advert_int 2\n virtual_ipaddress {\n 10.9.1.%d/32\n }\n %s\n}\n",
		name, vrid, priority, vrid, strings.Join(lines, "\n "))
}

// A master that is killed and started again within its peers' down interval
// goes on: nobody takes over, the address stays, nothing starts anew. Its sync
// group goes on with it; what its checks thought is known.
func TestKilledMasterGoesOn(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	script := l.a.write("startup", "#!/bin/sh\necho ran >> "+l.a.dir+"/ran\n")
	notify := l.a.write("notify", "#!/bin/sh\necho \"$@\" >> "+l.a.dir+"/notified\n")
	l.a.Run("chmod", "755", script, notify)
	global := "global_defs {\n script_user root\n startup_script " + script + "\n}\nvrrp_script check {\n script /bin/true\n interval 60\n weight 10\n}\n"
	group := "vrrp_sync_group G {\n sync_group_tracking_weight\n group {\n TWO\n THREE\n }\n}\n"
	a := l.a.xvrrp(global + group + slow("ONE", 1, 200, "track_script {\n check\n }\n notify "+notify) + slow("TWO", 2, 200) + slow("THREE", 3, 200))
	vips := []string{"10.9.1.1", "10.9.1.2", "10.9.1.3"}
	for _, vip := range vips {
		l.owned(vip, "a", patience)
	}
	b := l.b.xvrrp(slow("ONE", 1, 100) + slow("TWO", 2, 100) + slow("THREE", 3, 100))
	for _, name := range []string{"ONE", "TWO", "THREE"} {
		says(t, b, "("+name+") master set to "+l.a.ip, patience)
	}
	wire := l.c.Capture("eth0")
	for range 5 {
		a.Kill()
		a = l.a.again(a)
		for _, name := range []string{"ONE", "TWO", "THREE"} {
			says(t, a, "("+name+") Goes on as MASTER", patience)
		}
		for _, vip := range vips {
			l.owned(vip, "a", 0)
		}
		if strings.Contains(a.Output(), "BACKUP STATE") {
			t.Fatalf("something started anew:\n%s", a.Output())
		}
	}
	l.a.tells(0, words("status"), "TWO", "MASTER", "THREE", "MASTER", "ONE", "MASTER", "210 of 200")
	for vrid := byte(1); vrid <= 3; vrid++ {
		if n := len(advertsOf(wire, l.b, vrid)); n != 0 {
			t.Errorf("b advertised %d times for %d", n, vrid)
		}
		sent := advertsOf(wire, l.a, vrid)
		if len(sent) < 5 {
			t.Errorf("a advertised %d times for %d, less than once a life", len(sent), vrid)
		}
		for _, f := range sent {
			if p := priorityOf(f.Data); p != 200 && p != 210 {
				t.Errorf("a advertised priority %d for %d", p, vrid)
			}
		}
	}
	if n := strings.Count(b.Output(), "Entering MASTER STATE"); n != 0 {
		t.Errorf("b took over %d times", n)
	}
	for file, want := range map[string]int{"ran": 1, "notified": 2} { // BACKUP and MASTER of the first life
		text, err := os.ReadFile(l.a.dir + "/" + file)
		if n := strings.Count(string(text), "\n"); err != nil || n != want {
			t.Errorf("%s: %d lines, %v, want %d:\n%s", file, n, err, want, text)
		}
	}
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	nothingLeft(t, l.a)
	if list, err := os.ReadDir(l.a.runtimeDir()); err != nil {
		t.Error(err)
	} else {
		for _, e := range list {
			if strings.HasPrefix(e.Name(), "pulse") || strings.HasPrefix(e.Name(), "opinions") {
				t.Errorf("an orderly stop left %s", e.Name())
			}
		}
	}
}

// again starts a daemon with the command line of one that has ended.
func (n *node) again(p *testnet.Process) *testnet.Process {
	n.t.Helper()
	next := n.Start(p.Cmd.Args[0], p.Cmd.Args[1:]...)
	says(n.t, next, "Startup complete", patience)
	return next
}

// Beside keepalived.
func TestKilledMasterGoesOnBesideKeepalived(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := l.a.xvrrp(slow("ONE", 1, 200))
	l.owned("10.9.1.1", "a", patience)
	b := l.b.keepalived(slow("ONE", 1, 100))
	says(t, b, "(ONE) Entering BACKUP STATE", patience)
	wire := l.c.Capture("eth0")
	for range 3 {
		a.Kill()
		a = l.a.again(a)
		says(t, a, "(ONE) Goes on as MASTER", patience)
	}
	if n := len(advertsOf(wire, l.b, 1)); n != 0 || strings.Contains(b.Output(), "Entering MASTER STATE") {
		t.Errorf("keepalived took over, %d adverts\n%s", n, b.Output())
	}
}

// Who cannot know that nobody took over starts as the rules say.
func TestKilledMasterStartsAnew(t *testing.T) {
	t.Parallel()
	killed := func(t *testing.T, conf string) (*lan, *testnet.Process) {
		t.Helper()
		t.Parallel()
		l := newLAN(t, peersNetwork)
		a := l.a.xvrrp(conf)
		l.owned("10.9.1.1", "a", patience)
		a.Kill()
		return l, a
	}
	anew := func(t *testing.T, a *testnet.Process, why string) {
		t.Helper()
		says(t, a, "(ONE) Entering BACKUP STATE (init)", patience)
		if out := a.Output(); strings.Contains(out, "Goes on as MASTER") || !strings.Contains(out, why) {
			t.Errorf("no %q in the log, or it went on:\n%s", why, out)
		}
	}
	// no flap: b, which took over, stays until the rules give a its turn, which nopreempt denies
	t.Run("another master", func(t *testing.T) {
		l, a := killed(t, slow("ONE", 1, 200, "nopreempt"))
		wire := l.c.Capture("eth0")
		b := l.b.xvrrp(slow("ONE", 1, 255)) // advertises at once
		testnet.Eventually(t, patience, func() error {
			if len(advertsOf(wire, l.b, 1)) == 0 {
				return fmt.Errorf("b does not advertise")
			}
			return nil
		})
		a = l.a.again(a)
		anew(t, a, "has advertised since")
		l.owned("10.9.1.1", "b", patience)
		l.stays("10.9.1.1", "b", 3*time.Second)
		if n := len(advertsOf(wire, l.a, 1)); n != 0 {
			t.Errorf("a advertised %d times beside b", n)
		}
		if n := strings.Count(b.Output(), "Entering MASTER STATE"); n != 1 {
			t.Errorf("b became master %d times", n)
		}
	})
	t.Run("too late", func(t *testing.T) {
		l, a := killed(t, strings.Replace(slow("ONE", 1, 200), "advert_int 2", "advert_int 0.1", 1))
		b := l.b.xvrrp(slow("ONE", 1, 100, "nopreempt"))
		l.answers("10.9.1.1", l.b, patience) // its down interval is more than ours
		a = l.a.again(a)
		anew(t, a, "")
		says(t, b, "Entering MASTER STATE", 0)
	})
	t.Run("not master", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.b.xvrrp(slow("ONE", 1, 255))
		l.answers("10.9.1.1", l.b, patience)
		a := l.a.xvrrp(slow("ONE", 1, 200))
		says(t, a, "(ONE) master set to "+l.b.ip, patience)
		a.Kill()
		a = l.a.again(a)
		anew(t, a, "")
		l.stays("10.9.1.1", "b", time.Second)
	})
	t.Run("another router", func(t *testing.T) {
		l, a := killed(t, slow("ONE", 1, 200))
		l.a.write("keepalived.conf", slow("ONE", 2, 200))
		a = l.a.again(a)
		anew(t, a, "")
		l.owned("10.9.1.1", "", patience)
	})
	t.Run("deaf meanwhile", func(t *testing.T) {
		l, a := killed(t, slow("ONE", 1, 200))
		if err := os.RemoveAll(l.a.pinDir()); err != nil {
			t.Fatal(err)
		}
		a = l.a.again(a)
		anew(t, a, "no kernel program has listened")
	})
	t.Run("half a group", func(t *testing.T) {
		l, a := killed(t, slow("ONE", 1, 200))
		l.a.write("keepalived.conf", "vrrp_sync_group G {\n group {\n ONE\n TWO\n }\n}\n"+slow("ONE", 1, 200)+slow("TWO", 2, 200))
		a = l.a.again(a)
		anew(t, a, "")
		says(t, a, "(TWO) Entering BACKUP STATE (init)", patience)
	})
	t.Run("a fault", func(t *testing.T) {
		l, a := killed(t, slow("ONE", 1, 200))
		l.a.Down("eth0")
		a = l.a.again(a)
		says(t, a, "(ONE) Entering FAULT STATE (init)", patience)
		if strings.Contains(a.Output(), "Goes on as MASTER") {
			t.Errorf("it went on without its link:\n%s", a.Output())
		}
	})
}
