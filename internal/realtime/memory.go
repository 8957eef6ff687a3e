package realtime

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// lockMemory keeps in place what is there, and what will be once it is used.
// The program itself is read in whole first: the code of a takeover runs for the
// first time when there is no time to wait for a disk.
func lockMemory() error {
	if err := lockProgram(); err != nil {
		return err
	}
	// On fault: Go reserves far more address space than it uses.
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		return fmt.Errorf("mlockall: %w", err)
	}
	return nil
}

// lockProgram locks the pages of the executable's file.
func lockProgram() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var from, to uintptr
		var mode string
		if !strings.HasSuffix(lines.Text(), self) {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); err != nil {
			return fmt.Errorf("read /proc/self/maps: %w", err)
		}
		if err := lockRange(from, to-from); err != nil {
			return fmt.Errorf("mlock the program: %w", err)
		}
	}
	return lines.Err()
}

// lockRange locks pages that are mapped for the life of the process.
func lockRange(from, size uintptr) error {
	_, _, errno := unix.Syscall(unix.SYS_MLOCK, from, size, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
