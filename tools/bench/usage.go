package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU time in /proc/PID/stat: USER_HZ, 100 on every Linux.
const tick = 10 * time.Millisecond

// usage is what a process group has used up and holds.
type usage struct {
	cpu      time.Duration
	resident int64 // bytes
	pids     []int
}

// usageOf sums a daemon and its children: keepalived works in a child, and a
// process group of its own holds them together.
func usageOf(group int) (u usage, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return u, err
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		// The name in brackets may hold anything; the fields behind it are from 3 on.
		text := string(b)
		f := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		if len(f) < 22 || f[2] != strconv.Itoa(group) {
			continue
		}
		pid, err := strconv.Atoi(text[:strings.IndexByte(text, ' ')])
		if err != nil {
			return u, fmt.Errorf("%s: %w", path, err)
		}
		user, err1 := strconv.ParseInt(f[11], 10, 64)
		system, err2 := strconv.ParseInt(f[12], 10, 64)
		pages, err3 := strconv.ParseInt(f[21], 10, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			return u, fmt.Errorf("%s: cannot read %q", path, text)
		}
		u.cpu += time.Duration(user+system) * tick
		u.resident += pages * int64(os.Getpagesize())
		u.pids = append(u.pids, pid)
	}
	return u, nil
}
