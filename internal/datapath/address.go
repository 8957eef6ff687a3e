package datapath

import (
	"encoding/binary"
	"net/netip"
)

// kernelAddress gives an address the layout of struct address: the bytes in
// network order, an IPv4 address in the first word. The zero Addr is all zero.
func kernelAddress(a netip.Addr) vrrpAddress {
	var raw [16]byte
	if a = a.Unmap(); a.Is4() {
		v4 := a.As4()
		copy(raw[:], v4[:])
	} else if a.IsValid() {
		raw = a.As16()
	}
	var out vrrpAddress
	for i := range out.Word {
		out.Word[i] = binary.NativeEndian.Uint32(raw[4*i:])
	}
	return out
}

// netipAddress is the way back; family tells IPv4 from IPv6.
func netipAddress(a vrrpAddress, family uint8) netip.Addr {
	var raw [16]byte
	for i, w := range a.Word {
		binary.NativeEndian.PutUint32(raw[4*i:], w)
	}
	if family == 4 {
		return netip.AddrFrom4([4]byte(raw[:4]))
	}
	return netip.AddrFrom16(raw)
}
