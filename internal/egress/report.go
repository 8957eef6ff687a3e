package egress

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
)

// Report tells the switches of the interface's membership once more, with a frame that no
// firewall sees: an IGMPv2 or MLDv1 report, which snooping switches of
// every version understand. Where the firewall lets IGMP and MLD pass it
// adds nothing but a frame; where it does not, one a minute keeps the
// membership alive, since switches forget after 260 s (RFC 2236 §8.4, RFC 2710 §7.4).
func (m *Membership) Report() error {
	if m.silent {
		return nil
	}
	link, err := net.InterfaceByIndex(m.ifindex)
	if err != nil {
		return fmt.Errorf("report %v: %w", m.group, err)
	}
	out, err := Open(m.ifindex, link.HardwareAddr)
	if err != nil {
		return fmt.Errorf("report %v: %w", m.group, err)
	}
	defer out.Close()
	var report []byte
	if m.group.Is4() {
		report = igmpReport(m.group)
	} else {
		report = mldReport(m.group, linkLocalOf(link))
	}
	if err := out.Multicast(report); err != nil {
		return fmt.Errorf("report %v: %w", m.group, err)
	}
	return nil
}

// igmpReport builds a version 2 membership report (RFC 2236 §2) in its IP
// datagram: to the group itself, TTL 1, with the router alert option. A source
// of 0.0.0.0 is meant for hosts without an address and accepted by all (RFC 4541 §2.1.1).
func igmpReport(group netip.Addr) []byte {
	b := []byte{
		0x46, 0xc0, 0, 32, 0, 0, 0x40, 0, // IHL 6, CS6, 32 bytes, do not fragment
		1, 2, 0, 0, // TTL 1, protocol IGMP
		0, 0, 0, 0, 0, 0, 0, 0, // source, destination
		0x94, 4, 0, 0, // router alert (RFC 2113)
		0x16, 0, 0, 0, 0, 0, 0, 0, // version 2 report, checksum, group
	}
	g := group.As4()
	copy(b[16:20], g[:])
	copy(b[28:32], g[:])
	binary.BigEndian.PutUint16(b[10:], checksum(0, b[:24]))
	binary.BigEndian.PutUint16(b[26:], checksum(0, b[24:]))
	return b
}

// mldReport builds a version 1 report (RFC 2710 §3) in its IPv6 datagram: to
// the group itself, hop limit 1, with the router alert in a hop-by-hop header.
func mldReport(group, source netip.Addr) []byte {
	b := make([]byte, 72)
	b[0] = 6 << 4
	b[5] = 32 // payload: 8 of hop-by-hop, 24 of MLD
	b[7] = 1
	s, g := source.As16(), group.As16()
	copy(b[8:24], s[:])
	copy(b[24:40], g[:])
	copy(b[40:48], []byte{58, 0, 5, 2, 0, 0, 1, 0}) // next ICMPv6; router alert: MLD (RFC 2711); padding
	b[48] = 131                                     // version 1 report
	copy(b[56:72], g[:])
	pseudo := uint32(58 + 24) // next header and length of the upper layer
	for i := 8; i < 40; i += 2 {
		pseudo += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	binary.BigEndian.PutUint16(b[50:], checksum(pseudo, b[48:]))
	return b
}

// checksum is the Internet checksum (RFC 1071) of an even number of bytes.
func checksum(sum uint32, b []byte) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// linkLocalOf finds the address that MLD wants as a source; without one the
// unspecified address serves (RFC 3590 §4).
func linkLocalOf(link *net.Interface) netip.Addr {
	addrs, err := link.Addrs()
	if err != nil {
		return netip.IPv6Unspecified()
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
	}
	return netip.IPv6Unspecified()
}
