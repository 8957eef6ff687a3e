package wire

import "encoding/binary"

// Ethernet frame layout.
const (
	etherTypeIPv4 = 0x0800
	etherTypeIPv6 = 0x86dd
	etherTypeVLAN = 0x8100 // IEEE 802.1Q
	etherTypeQinQ = 0x88a8 // IEEE 802.1ad

	macsLen = 12 // destination and source address
)

// Ethernet returns the IP datagram inside a frame that begins with the
// destination address, padding included: Open cuts it off. A tag with VLAN ID 0
// is a priority tag and counts as none; with any other the frame belongs to the
// sub-interface of that VLAN. All its Rejects are Ignored.
func Ethernet(frame []byte) (ip []byte, reject Reject) {
	for at := macsLen; len(frame) >= at+2; at += 4 {
		switch binary.BigEndian.Uint16(frame[at:]) {
		case etherTypeIPv4, etherTypeIPv6:
			return frame[at+2:], None
		case etherTypeVLAN, etherTypeQinQ:
			if len(frame) < at+4 {
				return nil, EthernetHeader
			}
			if binary.BigEndian.Uint16(frame[at+2:])&0x0fff != 0 {
				return nil, VLAN
			}
		default:
			return nil, EtherType
		}
	}
	return nil, EthernetHeader
}
