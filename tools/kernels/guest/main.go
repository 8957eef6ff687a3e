// Command guest is the first process of the kernels that tools/kernels boots:
// it mounts what the BPF suite expects, runs it and switches the machine off.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func main() {
	fmt.Println("guest: here")
	if err := prepare(); err != nil {
		fmt.Println("guest: problem:", err)
	}
	fmt.Println("guest: exit", suite())
	unix.Sync()
	// With -no-reboot this ends QEMU. Should it fail, the kernel panics at the
	// end of its first process, which does the same.
	fmt.Println("guest: reboot", unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART))
}

// suite runs the tests and returns their exit code.
func suite() int {
	cmd := exec.Command("./datapath.test", "-test.v", "-test.timeout=30m")
	cmd.Dir = "/suite/internal/datapath"
	cmd.Env = []string{"PATH=/bin", "HOME=/tmp", "TMPDIR=/tmp"}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	fmt.Println("guest: problem:", err)
	return -1
}

func prepare() error {
	var errs []error
	for _, m := range []struct{ kind, at string }{
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}, {"tmpfs", "/run"},
		{"bpf", "/sys/fs/bpf"}, {"cgroup2", "/sys/fs/cgroup"},
	} {
		if err := os.MkdirAll(m.at, 0o755); err != nil {
			errs = append(errs, err)
		}
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			errs = append(errs, fmt.Errorf("mount %s: %w", m.at, err))
		}
	}
	modules, err := filepath.Glob("/modules/*.ko") // in the order of their names
	errs = append(errs, err)
	for _, path := range modules {
		errs = append(errs, insert(path))
	}
	return errors.Join(errs...)
}

func insert(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil {
		return errors.Join(fmt.Errorf("load %s: %w", path, err), f.Close())
	}
	return f.Close()
}
