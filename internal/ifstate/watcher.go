package ifstate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// A Sink is told. Its methods are called one at a time, from the goroutine of Run, and should return soon. What they are given
// is theirs to read, not to change.
type Sink interface {
	// Link tells of a link that is new, or that differs from what was told.
	Link(Link)
	// Addresses tells all addresses of a link, also when it has none. IPv4 primary addresses stand before secondary ones.
	Addresses(ifindex int, addrs []Address)
	// Gone tells that a link vanished, with its addresses.
	Gone(Link)
	// Synced tells that the picture is complete: at first, and after changes went unheard. What was not told does not exist.
	Synced()
}

// Config changes how a watcher works; zero is good.
type Config struct {
	// Trouble is told of errors that the watcher gets over by itself. May be nil.
	Trouble func(error)
	// ReceiveBuffer is the size of the socket's buffer in bytes, 0 for four megabytes, which holds some thousand changes.
	ReceiveBuffer int
}

// A Watcher hears the kernel's links and addresses.
type Watcher struct {
	trouble func(error)
	file    *os.File
	conn    syscall.RawConn
	asks    map[int]*nl.SocketHandle // for dumps, at no time two
	buf     []byte

	sink      Sink
	now, told picture

	mu      sync.Mutex // guards the rest, which is the read deadline
	looking bool       // Look was called, and nobody has looked yet
	ended   bool       // Run shall end
}

const (
	defaultBuffer = 4 << 20
	retryDump     = 100 * time.Millisecond
)

// Open makes a watcher in the network namespace of the calling thread. It hears from now on; Run tells.
func Open(cfg Config) (*Watcher, error) {
	w := &Watcher{trouble: cfg.Trouble, buf: make([]byte, 1<<16), now: newPicture(), told: newPicture()}
	if w.trouble == nil {
		w.trouble = func(error) {}
	}
	if cfg.ReceiveBuffer == 0 {
		cfg.ReceiveBuffer = defaultBuffer
	}
	if err := w.listen(cfg.ReceiveBuffer); err != nil {
		return nil, fmt.Errorf("watch links: %w", errors.Join(err, w.Close()))
	}
	asks, err := nl.GetNetlinkSocketAt(-1, -1, unix.NETLINK_ROUTE) // -1: the thread's own namespace
	if err != nil {
		return nil, fmt.Errorf("watch links: %w", errors.Join(err, w.Close()))
	}
	w.asks = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: asks}}
	return w, nil
}

func (w *Watcher) listen(buffer int) error {
	const groups = 1<<(unix.RTNLGRP_LINK-1) | 1<<(unix.RTNLGRP_IPV4_IFADDR-1) | 1<<(unix.RTNLGRP_IPV6_IFADDR-1)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	w.file = os.NewFile(uintptr(fd), "netlink")
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return err
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer); err != nil {
			return err
		}
	}
	w.conn, err = w.file.SyscallConn()
	return err
}

// Close frees the watcher. End Run first, by its context.
func (w *Watcher) Close() error {
	for _, s := range w.asks {
		s.Close()
	}
	w.asks = nil
	if w.file == nil {
		return nil
	}
	if err := w.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("watch links: %w", err)
	}
	return nil
}

// Run tells the sink the full picture and then every change, until the context ends. It may be called again; then what was
// told before is known, and only differences are told.
func (w *Watcher) Run(ctx context.Context, sink Sink) {
	w.sink = sink
	w.begin()
	stop := context.AfterFunc(ctx, w.end)
	defer stop()

	for complete := false; ctx.Err() == nil; {
		if !complete {
			if err := w.sync(); err != nil {
				w.trouble(err)
				pause(ctx, retryDump)
				continue
			}
			complete = true
			w.tell()
			sink.Synced()
		}
		err := w.hear()
		if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
			err = w.look()
		}
		if err != nil && ctx.Err() == nil {
			if !errors.Is(err, unix.ENOBUFS) {
				w.trouble(fmt.Errorf("watch links: %w", err))
				pause(ctx, retryDump)
			}
			complete = false
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
