package egress

import (
	"fmt"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Interface is one Ethernet interface that adverts leave through.
//
// Sending belongs to one goroutine at a time. SetMAC may be called from any.
type Interface struct {
	fd    int
	index int
	mac   atomic.Uint64 // the source address, big-endian in the low 48 bits
	last  *SendError    // the latest failure, reused while it repeats
	frame [headerLen + maxDatagram]byte
	batch batch
	queue []Frame // of Put
}

// Open makes the socket for the interface with the given index. Frames carry
// mac as their source. It needs CAP_NET_RAW in the network namespace of the
// calling thread; the interface may be down.
func Open(ifindex int, mac net.HardwareAddr) (*Interface, error) {
	i := &Interface{fd: -1, index: ifindex}
	if err := i.SetMAC(mac); err != nil {
		return nil, err
	}
	// Protocol 0: the socket sends and is never handed a frame to read.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket for interface %d: %w", ifindex, err)
	}
	i.fd = fd
	prioritise(fd)
	if err := i.Rebind(ifindex); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return i, nil
}

// prioritise marks everything the socket sends as control traffic, so that a
// queueing discipline with bands serves it first. Without CAP_NET_ADMIN 6 is
// the highest priority allowed; without any, the adverts queue as all others.
func prioritise(fd int) {
	const control, interactive = 7, 6 // TC_PRIO_CONTROL, TC_PRIO_INTERACTIVE
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PRIORITY, control) != nil {
		// Nothing is lost but a place in the queue.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PRIORITY, interactive)
	}
}

// Rebind ties the socket to an interface again after the one it was tied to
// vanished (ErrGone). The index is usually a new one: see Index.
func (i *Interface) Rebind(ifindex int) error {
	// Protocol 0 again, else the socket would start to receive.
	if err := unix.Bind(i.fd, &unix.SockaddrLinklayer{Ifindex: ifindex}); err != nil {
		return fmt.Errorf("bind packet socket to interface %d: %w", ifindex, err)
	}
	i.index, i.last = ifindex, nil
	return nil
}

// Index is the interface that frames leave through.
func (i *Interface) Index() int { return i.index }

// SetMAC changes the source address of all frames from now on.
func (i *Interface) SetMAC(mac net.HardwareAddr) error {
	if len(mac) != 6 {
		return fmt.Errorf("interface %d: hardware address %q is not an Ethernet address of 6 bytes", i.index, mac)
	}
	var v uint64
	for _, b := range mac {
		v = v<<8 | uint64(b)
	}
	i.mac.Store(v)
	return nil
}

// MAC is the source address of the frames.
func (i *Interface) MAC() [6]byte {
	v := i.mac.Load()
	return [6]byte{byte(v >> 40), byte(v >> 32), byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
}

// Close gives the socket back. Sending afterwards fails.
func (i *Interface) Close() error {
	fd := i.fd
	i.fd = -1
	return unix.Close(fd)
}
