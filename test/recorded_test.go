package test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// recorded reads one of the configurations that the field cases recorded.
func recorded(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "internal", "config", "testdata", "corpus", "recorded-"+name+".conf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// case2 is the network of field case 2: an outer and an inner LAN, two nodes
// on both, and an haproxy that can be made to die on each.
type case2 struct {
	*lan
	inner *testnet.Switch
}

const (
	outerVIP = "192.0.2.200"
	innerVIP = "10.1.1.200"
)

func newCase2(t *testing.T) *case2 {
	t.Helper()
	l := newEmptyLAN(t)
	l.sw = l.Switch("outer")
	c := &case2{lan: l, inner: l.Switch("inner")}
	l.a, l.b = c.director("a", 11), c.director("b", 12)
	l.c = l.node("c", "192.0.2.%d/24", 9)
	l.nodes = []*node{l.a, l.b}
	return c
}

func (c *case2) director(name string, number int) *node {
	c.t.Helper()
	n := &node{Host: c.Host(name), t: c.t, dir: c.t.TempDir()}
	n.port = c.sw.Connect(n.Host, "eth0", fmt.Sprintf("192.0.2.%d/24", number))
	c.inner.Connect(n.Host, "eth1", fmt.Sprintf("10.1.1.%d/24", number))
	// The check asks killall for an haproxy. All nodes share this machine's
	// process list, so each has a killall of its own that asks for a file.
	n.haproxy(true)
	tool := n.write("killall", "#!/bin/sh\n[ \"$*\" = \"-0 haproxy\" ] && exec test -e "+filepath.Join(n.dir, "haproxy")+"\n")
	n.run("chmod", "0755", tool)
	return n
}

// haproxy starts or kills the node's haproxy.
func (n *node) haproxy(up bool) {
	n.t.Helper()
	path := filepath.Join(n.dir, "haproxy")
	if up {
		n.write("haproxy", "")
	} else if err := os.Remove(path); err != nil {
		n.t.Fatal(err)
	}
}

// withTools starts xvrrp with the node's own killall first in PATH.
func (n *node) withTools(conf string) *testnet.Process {
	n.t.Helper()
	file := n.write("keepalived.conf", conf)
	own := n.write("xvrrp.conf", "xvrrp {\n  listen none\n}\n")
	cmd := exec.Command(binary, "--runtime-dir", n.runtimeDir(), "--log-level", "debug", "run", "-f", file, "-f", own)
	cmd.Env = append(os.Environ(), "PATH="+n.dir+":"+os.Getenv("PATH"))
	return n.StartCmd(cmd)
}

// Case 2's final file, unchanged: two instances, unicast, PASS, labels,
// broadcast, and a check whose failure moves both addresses.
func TestRecordedCase2(t *testing.T) {
	t.Parallel()
	c := newCase2(t)
	c.a.withTools(recorded(t, "case2-final-a"))
	c.both("a", patience)
	c.b.withTools(recorded(t, "case2-final-b"))
	c.stays(outerVIP, "a", 5*time.Second)
	c.both("a", time.Second)

	want := map[string]string{"eth0": "eth0:vip brd 192.0.2.255", "eth1": "eth1:vip brd 10.1.1.255"}
	for link, label := range want {
		if got := labelled(c.a, link); got != label {
			t.Errorf("%s on %s: label and broadcast %q, want %q", link, c.a.Name, got, label)
		}
	}

	c.a.haproxy(false) // 100 + 2 falls to 100, below the other's 99 + 2
	c.both("b", patience)
	c.a.haproxy(true)
	c.both("a", patience)
}

// second is the other node's file of a recorded pair, as people make it.
func second(conf, priority string) string {
	return strings.NewReplacer("state MASTER", "state BACKUP", "priority 100", "priority "+priority).Replace(conf)
}

// The multicast file that case 2 began with, as a pair: the check moves the
// address, since 100 is below 99 + 2.
func TestRecordedCase2First(t *testing.T) {
	t.Parallel()
	c := newCase2(t)
	first := recorded(t, "case2-first")
	c.a.withTools(first)
	c.owned(innerVIP, "a", patience)
	c.b.withTools(second(first, "99"))
	c.stays(innerVIP, "a", 5*time.Second)
	c.a.haproxy(false)
	c.owned(innerVIP, "b", patience)
}

// The fault of case 2.4: priority raised to 160, weight still 2. The check
// fails and nothing can move.
func TestRecordedCase2RaisedPriorityHoldsTheAddress(t *testing.T) {
	t.Parallel()
	c := newCase2(t)
	a := c.a.withTools(recorded(t, "case2-raised"))
	c.owned(innerVIP, "a", patience)
	c.b.withTools(second(recorded(t, "case2-first"), "99"))
	c.a.haproxy(false)
	says(t, a, "VRRP_Script(chk_haproxy) failed", patience)
	c.stays(innerVIP, "a", 6*time.Second)
}

// both waits until one director holds both addresses.
func (c *case2) both(owner string, within time.Duration) {
	c.t.Helper()
	c.owned(outerVIP, owner, within)
	c.owned(innerVIP, owner, within)
}

// labelled is the label and broadcast address of a link's virtual address.
func labelled(n *node, link string) string {
	n.t.Helper()
	list, err := n.Netlink().AddrList(n.Link(link), netlink.FAMILY_V4)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, a := range list {
		if ip, ok := netip.AddrFromSlice(a.IP.To4()); ok && strings.HasSuffix(ip.String(), ".200") {
			return fmt.Sprintf("%s brd %v", a.Label, a.Broadcast)
		}
	}
	return "not there"
}
