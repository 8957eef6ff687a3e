package netspace

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace. The zero value is none.
type Namespace struct{ file *os.File }

// Here is the network namespace of the calling thread.
func Here() (Namespace, error) {
	f, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return Namespace{}, fmt.Errorf("network namespace: %w", err)
	}
	return Namespace{f}, nil
}

// Close lets go of it.
func (n Namespace) Close() error {
	if n.file == nil {
		return nil
	}
	return n.file.Close()
}

// same compares two namespaces. When in doubt they differ.
func (n Namespace) same(o Namespace) bool {
	a, errA := n.file.Stat()
	b, errB := o.file.Stat()
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (n Namespace) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	return nil
}

// Do runs f in the namespace, which is nearly always the one that the thread is
// in already.
func (n Namespace) Do(f func() error) error {
	runtime.LockOSThread()
	home, err := Here()
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.Close()
	if home.same(n) {
		defer runtime.UnlockOSThread()
		return f()
	}
	if err := n.enter(); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	failed := f()
	// A thread that cannot go home stays locked and dies with its goroutine.
	if err := home.enter(); err != nil {
		return err
	}
	runtime.UnlockOSThread()
	return failed
}
