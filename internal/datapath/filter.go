package datapath

import "golang.org/x/sys/unix"

// Classic BPF for a SOCK_DGRAM packet socket: the packet starts at the network
// header, and the ancillary data of the kernel stands at negative offsets.
const (
	ancillary  = 0xfffff000 // SKF_AD_OFF
	adProtocol = ancillary + 0
	adPktType  = ancillary + 4
	adVLAN     = ancillary + 44
	adVLANTag  = ancillary + 48

	wholePacket = 0x40000
)

// socketFilter lets through what is not sent by ourselves, of no VLAN but 0,
// and could be an advert (IPv4 without fragments or IPv6, protocol 112 or, for
// IPv4, 51) or a claim (ARP, neighbour solicitation and advertisement).
var socketFilter = []unix.SockFilter{
	0:  {Code: ldWord, K: adPktType},
	1:  {Code: jumpEqual, K: unix.PACKET_OUTGOING, Jt: 21},
	2:  {Code: ldWord, K: adVLAN},
	3:  {Code: jumpEqual, K: 0, Jt: 3},
	4:  {Code: ldWord, K: adVLANTag},
	5:  {Code: and, K: 0x0fff},
	6:  {Code: jumpEqual, K: 0, Jf: 16},
	7:  {Code: ldWord, K: adProtocol},
	8:  {Code: jumpEqual, K: unix.ETH_P_ARP, Jt: 13},
	9:  {Code: jumpEqual, K: unix.ETH_P_IP, Jt: 6},
	10: {Code: jumpEqual, K: unix.ETH_P_IPV6, Jf: 12},
	11: {Code: ldByte, K: 6}, // IPv6 next header
	12: {Code: jumpEqual, K: protocolVRRP, Jt: 9},
	13: {Code: jumpEqual, K: unix.IPPROTO_ICMPV6, Jf: 9},
	14: {Code: ldByte, K: 40}, // ICMPv6 type
	15: {Code: jumpAbove, K: solicitation - 1, Jt: 5, Jf: 7},
	16: {Code: ldHalf, K: 6}, // IPv4 flags and fragment offset
	17: {Code: jumpSet, K: 0x3fff, Jt: 5},
	18: {Code: ldByte, K: 9}, // IPv4 protocol
	19: {Code: jumpEqual, K: protocolVRRP, Jt: 2},
	20: {Code: jumpEqual, K: protocolAH, Jt: 1, Jf: 2},
	21: {Code: jumpAbove, K: advertisement, Jt: 1},
	22: {Code: ret, K: wholePacket},
	23: {Code: ret, K: 0},
}

const (
	ldWord    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	ldHalf    = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
	ldByte    = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
	and       = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	jumpEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpAbove = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	jumpSet   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	ret       = unix.BPF_RET | unix.BPF_K
)
