package address

import (
	"errors"
	"fmt"
	"runtime"
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
	// next. The first come sooner, so that somebody can begin, and the last, so that
	// not many are left when all stand.
	markEvery = 100
	markFine  = 10
	fineFirst = 50
	fineLast  = 30
	// followFrom is how many addresses are worth it: fewer stand before another
	// goroutine is awake.
	followFrom = 64
	// hearFor bounds one wait of the hearing goroutine, so that it notices when the
	// write has failed.
	hearFor = 50 * time.Millisecond
	// keen is how long it does not sleep at first: an idle processor is awake only
	// when the first twenty stand.
	keen = 200 * time.Microsecond
)

// acknowledgement is what asks for one, or nothing, in request i of a write of n.
func acknowledgement(i, n int) uint16 {
	every := markEvery
	if i < fineFirst || i >= n-fineLast {
		every = markFine
	}
	if i == n-1 || (n-1-i)%every == 0 {
		return unix.NLM_F_ACK
	}
	return 0
}

// follow sends requests in one write and hears meanwhile; done is called from
// another goroutine, but not after follow has returned.
func (s *socket) follow(from, to int, out []byte, first uint32, done func(n int)) error {
	var said atomic.Int64 // when the write was over, after start; 0: it is not
	var failed atomic.Bool
	heard := make(chan error, 1)
	go func() { heard <- s.hear(from, to, first, &said, &failed, done) }()
	err := unix.Sendto(s.fd, out, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	failed.Store(err != nil)
	said.Store(max(1, int64(time.Since(start))))
	return errors.Join(wrapSend(err), <-heard)
}

// start is what moments are counted from that must fit into an atomic number.
var start = time.Now()

// hear takes the answers in until the last request is answered, and tells of each mark.
func (s *socket) hear(from, to int, first uint32, said *atomic.Int64, failed *atomic.Bool, done func(n int)) error {
	told := from
	awake := time.Now().Add(keen)
	if runtime.NumCPU() == 1 {
		awake = time.Time{} // it would be in the way
	}
	for s.errs[to-1] == errUnanswered {
		ready := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
		wait := hearFor
		if told == from && time.Now().Before(awake) {
			wait = 0
		}
		n, err := unix.Poll(ready, int(wait/time.Millisecond))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("netlink poll: %w", err)
		case n == 0 && wait == 0:
			continue
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
