package test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// pairConf is a sync group of two with a check of the whole group, and a file
// that the check looks for.
func (n *node) pairConf(priority int) string {
	n.write("healthy", "")
	one := func(name string, vrid int) string {
		return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority %d\n advert_int 0.1\n virtual_ipaddress {\n 10.9.1.%d/32\n }\n}\n",
			name, vrid, priority, vrid)
	}
	return "vrrp_script check {\n script \"/usr/bin/test -e " + n.dir + "/healthy\"\n interval 1\n}\n" +
		"vrrp_sync_group G {\n group {\n ONE\n TWO\n }\n track_script {\n check\n }\n}\n" + one("ONE", 1) + one("TWO", 2)
}

// A sync group moves as one, to keepalived and back, by a check of the group, a
// stop and a crash.
func TestGroupBesideKeepalived(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	both := func(who string, within time.Duration) {
		t.Helper()
		l.owned("10.9.1.1", who, within)
		l.owned("10.9.1.2", who, within)
	}
	l.a.xvrrp(l.a.pairConf(150))
	both("a", patience)
	b := l.b.keepalived(l.b.pairConf(100))
	says(t, b, "VRRP_Group(G) Syncing instances to BACKUP state", patience)
	if err := os.Remove(l.a.dir + "/healthy"); err != nil {
		t.Fatal(err)
	}
	both("b", patience)
	l.a.write("healthy", "")
	both("a", patience)
	b.Kill()
	l.b.keepalived(l.b.pairConf(200))
	both("b", patience)
}

// Field case 2.4: the check fails on the master, and whether the address moves
// is arithmetic. 100-2 is still more than 90; 100-20 is not.
func TestWeightMustBridgeTheDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, weight, owner string
	}{{"wrong", "-2", "a"}, {"right", "-20", "b"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			node := func(n *node, priority int) *testnet.Process {
				n.write("healthy", "")
				return n.xvrrp("vrrp_script check {\n script \"/usr/bin/test -e " + n.dir + "/healthy\"\n interval 1\n weight " + c.weight + "\n}\n" +
					fast("VI_1", priority, unhurried, "track_script {\n check\n }"))
			}
			a := node(l.a, 100)
			l.owned(fastVIP, "a", patience)
			says(t, node(l.b, 90), "master set to "+l.a.ip, patience)
			if err := os.Remove(l.a.dir + "/healthy"); err != nil {
				t.Fatal(err)
			}
			says(t, a, "Changing effective priority from 100 to ", patience)
			l.owned(fastVIP, c.owner, patience)
			l.stays(fastVIP, c.owner, time.Second)
		})
	}
}

// What is static comes first: the start-up script, then the checks' first
// results, and only then does an instance take part; init_fail and the
// conditions that a file can put make it wait in FAULT.
func TestStartUpOrder(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	n := l.a
	slow := n.write("slow", "#!/bin/sh\nuntil [ -e "+n.dir+"/gate ]; do sleep 0.1; done\n")
	first := n.write("first", "#!/bin/sh\necho began >> "+n.dir+"/order\nsleep 0.5\necho ended >> "+n.dir+"/order\n")
	hang := n.write("hang", "#!/bin/sh\necho stop >> "+n.dir+"/order\nsleep 100\n")
	n.Run("chmod", "755", slow, first, hang)
	one := func(name string, vrid int, lines string) string {
		return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority 100\n advert_int 0.1\n virtual_ipaddress {\n 10.9.1.%d/32\n }\n %s\n}\n", name, vrid, vrid, lines)
	}
	began := time.Now()
	p := n.xvrrp("global_defs {\n script_user root\n startup_script " + first + "\n shutdown_script " + hang + "\n shutdown_script_timeout 1\n}\n" +
		"vrrp_script slow {\n script " + slow + "\n interval 60\n timeout 60\n}\n" +
		"vrrp_script fails {\n script \"/usr/bin/test -e " + n.dir + "/gate\"\n interval 1\n rise 2\n init_fail\n}\n" +
		one("WAITS", 1, "track_script {\n slow\n }") + one("FAILS", 2, "track_script {\n fails\n }") +
		one("SOURCE", 3, "mcast_src_ip 10.9.0.77\n track_src_ip") + one("PEERS", 4, "unicast_fault_no_peer") + one("PLAIN", 5, ""))
	if time.Since(began) < 500*time.Millisecond {
		t.Error("it did not wait for startup_script")
	}
	says(t, p, "(FAILS) Entering FAULT STATE (init)", patience)
	says(t, p, "(SOURCE) Entering FAULT STATE (init)", patience)
	says(t, p, "(PEERS) Entering FAULT STATE (init)", patience)
	l.owned("10.9.1.5", "a", patience)
	if strings.Contains(p.Output(), "(WAITS)") {
		t.Error("WAITS did not wait silently")
	}
	if strings.Contains(p.Output(), "(FAILS) Entering BACKUP") {
		t.Error("FAILS did not wait for its script")
	}
	n.write("gate", "")
	says(t, p, "(WAITS) Entering BACKUP STATE (init)", patience)
	says(t, p, "(FAILS) Entering BACKUP STATE", patience)
	n.AddAddress("eth0", "10.9.0.77/24")
	says(t, p, "(SOURCE) Entering BACKUP STATE", patience)
	l.owned("10.9.1.3", "a", patience)
	n.DeleteAddress("eth0", "10.9.0.77/24")
	l.owned("10.9.1.3", "", patience)
	began = time.Now()
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("stopped after %v, before the shutdown script's timeout", took)
	}
	order, err := os.ReadFile(n.dir + "/order")
	if got := strings.Fields(string(order)); err != nil || strings.Join(got, " ") != "began ended stop" {
		t.Errorf("order: %q, %v", got, err)
	}
}

// A link that flaps for less than its delay is no fault.
func TestLinkDelays(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	p := l.a.xvrrp("interface_up_down_delays {\n eth0 5 0\n}\n" + fast("VI_1", 100))
	l.owned(fastVIP, "a", patience)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(l.a.port.Unplug())
	l.stays(fastVIP, "a", time.Second)
	must(l.a.port.Plug())
	l.stays(fastVIP, "a", 2*time.Second)
	if strings.Contains(p.Output(), "FAULT") {
		t.Error("a short flap was a fault")
	}
	must(l.a.port.Unplug())
	l.owned(fastVIP, "", patience)
}

// A link that is back is believed when it has lasted for its delay. One that goes is a fault at once.
func TestLinkUpDelay(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.a.xvrrp("interface_up_down_delays {\n eth0 0 5\n}\n" + fast("VI_1", 100))
	l.owned(fastVIP, "a", patience)
	if err := l.a.port.Unplug(); err != nil {
		t.Fatal(err)
	}
	l.owned(fastVIP, "", patience)
	if err := l.a.port.Plug(); err != nil {
		t.Fatal(err)
	}
	l.stays(fastVIP, "", 2*time.Second)
	l.owned(fastVIP, "a", patience)
}
