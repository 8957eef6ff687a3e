package announce

import (
	"fmt"
	"runtime"

	"github.com/vishvananda/netns"
)

// inside runs f in the network namespace ns, which is nearly always the one
// that the thread is in already.
func inside(ns netns.NsHandle, f func() error) error {
	runtime.LockOSThread()
	here, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("network namespace: %w", err)
	}
	defer here.Close()
	if here.Equal(ns) {
		defer runtime.UnlockOSThread()
		return f()
	}
	if err := netns.Set(ns); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter network namespace: %w", err)
	}
	failed := f()
	// A thread that cannot go home stays locked and dies with its goroutine.
	if err := netns.Set(here); err != nil {
		return fmt.Errorf("leave network namespace: %w", err)
	}
	runtime.UnlockOSThread()
	return failed
}
