package survey

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/sockfilter"
	"github.com/xvrrp/xvrrp/internal/stamp"
)

// Capture hands over the frames of an interface that a Judge can use: adverts,
// ARP and neighbour discovery, of both directions. While it is open the
// interface is a member of the VRRP groups and takes all multicast.
//
// What an XDP program consumes does not come here: a daemon of ours on this
// host takes unicast adverts for itself.
type Capture struct {
	file   *os.File
	conn   syscall.RawConn
	groups []int // sockets that hold memberships
	closed atomic.Bool
	buf    [1 << 16]byte
	oob    [256]byte
}

// captureBuffer holds thousands of frames while the reader is away, in bytes.
const captureBuffer = 4 << 20

// Open starts to capture on an interface. It needs CAP_NET_RAW.
func Open(ifindex int) (*Capture, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("capture on interface %d: %w", ifindex, err)
	}
	c := &Capture{file: os.NewFile(uintptr(fd), "capture")}
	if err := c.prepare(fd, ifindex); err != nil {
		c.Close()
		return nil, fmt.Errorf("capture on interface %d: %w", ifindex, err)
	}
	c.join(ifindex)
	return c, nil
}

func (c *Capture) prepare(fd, ifindex int) (err error) {
	if err := sockfilter.Attach(fd, wanted); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("time stamps: %w", err)
	}
	// The usual limit serves too when this is refused: without CAP_NET_ADMIN.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer)
	all := uint16(unix.ETH_P_ALL)
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all<<8 | all>>8, Ifindex: ifindex}); err != nil {
		return err
	}
	multicast := &unix.PacketMreq{Ifindex: int32(ifindex), Type: unix.PACKET_MR_ALLMULTI}
	if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, multicast); err != nil {
		return fmt.Errorf("take all multicast: %w", err)
	}
	c.conn, err = c.file.SyscallConn()
	return err
}

// join makes the interface a member of the VRRP groups, for switches that
// snoop. A family that the interface does not have needs no membership.
func (c *Capture) join(ifindex int) {
	if fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err == nil {
		c.groups = append(c.groups, fd)
		_ = unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP,
			&unix.IPMreqn{Multiaddr: [4]byte{224, 0, 0, 18}, Ifindex: int32(ifindex)})
	}
	if fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err == nil {
		c.groups = append(c.groups, fd)
		_ = unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_ADD_MEMBERSHIP,
			&unix.IPv6Mreq{Multiaddr: [16]byte{0: 0xff, 1: 0x02, 15: 0x12}, Interface: uint32(ifindex)})
	}
}

// look is how often a Next that waits looks whether its interface is still
// there: the kernel does not tell.
const look = 500 * time.Millisecond

// Next waits for a frame. Its Data is valid until the next call. After Close
// the error is net.ErrClosed; when the interface is gone it is ENODEV.
func (c *Capture) Next() (Frame, error) {
	for {
		n, oobn, from, err := c.receive()
		switch {
		case err == unix.ENETDOWN: // told once; the socket goes on when the link is up again
		case errors.Is(err, os.ErrDeadlineExceeded):
			if !c.there() {
				return Frame{}, unix.ENODEV
			}
		case err != nil && c.closed.Load():
			return Frame{}, net.ErrClosed
		case err != nil:
			return Frame{}, fmt.Errorf("capture: %w", err)
		default:
			f := Frame{At: stamp.Arrival(c.oob[:oobn]), Data: c.buf[:n]}
			if l, ok := from.(*unix.SockaddrLinklayer); ok {
				f.Out = l.Pkttype == unix.PACKET_OUTGOING
			}
			return f, nil
		}
	}
}

// receive reads one frame, or waits for the time of look.
func (c *Capture) receive() (n, oobn int, from unix.Sockaddr, err error) {
	if err := c.file.SetReadDeadline(time.Now().Add(look)); err != nil {
		return 0, 0, nil, err
	}
	var failed error
	err = c.conn.Read(func(fd uintptr) bool {
		for {
			n, oobn, _, from, failed = unix.Recvmsg(int(fd), c.buf[:], c.oob[:], 0)
			if failed != unix.EINTR {
				return failed != unix.EAGAIN
			}
		}
	})
	if err == nil {
		err = failed
	}
	return n, oobn, from, err
}

// there reports whether the socket still has its interface.
func (c *Capture) there() (is bool) {
	err := c.conn.Control(func(fd uintptr) {
		addr, err := unix.Getsockname(int(fd))
		l, ok := addr.(*unix.SockaddrLinklayer)
		is = err == nil && ok && l.Ifindex > 0
	})
	return err == nil && is
}

// Close ends the capture; a Next that waits returns. It may be called twice.
func (c *Capture) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	for _, fd := range c.groups {
		unix.Close(fd)
	}
	return c.file.Close()
}
