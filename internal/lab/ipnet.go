package lab

import (
	"net"
	"net/netip"
)

var zeroBroadcast = net.IPv4zero

// ipNet is p in the form of the net package, host bits kept.
func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
