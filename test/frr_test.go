package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

const frrLib = "/usr/lib/frr"

// frrRouter is FRR's pair of daemons on one node: zebra, which knows the
// interfaces, and vrrpd.
type frrRouter struct {
	n            *node
	zebra, vrrpd *testnet.Process
	zsock        string
}

// holds asks the wire: the address stays on FRR's macvlan whoever is master,
// and the answer bears the virtual MAC.
func (f *frrRouter) holds(l *lan) bool {
	for range 3 { // an answer may be late on a busy machine
		for _, a := range l.c.WhoHas("eth0", peersVIP, 50*time.Millisecond) {
			if a.MAC.String() == virtualMAC {
				return true
			}
		}
	}
	return false
}

const virtualMAC = "00:00:5e:00:01:33"

// frr starts FRR's vrrpd in version 3 with the given interval in seconds.
func frr(interval float64) maker {
	return func(n *node, priority int) daemon {
		n.t.Helper()
		f := &frrRouter{n: n}
		// The address stays on the macvlan in Backup, and Linux answers for it on
		// every interface unless told not to.
		n.Sysctl("net/ipv4/conf/eth0/arp_ignore", "1")
		f.macvlan()
		f.zsock = filepath.Join(n.dir, "zserv.api")
		// FRR's daemons run as their own user and must reach their files.
		n.run("chown", "-R", "frr:frr", n.dir)
		n.run("chmod", "a+x", filepath.Dir(n.dir))
		zconf := n.write("zebra.conf", "hostname "+n.Name+"\n")
		// FRR counts in milliseconds.
		vconf := n.write("vrrpd.conf", fmt.Sprintf(`interface eth0
 vrrp 51 version 3
 vrrp 51 priority %d
 vrrp 51 advertisement-interval %d
 vrrp 51 ip %s
`, priority, int(interval*1000), peersVIP))
		f.zebra = n.Start(frrLib+"/zebra", f.args("zebra", zconf)...)
		testnet.Eventually(n.t, 10*time.Second, func() error {
			_, err := os.Stat(f.zsock)
			return err
		})
		f.vrrpd = n.Start(frrLib+"/vrrpd", f.args("vrrpd", vconf)...)
		return f
	}
}

func (f *frrRouter) args(name, conf string) []string {
	f.n.runs++
	return []string{
		"-f", conf, "-z", f.zsock, "-i", filepath.Join(f.n.dir, fmt.Sprintf("%s%d.pid", name, f.n.runs)),
		"--vty_socket", f.n.dir, "-P", "0", "-A", "127.0.0.1", "--log", "stdout",
	}
}

// run runs a program on this machine.
func (n *node) run(name string, args ...string) {
	n.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// macvlan makes the interface that FRR wants to find: bridge mode, the virtual
// MAC, the virtual address.
func (f *frrRouter) macvlan() {
	f.n.t.Helper()
	parent := f.n.Index("eth0")
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.ParentIndex = "vrrp4-51", parent
	attrs.HardwareAddr = []byte{0x00, 0x00, 0x5e, 0x00, 0x01, 51}
	if _, err := f.n.Netlink().LinkByName(attrs.Name); err == nil {
		return // it returns after a stop or crash
	}
	must := func(err error) {
		f.n.t.Helper()
		if err != nil {
			f.n.t.Fatal(err)
		}
	}
	must(f.n.Netlink().LinkAdd(&netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}))
	link, err := f.n.Netlink().LinkByName(attrs.Name)
	must(err)
	addr, err := netlink.ParseAddr(peersVIP + "/24")
	must(err)
	must(f.n.Netlink().AddrAdd(link, addr))
	must(f.n.Netlink().LinkSetUp(link))
}

func (f *frrRouter) stop(t *testing.T) {
	t.Helper()
	if err := f.vrrpd.Stop(patience); err != nil {
		t.Errorf("vrrpd after SIGTERM: %v", err)
	}
	// zebra takes the interface down for it, later, or never when it loses the last word of a client that has gone:
	// then the address would answer on, and that is no goodbye.
	down := func() bool { return strings.Contains(f.n.Run("ip", "-d", "link", "show", "vrrp4-51"), "protodown on") }
	for deadline := time.Now().Add(2 * time.Second); !down() && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	f.zebra.Kill()
	if !down() {
		t.Log("zebra did not take vrrp4-51 down: the test does")
		f.remove()
	}
}

func (f *frrRouter) kill() {
	f.vrrpd.Kill()
	f.zebra.Kill()
	f.remove() // a crashed host takes its interface with it; a crashed vrrpd leaves it up
}

func (f *frrRouter) remove() {
	if link, err := f.n.Netlink().LinkByName("vrrp4-51"); err == nil {
		if err := f.n.Netlink().LinkDel(link); err != nil {
			f.n.t.Fatal(err)
		}
	}
}
