package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"

	"github.com/vishvananda/netlink"
)

const bridgeName = "br0"

// A Switch is a bridge in a namespace of its own: no spanning tree, forwarding at once, floods multicast to everybody.
type Switch struct {
	Name string
	lab  *Lab
	ns   *namespace

	mu    sync.Mutex
	ports int
	drops []drop // what the switch refuses to forward
}

// A Port is one socket of a switch and the cable to a host.
type Port struct {
	Host *Host
	Link string // the link's name on the host
	MAC  net.HardwareAddr

	sw   *Switch
	name string // the link's name on the switch
}

// Switch makes a switch without ports. Its name is for people and unique in the lab.
func (l *Lab) Switch(name string) (*Switch, error) {
	l.mu.Lock()
	_, taken := l.switches[name]
	l.mu.Unlock()
	if taken {
		return nil, fmt.Errorf("switch %s: made already", name)
	}
	ns, err := l.newNamespace()
	if err != nil {
		return nil, fmt.Errorf("switch %s: %w", name, err)
	}
	s := &Switch{Name: name, lab: l, ns: ns}
	if err := s.build(); err != nil {
		return nil, fmt.Errorf("switch %s: %w", name, err)
	}
	l.mu.Lock()
	l.switches[name] = s
	l.mu.Unlock()
	return s, nil
}

// build makes the bridge. The switch itself has no IPv6, so that only the hosts are heard on the wire.
func (s *Switch) build() error {
	for _, where := range []string{"all", "default"} {
		if err := s.ns.sysctl("net/ipv6/conf/"+where+"/disable_ipv6", "1"); err != nil {
			return err
		}
	}
	// Where br_netfilter is there, a bridge checks IPv4 headers and asks iptables. A switch does neither.
	for _, what := range []string{"arptables", "iptables", "ip6tables"} {
		err := s.ns.sysctl("net/bridge/bridge-nf-call-"+what, "0")
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	snooping := false
	attrs := netlink.NewLinkAttrs()
	attrs.Name = bridgeName
	if err := s.ns.nl.LinkAdd(&netlink.Bridge{LinkAttrs: attrs, MulticastSnooping: &snooping}); err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	return s.ns.setUp(bridgeName)
}

// Connect runs a cable from the switch to the host, where the link gets the name and addresses given. Frames pass when
// it returns.
func (s *Switch) Connect(h *Host, link string, addrs ...netip.Prefix) (*Port, error) {
	s.mu.Lock()
	s.ports++
	p := &Port{Host: h, Link: link, sw: s, name: fmt.Sprintf("p%d", s.ports)}
	s.mu.Unlock()
	if err := p.plug(); err != nil {
		return nil, fmt.Errorf("connect %s of %s to switch %s: %w", link, h.Name, s.Name, err)
	}
	for _, a := range addrs {
		if err := h.AddAddress(link, a); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Port) plug() error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = p.Link
	err := p.Host.ns.nl.LinkAdd(&netlink.Veth{
		LinkAttrs: attrs, PeerName: p.name, PeerNamespace: netlink.NsFd(p.sw.ns.fd),
	})
	if err != nil {
		return fmt.Errorf("veth: %w", err)
	}
	nl := p.sw.ns.nl
	end, err := nl.LinkByName(p.name)
	if err != nil {
		return fmt.Errorf("port %s: %w", p.name, err)
	}
	bridge, err := nl.LinkByName(bridgeName)
	if err != nil {
		return fmt.Errorf("%s: %w", bridgeName, err)
	}
	if err := nl.LinkSetMaster(end, bridge); err != nil {
		return fmt.Errorf("port %s into %s: %w", p.name, bridgeName, err)
	}
	if err := p.sw.ns.do(func() error { return offloadsOff(p.name) }); err != nil {
		return err
	}
	if err := p.Plug(); err != nil {
		return err
	}
	if err := p.Host.ready(p.Link); err != nil {
		return err
	}
	if err := p.sw.ns.waitCarrier(p.name); err != nil {
		return err
	}
	if err := p.Host.ns.waitCarrier(p.Link); err != nil {
		return err
	}
	l, err := p.Host.ns.nl.LinkByName(p.Link)
	if err != nil {
		return err
	}
	p.MAC = l.Attrs().HardwareAddr
	return nil
}

// Unplug pulls the cable: the host's link loses its carrier.
func (p *Port) Unplug() error {
	l, err := p.sw.ns.nl.LinkByName(p.name)
	if err != nil {
		return fmt.Errorf("unplug %s of %s: %w", p.Link, p.Host.Name, err)
	}
	if err := p.sw.ns.nl.LinkSetDown(l); err != nil {
		return fmt.Errorf("unplug %s of %s: %w", p.Link, p.Host.Name, err)
	}
	return nil
}

// Plug puts the cable back.
func (p *Port) Plug() error {
	if err := p.sw.ns.setUp(p.name); err != nil {
		return fmt.Errorf("plug %s of %s: %w", p.Link, p.Host.Name, err)
	}
	return nil
}

func (p *Port) String() string { return p.Host.Name + "/" + p.Link }
