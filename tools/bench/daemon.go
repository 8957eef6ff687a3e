package main

import (
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// kind is one daemon, configured one way.
type kind struct {
	name  string
	start func(b *bench, n *node, c config) (*lab.Process, error)
	// mac is the source of what the virtual address answers, announced the MAC
	// that gratuitous ARP tells.
	mac, announced func(n *node) [6]byte
	// bury takes away what the dead left on its host.
	bury func(n *node) error
}

var (
	xvrrp      = kind{"xvrrp", startXVRRP, (*node).mac, (*node).mac, (*node).clear}
	keepalived = kind{"keepalived", func(_ *bench, n *node, c config) (*lab.Process, error) {
		return startKeepalived(n, c, "")
	}, (*node).mac, (*node).mac, (*node).clear}
	keepalivedRT = kind{"keepalived-rt", func(_ *bench, n *node, c config) (*lab.Process, error) {
		return startKeepalived(n, c, "    vrrp_rt_priority 50\n    vrrp_no_swap\n")
	}, (*node).mac, (*node).mac, (*node).clear}
)

// clear takes the dead master's address away: it had no time to do it, so the
// address must be there.
func (n *node) clear() error {
	return n.DeleteAddress(link(0), netip.PrefixFrom(virtual(0, vrid), 16))
}

// config is what a director is to do: routers virtual routers, spread evenly
// over the interfaces, all with one interval. Both directors are equals, so
// whoever is Backup stays it.
type config struct {
	interfaces, routers int
	interval            time.Duration
	fine                bool // below what the protocol can say: xvrrp alone can
	watched             bool // the second director has a router of its own beside them
	owners              bool // the first director has the higher priority
	ipv6                bool // of the addresses all but the first
	lan                 bool // the addresses have the prefix of the interface's own
	addresses           int  // of the one router, 0: one. Then each director has a router of its own beside it
}

// one is the usual configuration: a single virtual router.
func one(interval time.Duration) config {
	return config{interfaces: 1, routers: 1, interval: interval, fine: interval < 10*time.Millisecond}
}

const vrid = 51

// routersOn lists the VRIDs on interface i.
func (c config) routersOn(i int) []int {
	if c.routers == 1 {
		return []int{vrid}
	}
	var list []int
	for v := 1; v <= c.routers/c.interfaces; v++ {
		list = append(list, v)
	}
	return list
}

// priority of both directors, unless one is to be better.
func (c config) priority(n *node) int {
	if c.owners && n.number == 1 {
		return 200
	}
	return 100
}

// down is Active_Down_Interval (RFC 9568 section 6.1) of a director.
func (c config) down(n *node) time.Duration {
	return 3*c.interval + time.Duration(256-c.priority(n))*c.interval/256
}

// text is the keepalived.conf that both daemons read.
func (c config) text(n *node, global string) string {
	var t strings.Builder
	fmt.Fprintf(&t, "global_defs {\n    vrrp_version 3\n%s}\n", global)
	interval := max(c.interval, 10*time.Millisecond)
	for i := range c.interfaces {
		if c.addresses > 0 {
			break // they are written below
		}
		for _, v := range c.routersOn(i) {
			fmt.Fprintf(&t, `vrrp_instance V%d_%d {
    state BACKUP
    interface %s
    virtual_router_id %d
    priority %d
    advert_int %g
    virtual_ipaddress {
        %s/16
    }
}
`, i, v, link(i), v, c.priority(n), interval.Seconds(), virtual(i, v))
		}
	}
	if c.addresses > 0 {
		c.withAddresses(&t, n)
	}
	if c.watched {
		c.withWatched(&t, n)
	}
	return t.String()
}

func startXVRRP(b *bench, n *node, c config) (*lab.Process, error) { return b.startXVRRP(n, c, "") }

// startXVRRP starts one with more words in its own block.
func (b *bench) startXVRRP(n *node, c config, words string) (*lab.Process, error) {
	text := c.text(n, "") + "xvrrp {\n    listen none\n" + words
	if c.fine {
		text += fmt.Sprintf("    instance V0_%d { advert_int %g }\n", vrid, c.interval.Seconds())
	}
	file, err := n.write("xvrrp.conf", text+"}\n")
	if err != nil {
		return nil, err
	}
	return n.Start(b.binary, "--runtime-dir", filepath.Join(n.dir, "run"), "run", "-f", file)
}

func startKeepalived(n *node, c config, global string) (*lab.Process, error) {
	n.runs++
	file, err := n.write("keepalived.conf", c.text(n, global))
	if err != nil {
		return nil, err
	}
	pid := func(name string) string { return filepath.Join(n.dir, fmt.Sprintf("%s%d.pid", name, n.runs)) }
	return n.StartCmd(exec.Command("keepalived", "-n", "-l", "-G", "-P", "-f", file, "-p", pid("parent"), "-r", pid("vrrp")))
}
