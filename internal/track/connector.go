package track

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// From linux/connector.h and linux/cn_proc.h.
const (
	cnIndexProc   = 1
	cnValueProc   = 1
	cnListen      = 1
	cnHeaderSize  = 20 // struct cn_msg
	procEventAck  = 0x0
	procEventFork = 0x1
	procEventExec = 0x2
	procEventComm = 0x200
	procEventExit = 0x80000000
	procDataAt    = 16 // struct proc_event: what, cpu, timestamp, then the data
)

// answerWait is how long the kernel has to confirm a subscription.
const answerWait = 500 * time.Millisecond

// connectorBuffer is asked for as receive buffer, bytes: a storm of forks
// must not make us rescan.
const connectorBuffer = 1 << 20

// procEvent tells that a process may match now, or does not any more.
type procEvent struct {
	pid  int
	exit bool
	lost bool // events were lost: look at everything again
}

// connector is a subscription to the kernel's process events.
type connector struct {
	file  *os.File
	close func()
}

// listenProcesses subscribes. It needs CAP_NET_ADMIN in the first user
// namespace and the first network namespace.
func listenProcesses() (*connector, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("process events: %w", err)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, connectorBuffer) != nil {
		// Not privileged: as much as the host allows everybody. Less is no error.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, connectorBuffer)
	}
	if err := subscribe(fd); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("process events: %w", err)
	}
	c := &connector{file: os.NewFile(uintptr(fd), "connector")}
	c.close = sync.OnceFunc(func() { c.file.Close() })
	if err := c.confirm(); err != nil {
		c.close()
		return nil, fmt.Errorf("process events: %w", err)
	}
	return c, nil
}

// confirm waits for the kernel's answer. In a process namespace of its own a
// listener is ignored without a word.
func (c *connector) confirm() error {
	if err := c.file.SetReadDeadline(time.Now().Add(answerWait)); err != nil {
		return err
	}
	buf := make([]byte, 8192)
	for {
		n, err := c.file.Read(buf)
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			return err
		}
		const at = unix.SizeofNlMsghdr + cnHeaderSize
		if n >= at+procDataAt+4 && binary.NativeEndian.Uint32(buf[at:]) == procEventAck {
			if code := binary.NativeEndian.Uint32(buf[at+procDataAt:]); code != 0 {
				return unix.Errno(code)
			}
			return c.file.SetReadDeadline(time.Time{})
		}
	}
}

func subscribe(fd int) error {
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: cnIndexProc}); err != nil {
		return err
	}
	// nlmsghdr, cn_msg, and the operation; all in the host's byte order.
	b := make([]byte, unix.SizeofNlMsghdr+cnHeaderSize+4)
	binary.NativeEndian.PutUint32(b[0:], uint32(len(b)))
	binary.NativeEndian.PutUint16(b[4:], unix.NLMSG_DONE)
	cn := b[unix.SizeofNlMsghdr:]
	binary.NativeEndian.PutUint32(cn[0:], cnIndexProc)
	binary.NativeEndian.PutUint32(cn[4:], cnValueProc)
	binary.NativeEndian.PutUint16(cn[16:], 4) // length of the operation
	binary.NativeEndian.PutUint32(cn[cnHeaderSize:], cnListen)
	return unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// read hands out events until the connector is closed or ctx ends.
func (c *connector) read(ctx context.Context, facts chan<- procEvent) {
	defer close(facts)
	buf := make([]byte, 8192)
	for {
		n, err := c.file.Read(buf)
		var e procEvent
		switch {
		case errors.Is(err, unix.ENOBUFS):
			e.lost = true
		case err != nil:
			return
		default:
			var ok bool
			if e, ok = parseProcEvent(buf[:n]); !ok {
				continue
			}
		}
		select {
		case facts <- e:
		case <-ctx.Done():
			return
		}
	}
}

// parseProcEvent reads one message; events about threads and of other kinds
// are not wanted.
func parseProcEvent(b []byte) (procEvent, bool) {
	const header = unix.SizeofNlMsghdr + cnHeaderSize
	if len(b) < header+procDataAt+8 {
		return procEvent{}, false
	}
	event := b[header:]
	data := event[procDataAt:]
	switch binary.NativeEndian.Uint32(event) {
	case procEventFork:
		if len(data) < 16 {
			return procEvent{}, false
		}
		data = data[8:] // the parent stands first
	case procEventExec, procEventComm, procEventExit:
	default:
		return procEvent{}, false
	}
	pid, tgid := binary.NativeEndian.Uint32(data), binary.NativeEndian.Uint32(data[4:])
	return procEvent{pid: int(pid), exit: binary.NativeEndian.Uint32(event) == procEventExit}, pid == tgid
}
