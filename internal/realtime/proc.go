package realtime

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// watch holds the kernel's counters open: reading them again is one call.
type watch struct {
	sched *os.File // /proc/self/task/TID/schedstat
	stat  *os.File // /proc/stat, nil where hidden
	group *os.File // cpu.stat of the control group, nil where there is none
	buf   [4096]byte
}

func openWatch(tid int) (*watch, error) {
	if tid == 0 {
		return nil, errors.New("no engine thread to watch")
	}
	sched, err := os.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", tid))
	if err != nil {
		return nil, err
	}
	w := &watch{sched: sched}
	// Without these two the reason stays unknown, not the fact.
	if w.stat, err = os.Open("/proc/stat"); err != nil {
		w.stat = nil
	}
	w.group = openGroup()
	return w, nil
}

// openGroup finds cpu.stat of the control group, of version 2 or 1.
func openGroup() *os.File {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		for _, dir := range groupDirs(strings.TrimSpace(line)) {
			if f, err := os.Open(filepath.Join(dir, "cpu.stat")); err == nil {
				return f
			}
		}
	}
	return nil
}

// groupDirs lists where the group of a line of /proc/self/cgroup may be. In a
// container the path is the host's, and the group is the root of the mount.
func groupDirs(line string) []string {
	part := strings.SplitN(line, ":", 3)
	if len(part) != 3 {
		return nil
	}
	const mount = "/sys/fs/cgroup"
	switch {
	case part[0] == "0" && part[1] == "":
		return []string{filepath.Join(mount, part[2]), mount}
	case strings.Contains(","+part[1]+",", ",cpu,"):
		return []string{filepath.Join(mount, part[1], part[2]), filepath.Join(mount, part[1])}
	}
	return nil
}

func (w *watch) read() (r reading, err error) {
	r.at = time.Now()
	text, err := w.text(w.sched)
	if err != nil {
		return r, err
	}
	if r.waited, r.turns, err = parseSchedstat(text); err != nil {
		return r, err
	}
	if text, err := w.text(w.stat); err == nil {
		r.stolen = parseSteal(text)
	}
	if text, err := w.text(w.group); err == nil {
		r.stopped = parseThrottled(text)
	}
	return r, nil
}

func (w *watch) text(f *os.File) (string, error) {
	if f == nil {
		return "", os.ErrNotExist
	}
	n, err := f.ReadAt(w.buf[:], 0)
	if err != nil && err != io.EOF {
		return "", err
	}
	return string(w.buf[:n]), nil
}

func (w *watch) close() {
	for _, f := range []*os.File{w.sched, w.stat, w.group} {
		if f != nil {
			f.Close() // only read from
		}
	}
}

// parseSchedstat reads "on-cpu waiting timeslices", the first two in ns.
func parseSchedstat(text string) (waited time.Duration, turns uint64, err error) {
	var ran, wait uint64
	if _, err := fmt.Sscan(text, &ran, &wait, &turns); err != nil {
		return 0, 0, fmt.Errorf("schedstat %q: %w", text, err)
	}
	return time.Duration(wait), turns, nil
}

// userHZ is the unit of /proc/stat.
const userHZ = 10 * time.Millisecond

// parseSteal reads the eighth figure of the first line of /proc/stat and
// divides it by the number of processors.
func parseSteal(text string) time.Duration {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0
	}
	n, err := strconv.ParseUint(f[8], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n) * userHZ / time.Duration(runtime.NumCPU())
}

// parseThrottled reads throttled_usec of version 2 or throttled_time (ns) of version 1.
func parseThrottled(text string) time.Duration {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "throttled_usec":
			return time.Duration(n) * time.Microsecond
		case "throttled_time":
			return time.Duration(n)
		}
	}
	return 0
}
