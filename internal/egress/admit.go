package egress

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Admit has the NIC let the group's frames in and tells no switch: what is left of a
// membership where IGMP and MLD are not wanted (disable_local_igmp), or where the
// kernel refuses one (igmp_max_memberships). Without it a NIC that filters drops every
// advert in front of our program, and Report has nothing to repeat.
func Admit(ifindex int, group netip.Addr) (*Membership, error) {
	group = group.Unmap()
	mac, ok := linkGroup(group)
	if !ok {
		return nil, fmt.Errorf("admit %v on interface %d: not a multicast group", group, ifindex)
	}
	// Protocol 0: the socket is never handed a frame to read.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket to admit %v: %w", group, err)
	}
	r := &unix.PacketMreq{Ifindex: int32(ifindex), Type: unix.PACKET_MR_MULTICAST, Alen: uint16(len(mac))}
	copy(r.Address[:], mac[:])
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, r); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("admit %v on interface %d: %w", group, ifindex, err)
	}
	return &Membership{ifindex: ifindex, group: group, silent: true, leave: func() error { return unix.Close(fd) }}, nil
}

// linkGroup is the address of a group's frames (RFC 1112 §6.4, RFC 2464 §7).
func linkGroup(group netip.Addr) (mac [6]byte, ok bool) {
	if !group.IsMulticast() {
		return mac, false
	}
	if group.Is4() {
		b := group.As4()
		return [6]byte{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}, true
	}
	b := group.As16()
	return [6]byte{0x33, 0x33, b[12], b[13], b[14], b[15]}, true
}
