package pulse

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Left are the virtual routers that were master when a predecessor died.
type Left struct{ routers map[[32]byte]Mastership }

// Mastership is one of them.
type Mastership struct {
	// Sent is when the last advert left, with Go's monotonic reading.
	Sent time.Time
	// Since is when the router became master.
	Since time.Time
	// Until is when a peer may first have missed something.
	Until time.Time
	// Kernel: the kernel program went on to hear for the router.
	Kernel bool
}

// Read reads what a predecessor left. A file of another boot, network or
// format, or from before the machine slept, holds nothing, and so does none.
func Read(path string) (Left, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(text) != size {
		return Left{}, nil
	}
	if err != nil {
		return Left{}, fmt.Errorf("pulse: %w", err)
	}
	where, err := here()
	if err != nil {
		return Left{}, fmt.Errorf("pulse: %w", err)
	}
	l := (*layout)(unsafe.Pointer(&text[0]))
	if asleep := slept() - l.head.slept; l.head.where != where || asleep > sleepBound || asleep < -sleepBound {
		return Left{}, nil
	}
	left := Left{map[[32]byte]Mastership{}}
	now, mono := time.Now(), readClock(unix.CLOCK_MONOTONIC)
	for _, s := range l.slots {
		if s.key == [32]byte{} || s.beat <= 0 || s.beat > mono {
			continue
		}
		sent := now.Add(time.Duration(s.beat - mono))
		left.routers[s.key] = Mastership{
			Sent: sent, Since: time.Unix(0, s.since), Until: sent.Add(time.Duration(s.window)), Kernel: s.kernel == 1,
		}
	}
	return left, nil
}

// Of is the mastership of the router of that name, if it had one.
func (l Left) Of(name string) (Mastership, bool) {
	m, ok := l.routers[sum(name)]
	return m, ok
}
