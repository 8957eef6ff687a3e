package egress

import "encoding/binary"

const (
	headerLen = 14 // Ethernet: destination, source, ethertype
	// maxDatagram bounds one advert: 9000 is the largest MTU in common use,
	// and the largest advert there is (255 IPv4 addresses, AH) has 1080 bytes.
	maxDatagram = 9000

	etherTypeIPv4 = 0x0800
	etherTypeIPv6 = 0x86dd
)

// putHeader writes an Ethernet header into the first 14 bytes of b.
func putHeader(b []byte, dst, src [6]byte, etherType uint16) {
	copy(b[0:6], dst[:])
	copy(b[6:12], src[:])
	binary.BigEndian.PutUint16(b[12:14], etherType)
}

// etherTypeOf tells the ethertype from the version nibble of an IP header.
func etherTypeOf(ip []byte) (etherType uint16, ok bool) {
	switch {
	case len(ip) >= 20 && ip[0]>>4 == 4:
		return etherTypeIPv4, true
	case len(ip) >= 40 && ip[0]>>4 == 6:
		return etherTypeIPv6, true
	}
	return 0, false
}

// groupMAC maps the destination of an IP datagram to the Ethernet address of
// its group: the low 23 bits behind 01:00:5e for IPv4 (RFC 1112 §6.4), the low
// 32 bits behind 33:33 for IPv6 (RFC 2464 §7).
func groupMAC(ip []byte) (mac [6]byte, ok bool) {
	etherType, ok := etherTypeOf(ip)
	switch {
	case ok && etherType == etherTypeIPv4 && ip[16]>>4 == 0xe:
		return [6]byte{0x01, 0x00, 0x5e, ip[17] & 0x7f, ip[18], ip[19]}, true
	case ok && etherType == etherTypeIPv6 && ip[24] == 0xff:
		return [6]byte{0x33, 0x33, ip[36], ip[37], ip[38], ip[39]}, true
	}
	return mac, false
}
