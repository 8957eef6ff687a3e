package bell

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring wakes the goroutine. The system call is a raw one: the thread keeps its
// place in Go's scheduler. An eventfd takes a write at once; it refuses one only
// when it holds 2^64-2 already, and then the goroutine is awake.
func (b *Bell) ring(one *uint64) {
	_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(b.fd), uintptr(unsafe.Pointer(one)), 8)
}
