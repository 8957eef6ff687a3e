package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/lab"
)

const (
	frrLib     = "/usr/lib/frr"
	frrMacvlan = "vrrp4-51"
)

// virtualMAC is what FRR's addresses are announced with (RFC 9568 section 7.3).
var virtualMAC = [6]byte{0x00, 0x00, 0x5e, 0x00, 0x01, vrid}

// frr is FRR's vrrpd. Its address stays on a macvlan with the virtual MAC that
// both nodes share, so the dead node's is taken away: its host is dead as well.
var frr = kind{
	name:  "frr",
	start: startFRR,
	// Linux answers an echo through the parent interface, whose route is first.
	mac:       (*node).mac,
	announced: func(*node) [6]byte { return virtualMAC },
	bury: func(n *node) error {
		l, err := n.Link(frrMacvlan)
		if err != nil {
			return err
		}
		return n.Netlink().LinkDel(l)
	},
}

func startFRR(_ *bench, n *node, c config) (*lab.Process, error) {
	// In Backup the address stays on the macvlan, and Linux answers for it on
	// every interface unless told not to.
	if err := n.Sysctl("net/ipv4/conf/eth0/arp_ignore", "1"); err != nil {
		return nil, err
	}
	if err := n.frrLink(); err != nil {
		return nil, fmt.Errorf("macvlan: %w", err)
	}
	zserv := filepath.Join(n.dir, "zserv.api")
	args := func(name, conf string) []string {
		n.runs++
		return []string{"-f", conf, "-z", zserv, "-i", filepath.Join(n.dir, fmt.Sprintf("%s%d.pid", name, n.runs)),
			"--vty_socket", n.dir, "-P", "0", "-A", "127.0.0.1", "--log", "stdout"}
	}
	if n.zebra == nil {
		conf, err := n.write("zebra.conf", "hostname "+n.Name+"\n")
		if err != nil {
			return nil, err
		}
		// FRR's daemons run as their own user and must reach their files.
		if out, err := exec.Command("sh", "-c", `chown -R frr:frr "$1" && chmod a+x "$1" "$1/.."`, "sh", n.dir).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		if n.zebra, err = n.Start(frrLib+"/zebra", args("zebra", conf)...); err != nil {
			return nil, err
		}
		if err := until(10*time.Second, "zebra's socket", func() bool { _, err := os.Stat(zserv); return err == nil }); err != nil {
			return nil, err
		}
	}
	conf, err := n.write("vrrpd.conf", fmt.Sprintf(`interface eth0
 vrrp %d version 3
 vrrp %d priority %d
 vrrp %d advertisement-interval %d
 vrrp %d ip %s
`, vrid, vrid, c.priority(n), vrid, c.interval.Milliseconds(), vrid, virtual(0, vrid)))
	if err != nil {
		return nil, err
	}
	return n.Start(frrLib+"/vrrpd", args("vrrpd", conf)...)
}

// frrLink makes the interface that FRR wants to find.
func (n *node) frrLink() error {
	parent, err := n.Index(link(0))
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex, attrs.HardwareAddr = frrMacvlan, parent, virtualMAC[:]
	if _, err := n.Link(frrMacvlan); err == nil {
		return nil
	}
	if err := n.Netlink().LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}); err != nil {
		return err
	}
	if err := n.AddAddress(frrMacvlan, netip.PrefixFrom(virtual(0, vrid), 16)); err != nil {
		return err
	}
	return n.Up(frrMacvlan)
}
