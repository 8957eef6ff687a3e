package testnet

import (
	"net/netip"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// A Net is a lab that belongs to a test.
type Net struct {
	*lab.Lab
	t testing.TB
}

// New makes an empty network that ends with the test.
func New(t testing.TB, opts ...lab.Option) *Net {
	t.Helper()
	// Cleanups run backwards: the test's folder must go after the processes that write into it.
	_ = t.TempDir()
	l, err := lab.New(opts...)
	must(t, err)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("testnet: %v", err)
		}
	})
	return &Net{l, t}
}

// A Host is a lab host whose failures end the test. What it does not redefine returns errors, as in the lab.
type Host struct {
	*lab.Host
	t testing.TB
}

// Host makes a host without links.
func (n *Net) Host(name string) *Host {
	n.t.Helper()
	h, err := n.Lab.Host(name)
	must(n.t, err)
	return &Host{h, n.t}
}

// A Switch is a lab switch whose failures end the test.
type Switch struct {
	*lab.Switch
	t testing.TB
}

// Switch makes a switch without ports.
func (n *Net) Switch(name string) *Switch {
	n.t.Helper()
	s, err := n.Lab.Switch(name)
	must(n.t, err)
	return &Switch{s, n.t}
}

// Connect runs a cable to a host and gives its end addresses such as "192.0.2.1/24".
func (s *Switch) Connect(h *Host, link string, addrs ...string) *lab.Port {
	s.t.Helper()
	var prefixes []netip.Prefix
	for _, a := range addrs {
		prefixes = append(prefixes, netip.MustParsePrefix(a))
	}
	p, err := s.Switch.Connect(h.Host, link, prefixes...)
	must(s.t, err)
	return p
}

// Drop makes the switch drop traffic from one port to another; nil is any port.
func (s *Switch) Drop(from, to *lab.Port, what lab.Traffic) {
	s.t.Helper()
	must(s.t, s.Switch.Drop(from, to, what))
}

// Forward ends every drop.
func (s *Switch) Forward() {
	s.t.Helper()
	must(s.t, s.Switch.Forward())
}

// Do runs f inside the host's network, on this goroutine; f may fail the test.
func (h *Host) Do(f func()) {
	h.t.Helper()
	must(h.t, h.Host.Do(func() error { f(); return nil }))
}

// Veth makes two links on the host that are each other's wire, and gives the first one addresses.
func (h *Host) Veth(name, peer string, addrs ...string) {
	h.t.Helper()
	must(h.t, h.Host.Veth(name, peer))
	for _, a := range addrs {
		h.AddAddress(name, a)
	}
}

// Link is a link of the host as netlink tells it now.
func (h *Host) Link(name string) lab.Link {
	h.t.Helper()
	l, err := h.Host.Link(name)
	must(h.t, err)
	return l
}

// Index is the interface index of a link.
func (h *Host) Index(link string) int {
	h.t.Helper()
	return h.Link(link).Attrs().Index
}

// Up raises a link.
func (h *Host) Up(link string) {
	h.t.Helper()
	must(h.t, h.Host.Up(link))
}

// Down lowers a link.
func (h *Host) Down(link string) {
	h.t.Helper()
	must(h.t, h.Host.Down(link))
}

// AddAddress gives a link an address such as "192.0.2.1/24".
func (h *Host) AddAddress(link, prefix string) {
	h.t.Helper()
	must(h.t, h.Host.AddAddress(link, netip.MustParsePrefix(prefix)))
}

// DeleteAddress takes an address away.
func (h *Host) DeleteAddress(link, prefix string) {
	h.t.Helper()
	must(h.t, h.Host.DeleteAddress(link, netip.MustParsePrefix(prefix)))
}

// Addresses lists a link's addresses as strings, in the kernel's order.
func (h *Host) Addresses(link string) []string {
	h.t.Helper()
	list, err := h.Host.Addresses(link)
	must(h.t, err)
	texts := make([]string, 0, len(list))
	for _, p := range list {
		texts = append(texts, p.String())
	}
	return texts
}

// Has reports whether any link of the host holds the address.
func (h *Host) Has(ip string) bool {
	h.t.Helper()
	has, err := h.Host.Has(netip.MustParseAddr(ip))
	must(h.t, err)
	return has
}

// Sysctl writes /proc/sys/<key> of the host's network.
func (h *Host) Sysctl(key, value string) {
	h.t.Helper()
	must(h.t, h.Host.Sysctl(key, value))
}

// Firewall replaces the host's firewall.
func (h *Host) Firewall(kinds ...lab.Firewall) {
	h.t.Helper()
	must(h.t, h.Host.Firewall(kinds...))
}

// Capture starts to record a link; it ends with the test.
func (h *Host) Capture(link string) *lab.Capture {
	h.t.Helper()
	c, err := h.Host.Capture(link)
	must(h.t, err)
	return c
}

// WhoHas asks once by ARP who has an address and collects the answers.
func (h *Host) WhoHas(link, ip string, within time.Duration) []lab.Answer {
	h.t.Helper()
	answers, err := h.Host.WhoHas(link, netip.MustParseAddr(ip), within)
	must(h.t, err)
	return answers
}

// Ping starts to ask an address at a steady pace; it ends with the test.
func (h *Host) Ping(ip string, every time.Duration) *lab.Ping {
	h.t.Helper()
	p, err := h.Host.Ping(netip.MustParseAddr(ip), every)
	must(h.t, err)
	return p
}

// A Process is a child on a host whose failures end the test. When the test fails, its output is logged.
type Process struct {
	*lab.Process
	t testing.TB
}

// Start starts a program on the host.
func (h *Host) Start(name string, args ...string) *Process {
	h.t.Helper()
	return h.StartCmd(exec.Command(name, args...))
}

// StartCmd starts a prepared command on the host.
func (h *Host) StartCmd(cmd *exec.Cmd) *Process {
	h.t.Helper()
	p, err := h.Host.StartCmd(cmd)
	must(h.t, err)
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Logf("output of %v on %s:\n%s", cmd.Args, h.Name, p.Output())
		}
	})
	return &Process{p, h.t}
}

// Run runs a program on the host to its end and returns what it printed.
func (h *Host) Run(name string, args ...string) string {
	h.t.Helper()
	out, err := h.Host.Run(name, args...)
	must(h.t, err)
	return out
}

// Kill ends the child at once (SIGKILL) and waits.
func (p *Process) Kill() {
	p.t.Helper()
	must(p.t, p.Process.Kill())
}

// Freeze stops the child where it stands (SIGSTOP).
func (p *Process) Freeze() {
	p.t.Helper()
	must(p.t, p.Process.Freeze())
}

// Thaw lets a frozen child go on (SIGCONT).
func (p *Process) Thaw() {
	p.t.Helper()
	must(p.t, p.Process.Thaw())
}

// Signal sends a signal to the child.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	must(p.t, p.Process.Signal(s))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
