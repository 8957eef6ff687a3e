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
	soon  bool  // after the time before
	close int   // how often in a row it was woken soon after, or by several
}

const (
	soon    = 600 * time.Microsecond // between two adverts of a crowd
	several = 4                      // adverts at once are one, too: a master of many sends them together
	many    = 8                      // times in a row
	// rest is how long a crowd gathers. What follows from an advert at once waits with it: a
	// better router's, or the first of an interval that has become shorter. A goodbye does not as a rule,
	// since its skew time is longer and counted from its arrival; with advert_int 0.1 that is so up to priority 249.
	rest = 2 * time.Millisecond
	// early is how long before a deadline the loop is back.
	early = 100 * time.Microsecond
)

// woken notes that the loop has something to do.
func (c *crowd) woken() {
	now := monotonic()
	c.soon = now-c.last < int64(soon)
	c.last = now
}

// served notes how many records that were.
func (c *crowd) served(records uint64) {
	if c.soon || records >= several {
		c.close++
	} else {
		c.close = 0
	}
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
