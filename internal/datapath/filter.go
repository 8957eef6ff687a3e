package datapath

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const wholePacket = 0x40000

// socketFilter is for a packet socket of SOCK_DGRAM, whose packets start at the network header. It lets through what is not sent
// by ourselves, of no VLAN but 0, and could be an advert (IPv4 without fragments or IPv6, protocol 112 or, for
// IPv4, 51) or a claim (ARP, neighbour solicitation and advertisement). The numbers are what is jumped to.
var socketFilter = []bpf.Instruction{
	0:  bpf.LoadExtension{Num: bpf.ExtType},
	1:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 21}, // 23
	2:  bpf.LoadExtension{Num: bpf.ExtVLANTagPresent},
	3:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 3}, // 7
	4:  bpf.LoadExtension{Num: bpf.ExtVLANTag},
	5:  bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x0fff},
	6:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipFalse: 16}, // 23
	7:  bpf.LoadExtension{Num: bpf.ExtProto},
	8:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_ARP, SkipTrue: 13},                      // 22
	9:  bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IP, SkipTrue: 6},                        // 16
	10: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ETH_P_IPV6, SkipFalse: 12},                    // 23
	11: bpf.LoadAbsolute{Off: 6, Size: 1},                                                       // IPv6 next header
	12: bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolVRRP, SkipTrue: 9},                         // 22
	13: bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ICMPV6, SkipFalse: 9},                 // 23
	14: bpf.LoadAbsolute{Off: 40, Size: 1},                                                      // ICMPv6 type
	15: bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: solicitation - 1, SkipTrue: 5, SkipFalse: 7}, // 21, 23
	16: bpf.LoadAbsolute{Off: 6, Size: 2},                                                       // IPv4 flags and fragment offset
	17: bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x3fff, SkipTrue: 5},                             // 23
	18: bpf.LoadAbsolute{Off: 9, Size: 1},                                                       // IPv4 protocol
	19: bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolVRRP, SkipTrue: 2},                         // 22
	20: bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolAH, SkipTrue: 1, SkipFalse: 2},             // 22, 23
	21: bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: advertisement, SkipTrue: 1},                  // 23
	22: bpf.RetConstant{Val: wholePacket},
	23: bpf.RetConstant{Val: 0},
}
