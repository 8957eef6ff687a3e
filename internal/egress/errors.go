package egress

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// What can be wrong with a datagram.
var (
	ErrNotIP        = errors.New("not an IP datagram: its first nibble is neither 4 nor 6, or its header is cut short")
	ErrNotMulticast = errors.New("the datagram's destination is not a multicast group")
	ErrTooLong      = errors.New("the datagram is longer than 9000 bytes")
)

// What can be wrong with an interface, for errors.Is on a SendError.
var (
	// ErrBusy: the interface's queue is full (or an nftables netdev egress
	// chain dropped the frame). The frame is lost; the next may pass.
	ErrBusy = errors.New("the interface takes no more frames at the moment")
	// ErrDown: the interface is administratively down.
	ErrDown = errors.New("the interface is down")
	// ErrGone: the interface was deleted or moved away. Rebind or Close.
	ErrGone = errors.New("the interface is gone")
	// ErrClosed: the Interface was closed.
	ErrClosed = errors.New("the socket is closed")
)

// SendError says which interface refused a frame, and the kernel's reason.
type SendError struct {
	IfIndex int
	Errno   unix.Errno
}

func (e *SendError) Error() string {
	if kind := e.kind(); kind != nil {
		return fmt.Sprintf("send on interface %d: %v (%v)", e.IfIndex, kind, e.Errno)
	}
	return fmt.Sprintf("send on interface %d: %v", e.IfIndex, e.Errno)
}

// Unwrap gives the kernel's reason.
func (e *SendError) Unwrap() error { return e.Errno }

// Is reports whether the failure is of one of the kinds above.
func (e *SendError) Is(target error) bool {
	kind := e.kind()
	return kind != nil && kind == target
}

func (e *SendError) kind() error {
	switch e.Errno {
	case unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM:
		return ErrBusy
	case unix.ENETDOWN:
		return ErrDown
	case unix.ENXIO, unix.ENODEV:
		return ErrGone
	case unix.EBADF:
		return ErrClosed
	}
	return nil
}

// failure keeps the latest error, so that an interface that stays down costs
// no memory per advert.
func (i *Interface) failure(errno unix.Errno) error {
	if i.last == nil || i.last.Errno != errno {
		i.last = &SendError{IfIndex: i.index, Errno: errno}
	}
	return i.last
}
