package overhear

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/sockfilter"
	"github.com/xvrrp/xvrrp/internal/stamp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Listener is one open ear on one interface.
type Listener struct {
	ifindex int
	file    *os.File
	conn    syscall.RawConn
	hear    func(wire.Datagram)
	ended   sync.WaitGroup
}

const (
	// rate is how many adverts a second are handed over, burst how many at once.
	rate, burst = 100, 50
	// room is the socket's buffer: what waits in it during a flood is new.
	room = 32 << 10
	// rest is the pause of a reader whose share is used up.
	rest = 10 * time.Millisecond
)

// Open listens on an interface of the calling thread's network namespace until
// Close. It needs CAP_NET_RAW. The datagram is valid during the call of hear.
func Open(ifindex int, known []Key, hear func(wire.Datagram)) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("overhear on interface %d: %w", ifindex, err)
	}
	l := &Listener{ifindex: ifindex, file: os.NewFile(uintptr(fd), "overhear"), hear: hear}
	if l.conn, err = l.file.SyscallConn(); err == nil {
		err = l.prepare(fd, known)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("overhear on interface %d: %w", ifindex, err), l.file.Close())
	}
	l.ended.Add(1)
	go l.run()
	return l, nil
}

// prepare sets the filter before the socket is bound: nothing else ever waits in it.
func (l *Listener) prepare(fd int, known []Key) error {
	if err := l.Tune(known); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("time stamps: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, room); err != nil {
		return fmt.Errorf("buffer: %w", err)
	}
	// Of the kernel since 4.20; without it the reader looks at the packet's type.
	_ = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	all := uint16(unix.ETH_P_ALL)
	return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all<<8 | all>>8, Ifindex: l.ifindex})
}

// Tune replaces the set of known virtual routers.
func (l *Listener) Tune(known []Key) error {
	var failed error
	err := l.conn.Control(func(fd uintptr) { failed = sockfilter.Attach(int(fd), filter(known)) })
	return errors.Join(err, failed)
}

// Close ends the listening. When it returns, hear is not called any more.
func (l *Listener) Close() error {
	err := l.file.Close()
	l.ended.Wait()
	return err
}

// run reads until Close.
func (l *Listener) run() {
	defer l.ended.Done()
	buf, oob := make([]byte, 1<<13), make([]byte, 256)
	share, last := float64(burst), time.Now()
	for {
		d, ok, err := l.receive(buf, oob)
		if err == unix.ENETDOWN { // told once; the socket goes on when the link is up again
			continue
		}
		if err != nil {
			return // closed, or the interface is gone
		}
		now := time.Now()
		share = min(burst, share+now.Sub(last).Seconds()*rate)
		last = now
		if share < 1 {
			time.Sleep(rest)
			continue
		}
		if ok {
			share--
			l.hear(d)
		}
	}
}

// receive reads one datagram; ok is false for what this host sent itself.
func (l *Listener) receive(buf, oob []byte) (d wire.Datagram, ok bool, err error) {
	var n, oobn int
	var from unix.Sockaddr
	var failed error
	err = l.conn.Read(func(fd uintptr) bool {
		for {
			n, oobn, _, from, failed = unix.Recvmsg(int(fd), buf, oob, 0)
			if failed != unix.EINTR {
				return failed != unix.EAGAIN
			}
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return d, false, err
	}
	d = wire.Datagram{At: stamp.Arrival(oob[:oobn]), IfIndex: l.ifindex, IP: buf[:n]}
	s, isLink := from.(*unix.SockaddrLinklayer)
	if isLink && s.Halen == 6 {
		d.SourceMAC = [6]byte(s.Addr[:6])
	}
	return d, isLink && s.Pkttype != unix.PACKET_OUTGOING, nil
}
