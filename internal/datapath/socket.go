package datapath

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/sockfilter"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// packetSocket receives protocol 112 and 51 on one interface where no BPF
// program can be attached. It stands before the firewall too; only the ICMP
// error that answers a unicast advert is left to the kernel.
type packetSocket struct {
	ifindex int

	mu     sync.Mutex // guards fd against a close while it is read
	fd     int        // -1 when closed
	mac    atomic.Pointer[[6]byte]
	counts [verdicts]uint64
	// Token buckets, as in struct interface.
	strangers, claims, rivals uint64

	header  unix.Msghdr
	vector  unix.Iovec
	from    unix.RawSockaddrLinklayer
	control [64]byte
	buffer  [maxDatagram]byte
}

const maxDatagram = len(vrrpAdvertEvent{}.Ip)

func (d *Datapath) attachSocket(ifindex int) (*attachment, error) {
	s, err := openPacketSocket(ifindex)
	if err != nil {
		return nil, err
	}
	if err := d.poller.watch(s.fd); err != nil {
		return nil, errors.Join(err, s.close())
	}
	all := append(slices.Clone(*d.sockets.Load()), s)
	d.sockets.Store(&all)
	return &attachment{ifindex: ifindex, mode: Socket, socket: s}, nil
}

func (d *Datapath) releaseSocket(s *packetSocket) error {
	rest := slices.DeleteFunc(slices.Clone(*d.sockets.Load()), func(o *packetSocket) bool { return o == s })
	d.sockets.Store(&rest)
	return s.close()
}

// openPacketSocket puts the filter in place before the socket is bound, so
// that no other packet ever waits in it.
func openPacketSocket(ifindex int) (*packetSocket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	s := &packetSocket{ifindex: ifindex, fd: fd}
	s.header = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&s.from)), Iov: &s.vector, Control: &s.control[0]}
	s.header.SetIovlen(1)
	s.vector.Base = &s.buffer[0]
	s.vector.SetLen(len(s.buffer))
	steps := []struct {
		what string
		err  func() error
	}{
		{"filter", func() error { return sockfilter.Attach(fd, socketFilter) }},
		{"time stamps", func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) }},
		{"bind", func() error {
			return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: ifindex})
		}},
	}
	for _, step := range steps {
		if err := step.err(); err != nil {
			return nil, errors.Join(fmt.Errorf("packet socket: %s: %w", step.what, err), s.close())
		}
	}
	if sa, err := unix.Getsockname(fd); err == nil {
		mac := [6]byte(sa.(*unix.SockaddrLinklayer).Addr[:6])
		s.mac.Store(&mac)
	}
	return s, nil
}

func networkOrder(v uint16) uint16 { return v<<8 | v>>8 }

// receive reads one datagram and its arrival, on CLOCK_MONOTONIC. It returns
// false when there is none. A datagram longer than any advert is cut.
func (s *packetSocket) receive() (length int, arrived int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		s.header.Namelen = uint32(unsafe.Sizeof(s.from))
		s.header.SetControllen(len(s.control))
		n, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.header)), 0)
		switch errno {
		case 0:
			return int(n), s.stamp(), true
		case unix.EINTR, unix.ENETDOWN: // the link went down once; more may be queued
			continue
		}
		return 0, 0, false
	}
}

// stamp finds the time at which the kernel received the datagram. The stamp is
// on CLOCK_REALTIME; how long ago that was tells the time on CLOCK_MONOTONIC.
func (s *packetSocket) stamp() int64 {
	now := monotonic()
	size := int(unsafe.Sizeof(unix.Cmsghdr{}))
	if int(s.header.Controllen) < unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{}))) {
		return now
	}
	head := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0]))
	if head.Level != unix.SOL_SOCKET || head.Type != unix.SCM_TIMESTAMPNS {
		return now
	}
	at := (*unix.Timespec)(unsafe.Pointer(&s.control[size]))
	age := readClock(unix.CLOCK_REALTIME) - at.Nano()
	if age < 0 || age > int64(time.Minute) { // the wall clock was set in between
		return now
	}
	return now - age
}

// drainSocket hands over what had arrived when it was called.
func (d *Datapath) drainSocket(s *packetSocket, sink Sink) {
	start := monotonic()
	for {
		n, arrived, ok := s.receive()
		if !ok {
			return
		}
		packet, admission := s.buffer[:n], d.admission.Load()
		protocol := networkOrder(s.from.Protocol)
		if protocol == unix.ETH_P_ARP || protocol == unix.ETH_P_IPV6 && n > 6 && packet[6] == unix.IPPROTO_ICMPV6 {
			claim, ok := admission.watch(s, packet, protocol)
			if ok && take(&s.claims, uint64(arrived), claimInterval, uint64(time.Second)) {
				claim.At = d.clock.time(arrived)
				sink.Claim(claim)
			}
		} else {
			d.receiveOn(s, packet, arrived, sink)
		}
		if arrived > start { // enough: the timer may be waiting
			return
		}
	}
}

// receiveOn judges, counts and hands over what could be an advert.
func (d *Datapath) receiveOn(s *packetSocket, packet []byte, arrived int64, sink Sink) {
	verdict := d.admission.Load().judge(s, packet, arrived)
	if verdict < verdicts {
		s.count(verdict)
	}
	datagram := wire.Datagram{
		At:        d.clock.time(arrived),
		IfIndex:   s.ifindex,
		SourceMAC: [6]byte(s.from.Addr[:6]),
		IP:        packet,
	}
	switch {
	case verdict == Accepted || verdict == Consumed || verdict.shown():
		sink.Datagram(datagram)
	case verdict.foreign() && d.admission.Load().rival(s, packet) && take(&s.rivals, uint64(arrived), reportInterval, uint64(time.Second)):
		sink.Foreign(datagram)
	}
}

func (s *packetSocket) count(v Verdict) {
	s.mu.Lock()
	s.counts[v]++
	s.mu.Unlock()
}

func (s *packetSocket) addCounts(sum *[verdicts]uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, n := range s.counts {
		sum[v] += n
	}
}

// alive reports whether the socket is still bound to its device: the kernel
// unbinds it (index -1) when the device goes.
func (s *packetSocket) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return false
	}
	ll, ok := sa.(*unix.SockaddrLinklayer)
	return ok && ll.Ifindex == s.ifindex
}

func (s *packetSocket) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return nil
	}
	err := unix.Close(s.fd)
	s.fd = -1
	return err
}
