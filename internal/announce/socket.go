package announce

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"unsafe"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// sender sends whole frames through one interface and never waits. It returns
// how many left before the error.
type sender interface {
	send(frames []frame) (int, error)
	close()
}

// socket is a packet socket of one interface.
type socket struct {
	conn     *packet.Conn
	raw      syscall.RawConn
	messages [chunk]mmsghdr
	vectors  [chunk]unix.Iovec
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32 // bytes sent, written by the kernel
}

func openSocket(ifindex int) (sender, error) {
	// Protocol 0: the socket receives nothing. The index is enough: to ask for
	// more would wait for the kernel's configuration lock, which the
	// addresses of the same takeover are being added under.
	conn, err := packet.Listen(&net.Interface{Index: ifindex}, packet.Raw, 0, nil)
	if err != nil {
		return nil, fmt.Errorf("announce on interface %d: %w", ifindex, err)
	}
	s := &socket{conn: conn}
	if s.raw, err = conn.SyscallConn(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("announce on interface %d: %w", ifindex, err)
	}
	return s, nil
}

func (s *socket) close() { s.conn.Close() }

// send hands the frames to the kernel in one system call where it can.
func (s *socket) send(frames []frame) (sent int, err error) {
	for i := range frames {
		s.vectors[i].Base = &frames[i].data[0]
		s.vectors[i].SetLen(len(frames[i].data))
		s.messages[i].hdr.Iov = &s.vectors[i]
		s.messages[i].hdr.SetIovlen(1)
	}
	for sent < len(frames) {
		n, errno := s.sendmmsg(s.messages[sent:len(frames)])
		switch errno {
		case 0:
			sent += n
		case unix.EINTR:
		default:
			return sent, errno
		}
	}
	return sent, nil
}

func (s *socket) sendmmsg(messages []mmsghdr) (n int, errno unix.Errno) {
	err := s.raw.Control(func(fd uintptr) {
		var r uintptr
		r, _, errno = unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&messages[0])),
			uintptr(len(messages)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		n = int(r)
	})
	if err != nil {
		return 0, unix.EBADF
	}
	return n, errno
}

// busy tells an interface that takes no more frames for the moment from one
// that takes none at all.
func busy(err error) bool {
	return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM)
}

// yield lets threads of the same real-time priority go first.
func yield() {
	// sched_yield(2) always succeeds.
	_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
}
