package wire

import (
	"fmt"
	"time"
)

// Family is the address family of a virtual router. The values are the IP
// version numbers, as in the first nibble of an IP header.
type Family uint8

// The families that VRRP is defined for.
const (
	IPv4 Family = 4
	IPv6 Family = 6
)

// String returns the metric label of the family, "ipv4" or "ipv6".
func (f Family) String() string {
	switch f {
	case IPv4:
		return "ipv4"
	case IPv6:
		return "ipv6"
	}
	return "unknown"
}

// Datagram is one IP datagram of protocol 112 (or 51 in front of 112) as it
// came off an interface, before any firewall could judge it.
type Datagram struct {
	// At is when the kernel saw the datagram. It carries Go's monotonic
	// reading (CLOCK_MONOTONIC), so it compares with time.Now().
	At time.Time
	// IfIndex is the interface on which the datagram arrived.
	IfIndex int
	// SourceMAC is the Ethernet source address.
	SourceMAC [6]byte
	// IP starts at the IP header. It is valid only during the call that
	// hands the Datagram over; whoever keeps it must copy it.
	IP []byte
}

// String describes the datagram in a line, without its bytes.
func (d Datagram) String() string {
	return fmt.Sprintf("%d bytes on interface %d at %v", len(d.IP), d.IfIndex, d.At)
}

// GoString is String: the bytes may hold a password.
func (d Datagram) GoString() string { return d.String() }

// Format is String whatever the verb: the bytes may hold a password.
func (d Datagram) Format(f fmt.State, _ rune) { writeText(f, d.String()) }
