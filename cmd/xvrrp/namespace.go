package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// insideNamespace is set for the process that enterNamespace becomes.
const insideNamespace = "XVRRP_INSIDE_NAMESPACE"

// enterNamespace starts the program anew inside a named network namespace, as
// `ip netns` makes them. A thread cannot take the others of its process along,
// so the process is replaced. It returns only with an error, or at once when
// it is inside already.
func enterNamespace(name string) error {
	if name == "" || os.Getenv(insideNamespace) == name {
		return nil
	}
	path := name
	if filepath.Base(name) == name {
		path = filepath.Join("/run/netns", name)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("network namespace %s: %w (`ip netns list` names those there are)", name, err)
	}
	runtime.LockOSThread()
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err)
	}
	env := append(os.Environ(), insideNamespace+"="+name)
	return fmt.Errorf("enter network namespace %s: %w", name, unix.Exec(self, os.Args, env))
}
