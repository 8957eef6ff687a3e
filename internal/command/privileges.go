package command

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// shedPrivileges takes from this thread what a child would inherit and must
// not have: real-time or raised priority, the processors that our threads are
// divided over, short timer slack, ambient and inheritable capabilities, descriptors that somebody left open for children.
// The thread must not be used for anything else afterwards.
func shedPrivileges() error {
	if err := normalPriority(); err != nil {
		return err
	}
	if processors.Count() > 0 {
		// EINVAL: since then all of them have been taken from us.
		if err := unix.SchedSetaffinity(0, &processors); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("processors: %w", err)
		}
	}
	// 50 µs is the kernel's default; we may have set less for our own timers.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 50000, 0, 0, 0); err != nil {
		return fmt.Errorf("timer slack: %w", err)
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("ambient capabilities: %w", err)
	}
	if err := dropInheritable(); err != nil {
		return fmt.Errorf("inheritable capabilities: %w", err)
	}
	return hideDescriptors()
}

// processors are those that this process was started on; none if the kernel does
// not tell.
var processors = func() (set unix.CPUSet) {
	_ = unix.SchedGetaffinity(0, &set)
	return set
}()

// normalPriority never lowers what is already lower than normal.
func normalPriority() error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return fmt.Errorf("read scheduling: %w", err)
	}
	if attr.Policy == unix.SCHED_NORMAL && attr.Nice >= 0 ||
		attr.Policy == unix.SCHED_BATCH || attr.Policy == unix.SCHED_IDLE {
		return nil
	}
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0); err != nil {
		return fmt.Errorf("normal scheduling: %w", err)
	}
	return nil
}

func dropInheritable() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	if data[0].Inheritable == 0 && data[1].Inheritable == 0 {
		return nil
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	return unix.Capset(&header, &data[0])
}

// hideDescriptors marks everything but the standard three close-on-exec:
// whoever started us may have left some open. Before Linux 5.11 one by one.
func hideDescriptors() error {
	err := unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC)
	if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EINVAL) {
		if err != nil {
			return fmt.Errorf("close-on-exec: %w", err)
		}
		return nil
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("close-on-exec: %w", err)
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// forgetProtection makes a child of a daemon that is protected from the
// out-of-memory killer as killable as others. It is best effort: the child may
// have ended.
func forgetProtection(parent, child string) {
	ours, err := os.ReadFile(parent + "/oom_score_adj")
	if err != nil || !strings.HasPrefix(string(ours), "-") {
		return
	}
	_ = os.WriteFile(child+"/oom_score_adj", []byte("0"), 0)
}

// hidden are the variables that scripts must not see: how the shell splits
// words, what the loader loads, and those by which systemd would take a
// script's word for ours.
var hidden = []string{
	"IFS", "BASH_ENV", "ENV",
	"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
	"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
}

// environment is what a script inherits of ours. PATH is always there.
func environment(ours []string) []string {
	env := make([]string, 0, len(ours)+1)
	path := false
	for _, v := range ours {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "LD_") || slices.Contains(hidden, name) {
			continue
		}
		path = path || name == "PATH"
		env = append(env, v)
	}
	if !path {
		env = append(env, "PATH="+systemPath)
	}
	return env
}
