package prober

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/sockfilter"
	"github.com/xvrrp/xvrrp/internal/stamp"
)

// socket is one open way out and in: one family on one interface.
type socket struct {
	ifindex  int
	protocol uint16
	deaf     bool // takes nothing in
	file     *os.File
	conn     syscall.RawConn
}

func openSocket(ifindex int, family uint8, deaf bool) (*socket, error) {
	s := &socket{ifindex: ifindex, protocol: unix.ETH_P_ARP, deaf: deaf}
	filter := answers4
	if family == 6 {
		s.protocol, filter = unix.ETH_P_IPV6, answers6
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("probe on interface %d: %w", ifindex, err)
	}
	s.file = os.NewFile(uintptr(fd), "prober")
	if err = sockfilter.Attach(fd, filter); err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	if err == nil {
		from := unix.SockaddrLinklayer{Protocol: networkOrder(s.protocol), Ifindex: ifindex}
		if deaf {
			from.Protocol = 0
		}
		err = unix.Bind(fd, &from)
	}
	if err == nil {
		s.conn, err = s.file.SyscallConn()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("probe on interface %d: %w", ifindex, err), s.file.Close())
	}
	return s, nil
}

func networkOrder(v uint16) uint16 { return v<<8 | v>>8 }

// mac asks the socket for its interface's address, which unlike netlink never
// waits for the kernel's configuration lock.
func (s *socket) mac() (net.HardwareAddr, error) {
	var addr unix.Sockaddr
	var failed error
	if err := s.conn.Control(func(fd uintptr) { addr, failed = unix.Getsockname(int(fd)) }); err != nil {
		return nil, err
	}
	l, ok := addr.(*unix.SockaddrLinklayer)
	switch {
	case failed != nil:
		return nil, failed
	case !ok || l.Ifindex <= 0:
		return nil, unix.ENODEV
	case l.Halen != 6:
		return nil, errors.New("no Ethernet interface")
	}
	return net.HardwareAddr(l.Addr[:6]), nil
}

// send puts a frame on the wire, or fails at once.
func (s *socket) send(f frame) error {
	to := unix.SockaddrLinklayer{Protocol: networkOrder(s.protocol), Ifindex: s.ifindex, Halen: 6}
	copy(to.Addr[:], f.to[:])
	var failed error
	err := s.conn.Control(func(fd uintptr) { failed = unix.Sendto(int(fd), f.payload, unix.MSG_DONTWAIT, &to) })
	return errors.Join(err, failed)
}

// hear tells every answer until the socket is closed or its interface is gone.
func (s *socket) hear(tell func(Answer)) {
	buf, oob := make([]byte, 2048), make([]byte, 256)
	for {
		var n, oobn int
		var from unix.Sockaddr
		var failed error
		err := s.conn.Read(func(fd uintptr) bool {
			for {
				n, oobn, _, from, failed = unix.Recvmsg(int(fd), buf, oob, 0)
				if failed != unix.EINTR {
					return failed != unix.EAGAIN
				}
			}
		})
		switch {
		case err == nil && failed == unix.ENETDOWN:
			continue // told once; the socket goes on when the link is up again
		case err != nil || failed != nil:
			return
		}
		l, ok := from.(*unix.SockaddrLinklayer)
		if !ok || l.Halen != 6 || l.Pkttype == unix.PACKET_OUTGOING {
			continue
		}
		a := Answer{At: stamp.Arrival(oob[:oobn]), IfIndex: s.ifindex}
		if a.read(buf[:n], [6]byte(l.Addr[:6])) {
			tell(a)
		}
	}
}
