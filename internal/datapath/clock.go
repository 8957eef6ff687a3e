package datapath

import (
	"time"

	"golang.org/x/sys/unix"
)

// clock turns kernel stamps (CLOCK_MONOTONIC in nanoseconds) into times with
// Go's monotonic reading, which is the same clock, and back.
type clock struct {
	base time.Time
	mono int64 // CLOCK_MONOTONIC at base
}

// newClock takes both readings together, as close as five tries get.
func newClock() clock {
	best, gap := clock{}, int64(1<<62)
	for range 5 {
		before := readClock(unix.CLOCK_MONOTONIC)
		base := time.Now()
		after := readClock(unix.CLOCK_MONOTONIC)
		if after-before < gap {
			gap = after - before
			best = clock{base, before + gap/2}
		}
	}
	return best
}

// time is counted back from now, so that its wall clock is right even when
// somebody has set that since the start: signatures are judged by it.
func (c clock) time(mono int64) time.Time { return c.timeAt(time.Now(), mono) }

// timeAt is time for many stamps that are told together.
func (c clock) timeAt(now time.Time, mono int64) time.Time {
	return now.Add(time.Duration(mono - c.stamp(now)))
}

func (c clock) stamp(t time.Time) int64 { return c.mono + int64(t.Sub(c.base)) }

// epoch is for monotonic: Go reads its clock without a system call.
var epoch = newClock()

func monotonic() int64 { return epoch.mono + int64(time.Since(epoch.base)) }

func readClock(id int32) int64 {
	var ts unix.Timespec
	// It cannot fail for the two clocks that we ask for.
	_ = unix.ClockGettime(id, &ts)
	return ts.Nano()
}
