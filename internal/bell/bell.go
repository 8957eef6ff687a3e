package bell

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Bell passes wake-ups on, on a goroutine of its own.
type Bell struct {
	fd     int      // an eventfd, for Pull
	event  *os.File // the same, for the goroutine
	pulled atomic.Pointer[Cord]
	rung   atomic.Bool // the goroutine has not looked since
	closed atomic.Bool
	done   sync.WaitGroup
}

// Cord is what one waker pulls.
type Cord struct {
	bell *Bell
	do   func()
	hung atomic.Bool // in the list of those that were pulled
	next *Cord
}

// New makes a bell. Close frees it.
func New() (*Bell, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create an event descriptor: %w", err)
	}
	b := &Bell{fd: fd, event: os.NewFile(uintptr(fd), "eventfd")}
	b.done.Add(1)
	go b.run()
	return b, nil
}

// Cord makes a cord. After each Pull do is called once; pulls that come before
// that are answered together. It must not block: all cords wait for it. A nil Bell
// has cords too; they call do themselves.
func (b *Bell) Cord(do func()) *Cord { return &Cord{bell: b, do: do} }

// Pull has the cord's function called soon. It never waits, and may be called by
// any goroutine. After Close the cord calls its function itself.
func (c *Cord) Pull() {
	b := c.bell
	if b == nil || b.closed.Load() {
		c.do()
		return
	}
	if c.hung.Swap(true) {
		return
	}
	for {
		c.next = b.pulled.Load()
		if b.pulled.CompareAndSwap(c.next, c) {
			break
		}
	}
	if b.closed.Load() {
		b.answer() // Close may have answered before it saw this one
		return
	}
	if !b.rung.Swap(true) {
		one := uint64(1)
		b.ring(&one)
	}
}

// run answers until Close.
func (b *Bell) run() {
	defer b.done.Done()
	var count [8]byte
	for !b.closed.Load() {
		if _, err := b.event.Read(count[:]); err != nil {
			return // closed
		}
		b.rung.Store(false)
		b.answer()
	}
}

// answer serves all cords that were pulled, in the order of pulling.
func (b *Bell) answer() {
	var first *Cord
	for c := b.pulled.Swap(nil); c != nil; {
		next := c.next
		c.next = first
		first, c = c, next
	}
	for c := first; c != nil; {
		next := c.next
		c.next = nil
		c.hung.Store(false) // before: what is pulled from now on is a call more
		c.do()
		c = next
	}
}

// Close ends the bell; what was pulled before is answered. The thread that it is
// for must have ended.
func (b *Bell) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	one := uint64(1)
	b.ring(&one)
	b.done.Wait()
	b.answer()
	return b.event.Close()
}
