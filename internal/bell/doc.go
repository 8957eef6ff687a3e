// Package bell wakes goroutines on behalf of a thread that must not do it itself.
//
// Waking a goroutine is not always quick: while its stack is being scanned for the
// garbage collector, Go's runtime spins. The thread that spins gives way to threads
// of its own priority only. A real-time thread that is above all others can so
// wait for one that it keeps from its processor, and while something else is busy
// on the other processors it waits without end. It was seen to last half a minute.
//
//	b, err := bell.New()
//	c := b.Cord(func() { select { case wake <- struct{}{}: default: } })
//	c.Pull() // on the real-time thread: two atomic operations and a system call
package bell
