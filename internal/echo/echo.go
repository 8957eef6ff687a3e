package echo

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/sockfilter"
)

// Where struct nlmsghdr has its type and the port id of who asked.
const (
	atType = 4
	atPort = 12
)

// Ignore has a listening netlink socket hear nothing of additions of addresses that the socket with the port id asked for.
// What it deletes is heard: many things depend on what is no more.
func Ignore(fd int, port uint32) error {
	err := sockfilter.Attach(fd, []bpf.Instruction{
		bpf.LoadAbsolute{Off: atType, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: asRead16(unix.RTM_NEWADDR), SkipFalse: 3},
		bpf.LoadAbsolute{Off: atPort, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: asRead32(port), SkipFalse: 1},
		bpf.RetConstant{Val: 0},
		bpf.RetConstant{Val: ^uint32(0)},
	})
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
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
