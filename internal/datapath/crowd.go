package datapath

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// crowd has the loop take in adverts together when they come close upon each
// other, as a network card moderates its interrupts: to wake up for one costs more
// than to read ten. Few adverts are each taken in at once; and whatever the crowd,
// the time of arrival is the kernel's, and no deadline is slept over.
type crowd struct {
	last  int64 // when the loop was last woken
	close int   // how often in a row it was woken soon after
}

const (
	soon = 600 * time.Microsecond // between two adverts of a crowd
	many = 8                      // of them make one
	// rest is how long a crowd gathers. Priority 0 waits with it, for less than
	// the shortest skew time there is.
	rest = time.Millisecond
	// early is how long before a deadline the loop is back.
	early = 100 * time.Microsecond
)

// woken notes that the loop has something to do.
func (c *crowd) woken() {
	now := monotonic()
	if now-c.last < int64(soon) {
		c.close++
	} else {
		c.close = 0
	}
	c.last = now
}

// pause sleeps while a crowd gathers, if there is one and no deadline near.
func (c *crowd) pause(deadline time.Time) {
	if c.close < many {
		return
	}
	nap := rest
	if !deadline.IsZero() {
		nap = min(nap, time.Until(deadline)-early)
	}
	if nap <= 0 {
		return
	}
	ts := unix.NsecToTimespec(int64(nap))
	// A raw system call, as in poller.wait. A signal that cuts it short does no harm.
	_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	c.last = monotonic() // the wait was ours
}
