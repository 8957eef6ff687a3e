package egress

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Multicast sends a complete IP datagram to the group that its header names,
// for example 224.0.0.18 or ff02::12. The datagram is not kept.
func (i *Interface) Multicast(ip []byte) error {
	dst, ok := groupMAC(ip)
	if !ok {
		return ErrNotMulticast
	}
	return i.Unicast(dst, ip)
}

// Unicast sends a complete IP datagram to the neighbour with the given Ethernet
// address: the peer itself, or the router on the way to it.
func (i *Interface) Unicast(dst [6]byte, ip []byte) error {
	etherType, ok := etherTypeOf(ip)
	if !ok {
		return ErrNotIP
	}
	if len(ip) > maxDatagram {
		return ErrTooLong
	}
	putHeader(i.frame[:headerLen], dst, i.MAC(), etherType)
	n := headerLen + copy(i.frame[headerLen:], ip)
	return i.write(i.frame[:n])
}

// write hands one frame to the kernel without ever waiting. The raw form of the
// system call is meant: this one returns within microseconds, so there is no
// point in telling Go's scheduler, which could then take our processor away.
func (i *Interface) write(frame []byte) error {
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(i.fd),
			uintptr(unsafe.Pointer(&frame[0])), uintptr(len(frame)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
			continue
		}
		return i.failure(errno)
	}
}
