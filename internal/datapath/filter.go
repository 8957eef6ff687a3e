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

	packetOutgoing = 4
	wholePacket    = 0x40000
)

// advertFilter lets through what could be an advert: not sent by ourselves, of
// no VLAN but 0, IPv4 without fragments or IPv6, protocol 112 or (IPv4) 51.
var advertFilter = []unix.SockFilter{
	0:  {Code: ldWord, K: adPktType},
	1:  {Code: jumpEqual, K: packetOutgoing, Jt: 16},
	2:  {Code: ldWord, K: adVLAN},
	3:  {Code: jumpEqual, K: 0, Jt: 3},
	4:  {Code: ldWord, K: adVLANTag},
	5:  {Code: and, K: 0x0fff},
	6:  {Code: jumpEqual, K: 0, Jf: 11},
	7:  {Code: ldWord, K: adProtocol},
	8:  {Code: jumpEqual, K: unix.ETH_P_IP, Jt: 3},
	9:  {Code: jumpEqual, K: unix.ETH_P_IPV6, Jf: 8},
	10: {Code: ldByte, K: 6}, // IPv6 next header
	11: {Code: jumpEqual, K: protocolVRRP, Jt: 5, Jf: 6},
	12: {Code: ldHalf, K: 6}, // IPv4 flags and fragment offset
	13: {Code: jumpSet, K: 0x3fff, Jt: 4},
	14: {Code: ldByte, K: 9}, // IPv4 protocol
	15: {Code: jumpEqual, K: protocolVRRP, Jt: 1},
	16: {Code: jumpEqual, K: protocolAH, Jf: 1},
	17: {Code: ret, K: wholePacket},
	18: {Code: ret, K: 0},
}

const (
	ldWord    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	ldHalf    = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
	ldByte    = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS
	and       = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	jumpEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpSet   = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	ret       = unix.BPF_RET | unix.BPF_K
)
