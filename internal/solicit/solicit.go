package solicit

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"
)

const headerLen = 40 // of IPv6

// All asks everybody: packet is the whole IPv6 packet in network byte order, to the
// target's solicited-node group, and to is the group's Ethernet address. source is an
// address of ours, which the answer goes to, with our Ethernet address as an option.
// The zero Addr or :: asks as nobody, without the option; the answer then goes to all
// nodes.
func All(target, source netip.Addr, mac net.HardwareAddr) (packet []byte, to net.HardwareAddr, err error) {
	group, err := ndp.SolicitedNodeMulticast(target)
	if err != nil {
		return nil, nil, fmt.Errorf("solicit %v: %w", target, err)
	}
	packet, err = build(target, source, group, mac)
	g := group.As16()
	return packet, net.HardwareAddr{0x33, 0x33, g[12], g[13], g[14], g[15]}, err
}

// One asks the target alone, whose Ethernet address the caller knows; source as for
// All, but not nobody (section 7.2.8).
func One(target, source netip.Addr, mac net.HardwareAddr) (packet []byte, err error) {
	return build(target, source, target, mac)
}

func build(target, source, dst netip.Addr, mac net.HardwareAddr) ([]byte, error) {
	m := &ndp.NeighborSolicitation{TargetAddress: target}
	if source = source.WithZone(""); !source.IsValid() || source.IsUnspecified() {
		source = netip.IPv6Unspecified() // section 4.3: no option when nobody asks
	} else {
		m.Options = []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Source, Addr: mac}}
	}
	icmp, err := ndp.MarshalMessageChecksum(m, source, dst)
	if err != nil {
		return nil, fmt.Errorf("solicit %v from %v: %w", target, source, err)
	}
	b := make([]byte, headerLen, headerLen+len(icmp))
	b[0] = 6 << 4
	binary.BigEndian.PutUint16(b[4:], uint16(len(icmp)))
	b[6], b[7] = unix.IPPROTO_ICMPV6, ndp.HopLimit
	copy(b[8:], source.AsSlice())
	copy(b[24:], dst.AsSlice())
	return append(b, icmp...), nil
}
