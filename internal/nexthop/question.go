package nexthop

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/solicit"
)

var broadcast = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// questionFor builds "who has this next hop?" as the payload of a frame, and
// says where to send the frame.
func questionFor(w way, source netip.Addr, mac net.HardwareAddr) (payload []byte, to net.HardwareAddr, err error) {
	if w.via.Is4() {
		if !source.Is4() {
			source = netip.IPv4Unspecified() // an ARP probe (RFC 5227): answered as well
		}
		// The target hardware address is what is asked for; it is ignored.
		p, err := arp.NewPacket(arp.OperationRequest, mac, source, make(net.HardwareAddr, 6), w.via)
		if err != nil {
			return nil, nil, err
		}
		payload, err = p.MarshalBinary()
		return payload, broadcast, err
	}
	if !source.Is6() || source.IsUnspecified() {
		if source, err = linkLocal(w.ifindex); err != nil {
			return nil, nil, err
		}
	}
	return solicit.All(w.via, source, mac)
}

// linkLocal finds an address of ours to ask from.
func linkLocal(ifindex int) (netip.Addr, error) {
	addrs, err := (&net.Interface{Index: ifindex}).Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() == nil && n.IP.IsLinkLocalUnicast() {
			addr, _ := netip.AddrFromSlice(n.IP)
			return addr, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("interface %d has no link-local address", ifindex)
}

// answerIn finds an answer in the payload of a received frame: the sender of any ARP packet
// speaks for itself, a neighbour advertisement carries the address as an option.
func answerIn(family uint8, b []byte) (addr netip.Addr, mac [6]byte, ok bool) {
	if family == unix.AF_INET {
		var p arp.Packet
		if p.UnmarshalBinary(b) != nil || len(p.SenderHardwareAddr) != 6 {
			return addr, mac, false
		}
		return p.SenderIP, [6]byte(p.SenderHardwareAddr), true
	}
	if len(b) < 40 || b[7] != ndp.HopLimit { // RFC 4861 §7.1.2: anything else came through a router
		return addr, mac, false
	}
	m, err := ndp.ParseMessage(b[40:])
	if err != nil {
		return addr, mac, false
	}
	na, isNA := m.(*ndp.NeighborAdvertisement)
	if !isNA {
		return addr, mac, false
	}
	for _, o := range na.Options {
		if l, isL := o.(*ndp.LinkLayerAddress); isL && l.Direction == ndp.Target && len(l.Addr) == 6 {
			return na.TargetAddress, [6]byte(l.Addr), true
		}
	}
	return addr, mac, false
}
