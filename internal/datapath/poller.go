package datapath

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller waits for the ring, the packet sockets, the timer and interruptions.
type poller struct {
	epoll int
	timer int // timerfd on CLOCK_MONOTONIC
	event int // eventfd
	ready [16]unix.EpollEvent
	// What the last wait reported of the two: reading them costs a system call.
	timed, called bool

	mu sync.Mutex // guards event against a close while it is written
}

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create an epoll descriptor: %w", err)
	}
	p := &poller{epoll: epoll, timer: -1, event: -1}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return nil, errors.Join(fmt.Errorf("create a timer descriptor: %w", err), p.close())
	}
	if p.event, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return nil, errors.Join(fmt.Errorf("create an event descriptor: %w", err), p.close())
	}
	if err := errors.Join(p.watch(p.timer), p.watch(p.event)); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// watch adds a descriptor. A closed descriptor leaves by itself.
func (p *poller) watch(fd int) error {
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, err)
	}
	return nil
}

// wait blocks until something is ready. The system call is a raw one: the thread
// keeps its place in Go's scheduler while it sleeps, so that it needs no new one
// when a deadline wakes it, and the scheduler's monitor has nothing to take away
// a thousand times a second. Garbage collection gets its turn by a signal,
// which ends the sleep early. The place must be one too many, see
// realtime.Start.
func (p *poller) wait() error {
	const forever = ^uintptr(0)
	r, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&p.ready[0])), uintptr(len(p.ready)),
		forever, 0, 0)
	n := int(r)
	if errno != 0 {
		if n = 0; errno != unix.EINTR {
			return fmt.Errorf("wait for adverts: %w", errno)
		}
	}
	p.timed, p.called = false, false
	for _, e := range p.ready[:n] {
		p.timed = p.timed || int(e.Fd) == p.timer
		p.called = p.called || int(e.Fd) == p.event
	}
	return nil
}

// setTimer arms the timer for a point of CLOCK_MONOTONIC, in nanoseconds; 0
// disarms it. A point in the past fires at once. Closed, it does nothing: who
// tears down a daemon may still set deadlines.
func (p *poller) setTimer(at int64) error {
	if p.timer < 0 {
		return nil
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(at)}
	if err := unix.TimerfdSettime(p.timer, unix.TFD_TIMER_ABSTIME, &spec, nil); err != nil {
		return fmt.Errorf("set the timer: %w", err)
	}
	return nil
}

// expired reports whether wait found the timer run out, and it was not set again since.
func (p *poller) expired() bool { return p.timed && readCount(p.timer) }

// interrupt makes wait return; acknowledge takes that back.
func (p *poller) interrupt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.event < 0 { // closed: nobody waits for an answer
		return nil
	}
	one := [8]byte{0: 1, 7: 1} // not zero in either byte order
	if _, err := unix.Write(p.event, one[:]); err != nil && err != unix.EAGAIN {
		return fmt.Errorf("interrupt the loop: %w", err)
	}
	return nil
}

func (p *poller) acknowledge() bool { return p.called && readCount(p.event) }

func readCount(fd int) bool {
	var count [8]byte
	n, err := unix.Read(fd, count[:])
	return err == nil && n == len(count)
}

func (p *poller) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, fd := range []int{p.timer, p.event, p.epoll} {
		if fd >= 0 {
			errs = append(errs, unix.Close(fd))
		}
	}
	p.timer, p.event, p.epoll = -1, -1, -1
	return errors.Join(errs...)
}
