package address

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/echo"
)

// A watcher hears what changes in the kernel's links and addresses.
type watcher struct {
	file *os.File
	conn syscall.RawConn
	buf  []byte
	read func(typ uint16, body []byte) (change, bool)
	done chan struct{} // closed when the holder's loop has ended
}

// A change is one thing that was heard.
type change struct {
	typ   uint16 // RTM_*
	fact  fact   // of an address
	index int    // of a link
	name  string
	id    string // of a route or rule
}

const (
	linkGroup     = 1 << (unix.RTNLGRP_LINK - 1)
	addressGroups = linkGroup | 1<<(unix.RTNLGRP_IPV4_IFADDR-1) | 1<<(unix.RTNLGRP_IPV6_IFADDR-1)
)

// heardAtOnce bounds what one reading takes in, so that a flood of changes is answered while it goes on.
const heardAtOnce = 4096

// openWatcher subscribes to groups; read says which messages are changes.
func openWatcher(groups uint32, read func(typ uint16, body []byte) (change, bool)) (*watcher, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("watch the kernel: %w", err)
	}
	w := &watcher{file: os.NewFile(uintptr(fd), "netlink"), buf: make([]byte, 1<<16), read: read}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return nil, fmt.Errorf("watch the kernel: %w", errors.Join(err, w.file.Close()))
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20); err != nil {
		// Without the privilege the buffer stays small and is overrun sooner, which costs a resync.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
	}
	if w.conn, err = w.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("watch the kernel: %w", errors.Join(err, w.file.Close()))
	}
	w.done = make(chan struct{})
	return w, nil
}

// join subscribes to more groups.
func (w *watcher) join(groups uint32) error {
	var failed error
	err := w.conn.Control(func(fd uintptr) {
		for g := 1; g <= 32 && failed == nil; g++ {
			if groups&(1<<(g-1)) != 0 {
				failed = unix.SetsockoptInt(int(fd), unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, g)
			}
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("watch the kernel: %w", err)
	}
	return nil
}

// ignore has the kernel not tell of addresses that our own requests add.
func (w *watcher) ignore(s *socket) error {
	port, err := s.port()
	if err != nil {
		return err
	}
	var failed error
	err = w.conn.Control(func(fd uintptr) { failed = echo.Ignore(int(fd), port) })
	if err = errors.Join(err, failed); err != nil {
		return fmt.Errorf("watch the kernel: %w", err)
	}
	return nil
}

func (w *watcher) close() error {
	return w.file.Close()
}

// wakeAt has hear return at a time though nothing changes; the zero time is never.
func (w *watcher) wakeAt(t time.Time) {
	_ = w.file.SetReadDeadline(t) // fails only when closed, and then nobody is to be woken
}

// hear waits for changes and returns all that are there. Overrun says that some were lost. The error is
// os.ErrDeadlineExceeded when it was time to wake, os.ErrClosed after close.
func (w *watcher) hear() (changes []change, overrun bool, err error) {
	var recvErr error
	err = w.conn.Read(func(fd uintptr) bool {
		for len(changes) < heardAtOnce {
			n, from, err := unix.Recvfrom(int(fd), w.buf, 0)
			switch {
			case err == unix.EINTR:
				continue
			case err == unix.ENOBUFS:
				overrun = true
				continue
			case err == unix.EAGAIN:
				return overrun || len(changes) > 0
			case err != nil:
				recvErr = err
				return true
			}
			if a, ok := from.(*unix.SockaddrNetlink); !ok || a.Pid != 0 {
				continue // not from the kernel
			}
			eachMessage(w.buf[:n], func(h unix.NlMsghdr, body []byte) {
				if c, ok := w.read(h.Type, body); ok {
					changes = append(changes, c)
				}
			})
		}
		return true
	})
	if err == nil {
		err = recvErr
	}
	return changes, overrun, err
}

func parseChange(typ uint16, body []byte) (change, bool) {
	c := change{typ: typ}
	switch typ {
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		f, err := parseFact(body)
		c.fact = f
		return c, err == nil
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		// Bridges tell of their ports with a family of their own.
		if len(body) < unix.SizeofIfInfomsg || body[0] != unix.AF_UNSPEC {
			return c, false
		}
		c.index = int(native.Uint32(body[4:]))
		eachAttr(body[unix.SizeofIfInfomsg:], func(typ uint16, data []byte) {
			if typ == unix.IFLA_IFNAME {
				c.name = cString(data)
			}
		})
		return c, true
	}
	return c, false
}
