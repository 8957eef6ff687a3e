package survey

import "golang.org/x/net/bpf"

// wanted is the socket filter of a Capture: ARP; IPv4 protocols 112, and 51
// in front of 112; IPv6 next header 112, and ICMPv6 types 135 and 136. Frames
// of a VLAN belong to its own interface. The numbers are what is jumped to.
var wanted = []bpf.Instruction{
	/*  0 */ bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
	/*  1 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 2}, // 4
	/*  2 */ bpf.LoadExtension{Num: bpf.ExtVLANTag},
	/*  3 */ bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x0fff, SkipTrue: 17}, // drop
	/*  4 */ bpf.LoadAbsolute{Off: 12, Size: 2}, // ethertype
	/*  5 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x0806, SkipTrue: 16}, // take
	/*  6 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x86dd, SkipTrue: 8}, // 15
	/*  7 */ bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x0800, SkipTrue: 13}, // drop
	/*  8 */ bpf.LoadAbsolute{Off: 23, Size: 1}, // IPv4 protocol
	/*  9 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 112, SkipTrue: 12}, // take
	/* 10 */ bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 51, SkipTrue: 10}, // drop
	/* 11 */ bpf.LoadMemShift{Off: 14}, // length of the IPv4 header
	/* 12 */ bpf.LoadIndirect{Off: 14, Size: 1}, // next header of AH
	/* 13 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 112, SkipTrue: 8}, // take
	/* 14 */ bpf.Jump{Skip: 6}, // drop
	/* 15 */ bpf.LoadAbsolute{Off: 20, Size: 1}, // IPv6 next header
	/* 16 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 112, SkipTrue: 5}, // take
	/* 17 */ bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 58, SkipTrue: 3}, // drop
	/* 18 */ bpf.LoadAbsolute{Off: 54, Size: 1}, // ICMPv6 type
	/* 19 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 135, SkipTrue: 2}, // take
	/* 20 */ bpf.JumpIf{Cond: bpf.JumpEqual, Val: 136, SkipTrue: 1}, // take
	/* drop */ bpf.RetConstant{Val: 0},
	/* take */ bpf.RetConstant{Val: 1 << 18},
}
