package announce

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sender sends whole frames through one interface and never waits. It returns
// how many left before the error.
type sender interface {
	send(frames []frame) (int, error)
	close()
}

// socket is a packet socket of one interface. It is none of Go's network poller,
// which would be woken up for every frame that has left.
type socket struct {
	fd       int
	messages [chunk]mmsghdr
	vectors  [chunk]unix.Iovec
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32 // bytes sent, written by the kernel
}

func openSocket(ifindex int) (sender, error) {
	// Protocol 0: the socket receives nothing.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("announce on interface %d: %w", ifindex, err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: ifindex}); err != nil {
		return nil, fmt.Errorf("announce on interface %d: %w", ifindex, errors.Join(err, unix.Close(fd)))
	}
	return &socket{fd: fd}, nil
}

func (s *socket) close() {
	// Nothing is lost with a socket that only sends.
	_ = unix.Close(s.fd)
}

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
	r, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&messages[0])),
		uintptr(len(messages)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(r), errno
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
