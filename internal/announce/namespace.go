package announce

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// namespace holds on to a network namespace.
type namespace struct{ file *os.File }

// here is the network namespace of the calling thread.
func here() (namespace, error) {
	f, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return namespace{}, fmt.Errorf("network namespace: %w", err)
	}
	return namespace{f}, nil
}

func (n namespace) close() error {
	if n.file == nil {
		return nil
	}
	return n.file.Close()
}

// same compares two namespaces. When in doubt they differ.
func (n namespace) same(o namespace) bool {
	a, errA := n.file.Stat()
	b, errB := o.file.Stat()
	return errA == nil && errB == nil && os.SameFile(a, b)
}

func (n namespace) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace: %w", err)
	}
	return nil
}

// do runs f in the namespace, which is nearly always the one that the thread is
// in already.
func (n namespace) do(f func() error) error {
	runtime.LockOSThread()
	home, err := here()
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer home.close()
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
