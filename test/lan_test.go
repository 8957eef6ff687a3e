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

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// lan is the usual lab: two directors and a client on one switch.
type lan struct {
	*testnet.Net
	t       testing.TB
	sw      *testnet.Switch
	a, b, c *node
	nodes   []*node // directors
	made    []*node // all that node has made
}

// node is one host of the lan with a directory of its own.
type node struct {
	*testnet.Host
	t    testing.TB
	port *lab.Port
	ip   string
	dir  string
	runs int

	// Of the weighing tests.
	sleeper   *testnet.Process
	restarted bool
	last      *testnet.Process // started by startXVRRP or startKeepalived
}

// newLAN makes directors a (.1) and b (.2) and the client c (.9) in network,
// for example "10.9.0.%d/24".
func newLAN(t testing.TB, network string) *lan {
	t.Helper()
	l := newEmptyLAN(t)
	l.sw = l.Switch("lan")
	l.a, l.b, l.c = l.node("a", network, 1), l.node("b", network, 2), l.node("c", network, 9)
	l.nodes = []*node{l.a, l.b}
	return l
}

// newEmptyLAN makes a lan without hosts. When the test ends and all processes
// are dead, what killed daemons left pinned goes as well: it would keep their
// programs, maps and timers in the kernel for ever.
func newEmptyLAN(t testing.TB) *lan {
	t.Helper()
	l := &lan{t: t}
	t.Cleanup(func() {
		for _, n := range append(l.made, l.nodes...) { // some make theirs themselves
			if err := os.RemoveAll(n.pinDir()); err != nil {
				t.Errorf("remove the pins of %s: %v", n.Name, err)
			}
		}
	})
	l.Net = testnet.New(t) // its own cleanup, which kills, is thus the earlier one
	return l
}

func (l *lan) node(name, network string, number int) *node {
	l.t.Helper()
	prefix := netip.MustParsePrefix(fmt.Sprintf(network, number))
	n := &node{Host: l.Host(name), t: l.t, ip: prefix.Addr().String(), dir: l.t.TempDir()}
	n.port = l.sw.Connect(n.Host, "eth0", prefix.String())
	l.made = append(l.made, n)
	return n
}

// write puts a file into the node's directory and returns its path.
func (n *node) write(name, text string) string {
	n.t.Helper()
	path := filepath.Join(n.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		n.t.Fatal(err)
	}
	return path
}

// runtimeDir is where the node's xvrrp lives.
func (n *node) runtimeDir() string { return filepath.Join(n.dir, "run") }

// pinDir is where the node's xvrrp pins what outlives it: named after the
// runtime directory, with every byte that is no letter or digit written in hex.
func (n *node) pinDir() string {
	var name strings.Builder
	for _, c := range []byte(n.runtimeDir()) {
		switch {
		case c == '/':
			name.WriteByte('-')
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			name.WriteByte(c)
		default:
			fmt.Fprintf(&name, "_%02x", c)
		}
	}
	return filepath.Join("/sys/fs/bpf", "xvrrp"+name.String())
}

// xvrrp starts a daemon with the given configuration and waits until it says
// that it is up.
func (n *node) xvrrp(conf string) *testnet.Process {
	n.t.Helper()
	p := n.xvrrpRaw(conf)
	testnet.Eventually(n.t, patience, func() error {
		select {
		case <-p.Done():
			n.t.Fatalf("xvrrp on %s ended:\n%s", n.Name, p.Output())
		default:
		}
		if !strings.Contains(p.Output(), "Startup complete") {
			return fmt.Errorf("xvrrp on %s is not up", n.Name)
		}
		return nil
	})
	return p
}

// xvrrpRaw starts a daemon and does not wait. Our own block stands in a file
// of its own, so that the configuration is what a keepalived would read.
func (n *node) xvrrpRaw(conf string) *testnet.Process {
	n.t.Helper()
	file := n.write("keepalived.conf", conf)
	own := n.write("xvrrp.conf", "xvrrp {\n  listen none\n}\n")
	return n.Start(binary, "--runtime-dir", n.runtimeDir(), "--log-level", "debug", "run", "-f", file, "-f", own)
}

// keepalived starts Debian's keepalived with the given configuration.
func (n *node) keepalived(conf string) *testnet.Process {
	n.t.Helper()
	n.runs++
	file := n.write("keepalived.conf", conf)
	pid := func(name string) string { return filepath.Join(n.dir, fmt.Sprintf("%s%d.pid", name, n.runs)) }
	return n.StartCmd(exec.Command("keepalived", "-n", "-l", "-D", "-G", "-P", "-f", file, "-p", pid("parent"), "-r", pid("vrrp")))
}

// patience is for what has no time of its own, such as a start: the kernel
// takes its locks one namespace at a time, and many are made beside this one.
const patience = 30 * time.Second

// owners are the directors that hold an address now.
func (l *lan) owners(vip string) string {
	l.t.Helper()
	var names []string
	for _, n := range l.nodes {
		if n.Has(vip) {
			names = append(names, n.Name)
		}
	}
	return strings.Join(names, " ")
}

// owned waits until exactly these directors hold the address: "a", "a b", "".
func (l *lan) owned(vip, want string, within time.Duration) {
	l.t.Helper()
	testnet.Eventually(l.t, within, func() error {
		if got := l.owners(vip); got != want {
			return fmt.Errorf("%s is held by %q, want %q", vip, got, want)
		}
		return nil
	})
}

// stays fails when anybody but these directors holds the address meanwhile.
func (l *lan) stays(vip, want string, during time.Duration) {
	l.t.Helper()
	testnet.Throughout(l.t, during, func() error {
		if got := l.owners(vip); got != want {
			return fmt.Errorf("%s is held by %q, want %q", vip, got, want)
		}
		return nil
	})
}

// answers waits until the client gets an answer for the address from exactly
// this director.
func (l *lan) answers(vip string, from *node, within time.Duration) {
	l.t.Helper()
	want := from.Link("eth0").Attrs().HardwareAddr.String()
	testnet.Eventually(l.t, within, func() error {
		answers := l.c.WhoHas("eth0", vip, 50*time.Millisecond)
		if len(answers) != 1 || answers[0].MAC.String() != want {
			return fmt.Errorf("%s is answered for by %v, want %s alone", vip, answers, want)
		}
		return nil
	})
}

// says waits until the output holds a phrase.
func says(t testing.TB, p *testnet.Process, phrase string, within time.Duration) {
	t.Helper()
	testnet.Eventually(t, within, func() error {
		if !strings.Contains(p.Output(), phrase) {
			return fmt.Errorf("the log does not say %q", phrase)
		}
		return nil
	})
}
