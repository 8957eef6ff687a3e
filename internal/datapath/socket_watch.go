package datapath

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// ICMPv6 types of neighbour discovery (RFC 4861 §4).
const (
	solicitation  = 135
	advertisement = 136

	claimInterval  = uint64(time.Second / 100) // as in limit.h
	reportInterval = uint64(time.Second / 50)
)

// watch is watch.h for packet sockets: it reports whether the packet claims
// one of our virtual addresses, and what it says.
func (a *admission) watch(s *packetSocket, packet []byte, protocol uint16) (c Claim, ok bool) {
	c.IfIndex = s.ifindex
	c.MAC = [6]byte(s.from.Addr[:6])
	switch protocol {
	case unix.ETH_P_ARP:
		ok = c.readARP(packet)
	case unix.ETH_P_IPV6:
		ok = c.readNeighbour(packet)
	}
	if own := s.mac.Load(); !ok || own != nil && c.MAC == *own {
		return c, false
	}
	_, watched := a.table.vips[newVIPKey(s.ifindex, c.Addr)]
	return c, watched
}

// readARP reads a message of ARP for IPv4 over Ethernet (RFC 826).
func (c *Claim) readARP(m []byte) bool {
	const length = 28
	if len(m) < length || binary.BigEndian.Uint16(m[2:]) != unix.ETH_P_IP || m[4] != 6 || m[5] != 4 {
		return false
	}
	sender, target := netip.AddrFrom4([4]byte(m[14:18])), netip.AddrFrom4([4]byte(m[24:28]))
	c.MAC, c.Addr = [6]byte(m[8:14]), sender
	switch operation := binary.BigEndian.Uint16(m[6:]); {
	case operation != 1 && operation != 2:
		return false
	case sender == target:
		c.Kind = GratuitousARP
	case operation == 2:
		c.Kind = ARPReply
	case sender.IsUnspecified():
		c.Kind, c.Addr = ARPProbe, target
	default:
		c.Kind = ARPRequest
	}
	return true
}

// readNeighbour reads an IPv6 packet with a neighbour solicitation or advertisement.
func (c *Claim) readNeighbour(ip []byte) bool {
	const header, message = 40, 24
	if len(ip) < header+message || ip[6] != unix.IPPROTO_ICMPV6 || ip[7] != 255 {
		return false
	}
	m := ip[header:]
	source, target := netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(m[8:24]))
	switch {
	case m[0] == advertisement:
		c.Kind, c.Addr = NeighbourAdvert, target
		if option := m[message:]; len(option) >= 8 && bytes.Equal(option[:2], []byte{2, 1}) {
			c.MAC = [6]byte(option[2:8])
		}
	case m[0] != solicitation:
		return false
	case source.IsUnspecified():
		c.Kind, c.Addr = NeighbourProbe, target
	default:
		c.Kind, c.Addr = NeighbourSolicit, source
	}
	return true
}
