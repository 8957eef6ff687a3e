package address

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Whoever announces addresses while the next are being added must hear how far
// the kernel has come. It answers while it works: some requests of one long write
// ask for an acknowledgement, and one goroutine hears while the other, for
// milliseconds, is still in its write. Several short writes instead would let
// others in between, and a thread of a high priority be waited for after each.

const (
	// markEvery is how many addresses there are from one acknowledgement to the
	// next; the first come sooner, so that somebody can begin.
	markEvery  = 50
	markFirst  = 20
	firstUntil = 100
	// hearFor bounds one wait of the hearing goroutine, so that it notices when the
	// write has failed.
	hearFor = 50 * time.Millisecond
)

// marked tells whether the request after n others asks for an acknowledgement.
func marked(n int) bool {
	if n < firstUntil {
		return (n+1)%markFirst == 0
	}
	return (n+1)%markEvery == 0
}

// progress is batch with a word after each mark, from another goroutine: the
// first n are done, or refused. When it returns no more is told.
func (s *socket) progress(n int, req func(i int) request, done func(n int)) (errs []error, err error) {
	s.expect(n)
	for from, to := 0, 0; from < n && err == nil; from = to {
		to = min(from+batchSize, n)
		err = s.follow(from, to, req, done)
	}
	s.blame(err)
	return s.errs, err
}

// follow sends some of them in one write and hears meanwhile.
func (s *socket) follow(from, to int, req func(i int) request, done func(n int)) error {
	first := s.write(from, to, req, func(i int) bool { return i == to-1 || marked(i) })
	var said atomic.Int64 // when the write was over, after start; 0: it is not
	var failed atomic.Bool
	heard := make(chan error, 1)
	go func() { heard <- s.hear(from, to, first, &said, &failed, done) }()
	err := unix.Sendto(s.fd, s.out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	failed.Store(err != nil)
	said.Store(max(1, int64(time.Since(start))))
	if err := errors.Join(wrapSend(err), <-heard); err != nil {
		return err
	}
	s.grant(from, to)
	return nil
}

// start is what moments are counted from that must fit into an atomic number.
var start = time.Now()

// hear takes the answers in until the last request is answered, and tells of each mark.
func (s *socket) hear(from, to int, first uint32, said *atomic.Int64, failed *atomic.Bool, done func(n int)) error {
	told := from
	for s.errs[to-1] == errUnanswered {
		ready := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(ready, int(hearFor/time.Millisecond))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("netlink poll: %w", err)
		case n == 0 && failed.Load():
			return nil // the write's error says it
		case n == 0:
			// The kernel may wait long before it begins, another process may hold its lock.
			if at := said.Load(); at != 0 && time.Since(start)-time.Duration(at) > timeoutSec*time.Second {
				return fmt.Errorf("netlink: %w for %d s", errUnanswered, timeoutSec)
			}
			continue
		}
		last, err := s.take(from, to, first)
		if err != nil {
			return err
		}
		if last+1 > told {
			told = last + 1
			done(told)
		}
	}
	return nil
}
