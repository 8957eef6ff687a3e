package overhear

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Key is a virtual router of this host, as an advert names it.
type Key struct {
	Family wire.Family
	VRID   uint8
}

// bits is a set of VRIDs.
type bits [8]uint32

func (b *bits) add(vrid uint8) { b[vrid/32] |= 1 << (vrid % 32) }

// filter lets adverts through whose VRID is not among the known ones of their
// family. The packet begins at the IP header. Adverts of a VLAN belong to its
// own interface; behind an authentication header nobody looks.
func filter(known []Key) []bpf.Instruction {
	var v4, v6 bits
	for _, k := range known {
		if k.Family == wire.IPv4 {
			v4.add(k.VRID)
		} else {
			v6.add(k.VRID)
		}
	}
	four := append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x3fff, SkipTrue: 2}, // a fragment
		bpf.LoadAbsolute{Off: 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocol, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.LoadMemShift{Off: 0}, // the length of the header
		bpf.LoadIndirect{Off: 1, Size: 1},
	}, unless(v4)...)
	six := append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocol, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.LoadAbsolute{Off: 41, Size: 1},
	}, unless(v6)...)
	head := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 3},
		bpf.LoadExtension{Num: bpf.ExtVLANTag},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: 0x0fff, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.LoadExtension{Num: bpf.ExtProto},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipTrue: uint8(len(four) + 1)},
		bpf.RetConstant{Val: 0},
	}
	return append(append(head, four...), six...)
}

const protocol = 112

// unless takes the packet if the VRID in the accumulator is not in the set.
func unless(set bits) []bpf.Instruction {
	list := []bpf.Instruction{
		bpf.StoreScratch{Src: bpf.RegA, N: 0},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 31},
		bpf.TAX{}, // the bit
		bpf.LoadScratch{Dst: bpf.RegA, N: 0},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 5}, // the word
	}
	const word = 3 // instructions for each
	for i, w := range set {
		list = append(list,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(i), SkipTrue: 2},
			bpf.LoadConstant{Dst: bpf.RegA, Val: w},
			bpf.Jump{Skip: uint32((len(set) - 1 - i) * word)},
		)
	}
	return append(list,
		bpf.ALUOpX{Op: bpf.ALUOpShiftRight},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 1, SkipTrue: 1},
		bpf.RetConstant{Val: 1 << 16},
		bpf.RetConstant{Val: 0},
	)
}
