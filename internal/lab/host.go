package lab

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A Host is a network namespace in which things run.
type Host struct {
	Name string
	lab  *Lab
	ns   *namespace
}

// Host makes a host without links. Its name is for people and unique in the lab.
func (l *Lab) Host(name string) (*Host, error) {
	l.mu.Lock()
	_, taken := l.hosts[name]
	l.mu.Unlock()
	if taken {
		return nil, fmt.Errorf("host %s: made already", name)
	}
	ns, err := l.newNamespace()
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", name, err)
	}
	h := &Host{Name: name, lab: l, ns: ns}
	l.mu.Lock()
	l.hosts[name] = h
	l.mu.Unlock()
	return h, nil
}

// Do runs f inside the host's network, on the calling goroutine with its thread locked. Sockets that f opens stay in
// that network for life; goroutines that f starts do not run in it.
func (h *Host) Do(f func() error) error { return h.ns.do(f) }

// Netlink is a route handle into the host; it works from any goroutine and closes with the lab.
func (h *Host) Netlink() *netlink.Handle { return h.ns.nl }

// NS is the host's namespace, for libraries that can open sockets there. It stays the lab's: do not close it.
func (h *Host) NS() netns.NsHandle { return netns.NsHandle(h.ns.fd) }

// ID is the namespace's unique name, xv<pid>-<n>: the name under /run/netns in a lab with Names.
func (h *Host) ID() string { return h.ns.id }

// Sysctl writes /proc/sys/<key> of the host's network, for example "net/ipv4/ip_forward".
func (h *Host) Sysctl(key, value string) error {
	if err := h.ns.sysctl(key, value); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	return nil
}

// Veth makes a pair of links that both live on the host, up and with checksums computed: a stand-in for a dummy link.
func (h *Host) Veth(name, peer string) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	if err := h.ns.nl.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: peer}); err != nil {
		return fmt.Errorf("host %s: veth %s: %w", h.Name, name, err)
	}
	for _, l := range []string{peer, name} {
		if err := h.ready(l); err != nil {
			return err
		}
	}
	for _, l := range []string{peer, name} {
		if err := h.ns.waitCarrier(l); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	return nil
}

// ready switches a fresh link's offloads off and raises it.
func (h *Host) ready(link string) error {
	if err := h.ns.do(func() error { return offloadsOff(link) }); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	if err := h.ns.setUp(link); err != nil {
		return fmt.Errorf("host %s: %w", h.Name, err)
	}
	return nil
}

// Up raises a link of the host.
func (h *Host) Up(link string) error { return h.ns.setUp(link) }

// Down lowers a link of the host, as `ip link set down` does.
func (h *Host) Down(link string) error {
	l, err := h.ns.nl.LinkByName(link)
	if err != nil {
		return fmt.Errorf("host %s: %s: %w", h.Name, link, err)
	}
	if err := h.ns.nl.LinkSetDown(l); err != nil {
		return fmt.Errorf("host %s: %s down: %w", h.Name, link, err)
	}
	return nil
}

// A Link is a link as netlink tells it.
type Link = netlink.Link

// Link is a link of the host as it is now.
func (h *Host) Link(name string) (Link, error) {
	l, err := h.ns.nl.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("host %s: %s: %w", h.Name, name, err)
	}
	return l, nil
}

// Index is the interface index of a link of the host.
func (h *Host) Index(link string) (int, error) {
	l, err := h.ns.nl.LinkByName(link)
	if err != nil {
		return 0, fmt.Errorf("host %s: %s: %w", h.Name, link, err)
	}
	return l.Attrs().Index, nil
}

// AddAddress gives a link an address, with no broadcast address, as keepalived does.
func (h *Host) AddAddress(link string, p netip.Prefix) error {
	l, err := h.ns.nl.LinkByName(link)
	if err != nil {
		return fmt.Errorf("host %s: %s: %w", h.Name, link, err)
	}
	if err := h.ns.nl.AddrAdd(l, toAddr(p, h.lab.dad)); err != nil {
		return fmt.Errorf("host %s: add %s to %s: %w", h.Name, p, link, err)
	}
	return nil
}

// DeleteAddress takes an address away.
func (h *Host) DeleteAddress(link string, p netip.Prefix) error {
	l, err := h.ns.nl.LinkByName(link)
	if err != nil {
		return fmt.Errorf("host %s: %s: %w", h.Name, link, err)
	}
	if err := h.ns.nl.AddrDel(l, toAddr(p, true)); err != nil {
		return fmt.Errorf("host %s: delete %s from %s: %w", h.Name, p, link, err)
	}
	return nil
}

// Addresses lists a link's addresses in the kernel's order, link-local ones included.
func (h *Host) Addresses(link string) ([]netip.Prefix, error) {
	l, err := h.ns.nl.LinkByName(link)
	if err != nil {
		return nil, fmt.Errorf("host %s: %s: %w", h.Name, link, err)
	}
	list, err := h.ns.addresses(l)
	if err != nil {
		return nil, fmt.Errorf("host %s: addresses of %s: %w", h.Name, link, err)
	}
	prefixes := make([]netip.Prefix, 0, len(list))
	for _, a := range list {
		ip, ok := netip.AddrFromSlice(a.IP)
		if !ok {
			return nil, fmt.Errorf("host %s: address of %d bytes on %s", h.Name, len(a.IP), link)
		}
		bits, _ := a.Mask.Size()
		prefixes = append(prefixes, netip.PrefixFrom(ip.Unmap(), bits))
	}
	return prefixes, nil
}

// Has reports whether any link of the host holds the address.
func (h *Host) Has(ip netip.Addr) (bool, error) {
	list, err := h.ns.addresses(nil)
	if err != nil {
		return false, fmt.Errorf("host %s: addresses: %w", h.Name, err)
	}
	for _, a := range list {
		if got, ok := netip.AddrFromSlice(a.IP); ok && got.Unmap() == ip {
			return true, nil
		}
	}
	return false, nil
}

// toAddr asks for a broadcast address of zero, which the library understands as none at all.
func toAddr(p netip.Prefix, dad bool) *netlink.Addr {
	a := &netlink.Addr{IPNet: ipNet(p)}
	switch {
	case p.Addr().Is4():
		a.Broadcast = zeroBroadcast
	case !dad:
		a.Flags = unix.IFA_F_NODAD // accept_dad=0 alone leaves it tentative for a moment
	}
	return a
}
