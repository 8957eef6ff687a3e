package datapath

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

var testMAC = [6]byte{0x02, 0, 0, 0, 0, 9}

// advert is a good advert of version 3 to the group, as a datagram; change may
// make it another one.
func advert(vrid uint8, source string, change func(*wire.Advert)) []byte {
	src := netip.MustParseAddr(source)
	a := wire.Advert{
		Version: wire.V3, VRID: vrid, Priority: 100, Interval: time.Second,
		Src: src, Dst: wire.Group(wire.IPv4), Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.100")},
	}
	if src.Is6() {
		a.Dst = wire.Group(wire.IPv6)
		a.Addresses = []netip.Addr{netip.MustParseAddr("fe80::100")}
	}
	if change != nil {
		change(&a)
	}
	if err := a.Validate(); err != nil {
		panic(err)
	}
	return a.Append(nil)
}

// frame puts an Ethernet header in front of a datagram, with VLAN tags (TCIs)
// if any, and pads it to the 60 bytes that a real wire delivers.
func frame(ip []byte, tags ...uint16) []byte {
	f := []byte{0x01, 0, 0x5e, 0, 0, 0x12}
	f = append(f, testMAC[:]...)
	for _, tci := range tags {
		f = binary.BigEndian.AppendUint16(f, 0x8100)
		f = binary.BigEndian.AppendUint16(f, tci)
	}
	etherType := uint16(0x0800)
	if len(ip) > 0 && ip[0]>>4 == 6 {
		etherType = 0x86dd
	}
	f = binary.BigEndian.AppendUint16(f, etherType)
	f = append(f, ip...)
	for len(f) < 60 {
		f = append(f, 0)
	}
	return f
}

// tagged puts a VLAN tag into a frame.
func tagged(f []byte, tci uint16) []byte {
	return slices.Insert(slices.Clone(f), 12, 0x81, 0, byte(tci>>8), byte(tci))
}
