package nexthop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// news is the socket through which the kernel tells what changed. It is read
// into one buffer for ever: on a busy network there are many neighbours.
type news struct {
	file   *os.File
	joined bool // guarded by the Resolver's mu
	buf    [64 << 10]byte
}

// groups are the netlink groups whose messages can change a way to a peer.
var groups = []int{
	unix.RTNLGRP_NEIGH, unix.RTNLGRP_LINK,
	unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV4_RULE,
	unix.RTNLGRP_IPV6_IFADDR, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV6_RULE,
}

func listen() (*news, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink socket: %w", err)
	}
	n := &news{file: os.NewFile(uintptr(fd), "netlink")}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		n.close()
		return nil, fmt.Errorf("bind netlink socket: %w", err)
	}
	return n, nil
}

// join has the kernel tell, from the first peer on. Before that it would only cost: of a thousand addresses that a takeover
// adds the kernel tells every listener, and of their routes.
func (n *news) join() error {
	if n.joined {
		return nil
	}
	conn, err := n.file.SyscallConn()
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		for _, g := range groups {
			if failed = unix.SetsockoptInt(int(fd), unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, g); failed != nil {
				failed = fmt.Errorf("join netlink group %d: %w", g, failed)
				return
			}
		}
		n.joined = true
	})
	return errors.Join(err, failed)
}

// close ends a read that waits. It may be called twice.
func (n *news) close() { _ = n.file.Close() }

// read waits for messages and hands each to tell. ENOBUFS means that messages
// were lost. The bytes are valid only during the call.
func (n *news) read(tell func(kind uint16, body []byte)) error {
	conn, err := n.file.SyscallConn()
	if err != nil {
		return err
	}
	var size int
	var failed error
	err = conn.Read(func(fd uintptr) bool {
		size, _, failed = unix.Recvfrom(int(fd), n.buf[:], 0)
		return failed != unix.EAGAIN && failed != unix.EINTR
	})
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	messages(n.buf[:size], tell)
	return nil
}

// messages walks the netlink messages in b.
func messages(b []byte, tell func(kind uint16, body []byte)) {
	for len(b) >= unix.SizeofNlMsghdr {
		length := int(binary.NativeEndian.Uint32(b))
		if length < unix.SizeofNlMsghdr || length > len(b) {
			return
		}
		tell(binary.NativeEndian.Uint16(b[4:]), b[unix.SizeofNlMsghdr:length])
		b = b[min((length+3)&^3, len(b)):]
	}
}

// parseNeighbour reads struct ndmsg and its attributes.
func parseNeighbour(b []byte) (n neighbour, ok bool) {
	if len(b) < unix.SizeofNdMsg {
		return n, false
	}
	n.ifindex = int(int32(binary.NativeEndian.Uint32(b[4:])))
	n.state = binary.NativeEndian.Uint16(b[8:])
	for b = b[unix.SizeofNdMsg:]; len(b) >= unix.SizeofRtAttr; {
		length := int(binary.NativeEndian.Uint16(b))
		if length < unix.SizeofRtAttr || length > len(b) {
			return n, false
		}
		value := b[unix.SizeofRtAttr:length]
		switch binary.NativeEndian.Uint16(b[2:]) {
		case netlink.NDA_DST:
			n.via, _ = netip.AddrFromSlice(value)
		case netlink.NDA_LLADDR:
			if n.ether = len(value) == 6; n.ether {
				n.mac = [6]byte(value)
			}
		}
		b = b[min((length+3)&^3, len(b)):]
	}
	return n, n.via.IsValid()
}
