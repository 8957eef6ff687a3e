package echo

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Where struct nlmsghdr has its type and the port id of who asked.
const (
	atType = 4
	atPort = 12
)

// The instructions of classic BPF that are needed.
const (
	loadHalf = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
	loadWord = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	jumpIs   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	give     = unix.BPF_RET | unix.BPF_K
)

// Ignore has a listening netlink socket hear nothing of additions of addresses that the socket with the port id asked for.
// What it deletes is heard: many things depend on what is no more.
func Ignore(fd int, port uint32) error {
	program := []unix.SockFilter{
		{Code: loadHalf, K: atType},
		{Code: jumpIs, K: asRead16(unix.RTM_NEWADDR), Jf: 3},
		{Code: loadWord, K: atPort},
		{Code: jumpIs, K: asRead32(port), Jf: 1},
		{Code: give, K: 0},
		{Code: give, K: ^uint32(0)},
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter); err != nil {
		return fmt.Errorf("netlink filter: %w", err)
	}
	return nil
}

// A filter reads network byte order, netlink is in the host's.
func asRead16(v uint16) uint32 {
	return uint32(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, v)))
}

func asRead32(v uint32) uint32 {
	return binary.BigEndian.Uint32(binary.NativeEndian.AppendUint32(nil, v))
}
