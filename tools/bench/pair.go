package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// pair is the usual lab: two directors and a judge, on as many switches as
// there are interfaces.
type pair struct {
	*lab.Lab
	dir   string
	nodes [2]*node
	judge *lab.Host

	switches []*lab.Switch
}

// node is one director.
type node struct {
	*lab.Host
	dir    string
	number int // its last octet
	ports  []*lab.Port
	runs   int
	zebra  *lab.Process // FRR's
}

// network of interface i: 10.i+1.0.0/16. The directors have .0.1 and .0.2, the
// judge .0.9, virtual router v has .1.v.
const lanBits = 16

func address(i, number int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i + 1), 0, byte(number)})
}

func virtual(i, vrid int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i + 1), 1, byte(vrid)})
}

func link(i int) string { return fmt.Sprintf("eth%d", i) }

func newPair(interfaces int) (p *pair, err error) {
	p = &pair{}
	if p.dir, err = os.MkdirTemp(memoryDir(), "xvrrp-bench-"); err != nil {
		return nil, err
	}
	if p.Lab, err = lab.New(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	if err := p.build(interfaces); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// memoryDir is where the daemons keep their run-time files: in memory, as /run
// is wherever systemd runs.
func memoryDir() string {
	const dir = "/dev/shm"
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) == nil && fs.Type == unix.TMPFS_MAGIC {
		return dir
	}
	return ""
}

func (p *pair) build(interfaces int) (err error) {
	for i, name := range []string{"a", "b"} {
		n := &node{dir: filepath.Join(p.dir, name), number: i + 1}
		if err := os.Mkdir(n.dir, 0o755); err != nil {
			return err
		}
		if n.Host, err = p.Host(name); err != nil {
			return err
		}
		p.nodes[i] = n
	}
	if p.judge, err = p.Host("judge"); err != nil {
		return err
	}
	for i := range interfaces {
		sw, err := p.Switch(fmt.Sprintf("lan%d", i))
		if err != nil {
			return err
		}
		p.switches = append(p.switches, sw)
		for _, n := range p.nodes {
			port, err := sw.Connect(n.Host, link(i), netip.PrefixFrom(address(i, n.number), lanBits))
			if err != nil {
				return err
			}
			n.ports = append(n.ports, port)
		}
		if _, err := sw.Connect(p.judge, link(i), netip.PrefixFrom(address(i, 9), lanBits)); err != nil {
			return err
		}
	}
	return nil
}

// close ends everything, and takes away what killed daemons left pinned: it
// would keep their programs in the kernel for ever.
func (p *pair) close() error {
	err := p.Close()
	for _, n := range p.nodes {
		if n != nil {
			err = errors.Join(err, os.RemoveAll(n.pins()))
		}
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// pins is where the node's xvrrp pins: named after its runtime directory, with
// every byte that is no letter or digit in hex.
func (n *node) pins() string {
	var name strings.Builder
	for _, c := range []byte(filepath.Join(n.dir, "run")) {
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

// other is the director that the given one is not.
func (p *pair) other(n *node) *node {
	if n == p.nodes[0] {
		return p.nodes[1]
	}
	return p.nodes[0]
}

// addr is the node's address on the first interface, mac its hardware address.
func (n *node) addr() netip.Addr { return address(0, n.number) }
func (n *node) mac() [6]byte     { return [6]byte(n.ports[0].MAC) }

// write puts a file into the node's folder and returns its path.
func (n *node) write(name, text string) (string, error) {
	path := filepath.Join(n.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o644)
}

// until asks every few milliseconds whether something is so.
func until(within time.Duration, what string, so func() bool) error {
	for deadline := time.Now().Add(within); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("not within %v: %s", within, what)
		}
	}
	return nil
}
