package prober

import (
	"net/netip"
	"time"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Answer is a station that says it has an address.
type Answer struct {
	At      time.Time // when the kernel saw it, with Go's monotonic reading
	IfIndex int
	Addr    netip.Addr
	MAC     [6]byte
}

// read finds the answer in the payload of a frame from the given station.
func (a *Answer) read(b []byte, from [6]byte) bool {
	if len(b) > 0 && b[0]>>4 == 6 {
		return a.advertisement(b, from)
	}
	var p arp.Packet
	if p.UnmarshalBinary(b) != nil || p.Operation != arp.OperationReply || len(p.SenderHardwareAddr) != 6 {
		return false
	}
	a.Addr, a.MAC = p.SenderIP, [6]byte(p.SenderHardwareAddr)
	return true
}

// advertisement reads one behind its IPv6 header.
func (a *Answer) advertisement(b []byte, from [6]byte) bool {
	if len(b) < 40 || b[7] != ndp.HopLimit { // RFC 4861 section 7.1.2: else it came through a router
		return false
	}
	m, err := ndp.ParseMessage(b[40:])
	if err != nil {
		return false
	}
	na, ok := m.(*ndp.NeighborAdvertisement)
	if !ok {
		return false
	}
	a.Addr, a.MAC = na.TargetAddress, from
	for _, o := range na.Options {
		if l, ok := o.(*ndp.LinkLayerAddress); ok && l.Direction == ndp.Target && len(l.Addr) == 6 {
			a.MAC = [6]byte(l.Addr)
		}
	}
	return true
}

// answers4 and answers6 are the socket filters: ARP replies; neighbour
// advertisements right behind the IPv6 header.
var (
	answers4 = []bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 2}, // operation
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(arp.OperationReply), SkipFalse: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	}
	answers6 = []bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 1}, // next header
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ICMPV6, SkipFalse: 3},
		bpf.LoadAbsolute{Off: 40, Size: 1}, // ICMPv6 type
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 136, SkipFalse: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	}
)
