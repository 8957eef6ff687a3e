package bell

import "sync/atomic"

// Mailbox carries values from one writer, the thread that must not wait, to one
// reader. It holds so many and no more.
type Mailbox[T any] struct {
	slots      []T
	head, tail atomic.Uint64 // written so far, read so far
	cord       *Cord
	mail       chan struct{} // one token: there is something to look at
}

// NewMailbox makes a mailbox for size values.
func NewMailbox[T any](b *Bell, size int) *Mailbox[T] {
	m := &Mailbox[T]{slots: make([]T, size), mail: make(chan struct{}, 1)}
	m.cord = b.Cord(func() {
		select {
		case m.mail <- struct{}{}:
		default: // it is awake already
		}
	})
	return m
}

// Put adds a value, or reports that there is no room.
func (m *Mailbox[T]) Put(v T) bool {
	head := m.head.Load()
	if head-m.tail.Load() == uint64(len(m.slots)) {
		return false
	}
	m.slots[head%uint64(len(m.slots))] = v
	m.head.Store(head + 1)
	m.cord.Pull()
	return true
}

// Mail tells that there may be values to Take.
func (m *Mailbox[T]) Mail() <-chan struct{} { return m.mail }

// Take gives the oldest value, if there is one.
func (m *Mailbox[T]) Take() (v T, ok bool) {
	tail := m.tail.Load()
	if tail == m.head.Load() {
		return v, false
	}
	slot := &m.slots[tail%uint64(len(m.slots))]
	var none T
	v, *slot = *slot, none
	m.tail.Store(tail + 1)
	return v, true
}
