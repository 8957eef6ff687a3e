package control

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Peer is who is at the other end of a connection, by the kernel's word at
// the time it connected.
type Peer struct {
	PID      int
	UID, GID int
	Groups   []int // supplementary
}

// listener limits the number of connections and removes its socket at the end.
type listener struct {
	*net.UnixListener
	path   string
	gid    int // group of the socket file
	slots  chan struct{}
	closed chan struct{}
	once   sync.Once
}

// maxConns bounds the connections, followers included.
const maxConns = 64

func newListener(l *net.UnixListener, path string) (net.Listener, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return &listener{UnixListener: l, path: path, gid: int(st.Gid),
		slots: make(chan struct{}, maxConns), closed: make(chan struct{})}, nil
}

// Accept waits for a free slot, so that a crowd waits in the kernel's queue
// and takes none of our memory.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.AcceptUnix()
	if err != nil {
		<-l.slots
		return nil, err
	}
	peer, err := credentials(c)
	return &conn{UnixConn: c, peer: peer, gid: l.gid, err: err, free: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *listener) Close() error {
	err := l.UnixListener.Close()
	l.once.Do(func() {
		close(l.closed)
		// Best effort: the next daemon replaces a socket that nobody serves.
		_ = os.Remove(l.path)
	})
	return err
}

type conn struct {
	*net.UnixConn
	peer Peer
	gid  int
	err  error // credentials could not be read
	free func()
}

func (c *conn) Close() error {
	defer c.free()
	return c.UnixConn.Close()
}

// PeerOf tells who asks, from the context of a request. A request that came by
// TCP has no peer.
func PeerOf(ctx context.Context) (Peer, bool) {
	c, ok := ctx.Value(peerKey{}).(*conn)
	if !ok || c.err != nil {
		return Peer{}, false
	}
	return c.peer, true
}

// allowed returns nil when the peer may ask.
func (c *conn) allowed() error {
	p := c.peer
	switch {
	case c.err != nil:
		return fmt.Errorf("peer is unknown: %w", c.err)
	case p.UID == 0, p.UID == os.Geteuid(), p.GID == c.gid, slices.Contains(p.Groups, c.gid):
		return nil
	}
	return fmt.Errorf("uid %d may not: only root, uid %d and group %d", p.UID, os.Geteuid(), c.gid)
}

func credentials(c *net.UnixConn) (Peer, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var peer Peer
	var credErr error
	err = raw.Control(func(fd uintptr) {
		var cred *unix.Ucred
		if cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); credErr != nil {
			return
		}
		peer = Peer{PID: int(cred.Pid), UID: int(cred.Uid), GID: int(cred.Gid)}
		peer.Groups, credErr = peerGroups(fd)
	})
	if err != nil {
		return Peer{}, err
	}
	return peer, credErr
}

// peerGroups asks SO_PEERGROUPS. Kernels before 4.13 do not know it: then the
// primary group alone counts.
func peerGroups(fd uintptr) ([]int, error) {
	var gids [256]uint32
	size := uint32(unsafe.Sizeof(gids))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
		uintptr(unsafe.Pointer(&gids)), uintptr(unsafe.Pointer(&size)), 0)
	switch errno {
	case 0:
	case syscall.ENOPROTOOPT, syscall.ERANGE: // unknown option, or more groups than fit
		return nil, nil
	default:
		return nil, errno
	}
	groups := make([]int, 0, size/4)
	for _, g := range gids[:size/4] {
		groups = append(groups, int(g))
	}
	return groups, nil
}
