package datapath

import (
	"fmt"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/dump"
)

// hidesTags reports whether adverts of VLANs could look untagged to an XDP
// program: the device takes the tags off received frames, and there are
// sub-interfaces that such frames are meant for. A program at tc sees the tag
// beside the frame.
func hidesTags(ifindex int) (bool, error) {
	links, err := dump.List(netlink.LinkList)
	if err != nil {
		return false, fmt.Errorf("list the interfaces: %w", err)
	}
	name, tagged := "", false
	for _, l := range links {
		if l.Attrs().Index == ifindex {
			name = l.Attrs().Name
		}
		if l.Type() == "vlan" && l.Attrs().ParentIndex == ifindex {
			tagged = true
		}
	}
	return tagged && stripsTags(name), nil
}

// stripsTags asks the driver for the flag that `ethtool -k` shows as
// rx-vlan-offload. A driver that does not know the question strips nothing.
func stripsTags(name string) bool {
	const getFlags, receiveVLAN = 0x25, 1 << 8 // ETHTOOL_GFLAGS, ETH_FLAG_RXVLAN
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return true // XDP is not worth the doubt
	}
	defer unix.Close(fd)
	value := struct{ command, data uint32 }{command: getFlags}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	return errno == 0 && value.data&receiveVLAN != 0
}
