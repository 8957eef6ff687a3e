package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Waited is how long the living processes of the group have waited for a
// processor although they could run (/proc/PID/schedstat), and whether one of
// them could run now. A wait that is not over is not counted; nothing is
// where the kernel keeps no such numbers.
func (p *Process) Waited() (total time.Duration, runnable bool) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		if state, pgrp := parseStat(stat); pgrp == p.process.Pid {
			total += waited(filepath.Join(filepath.Dir(path), "schedstat"))
			runnable = runnable || state == 'R'
		}
	}
	return total, runnable
}

// waited reads the second number of "running waiting slices", nanoseconds.
func waited(path string) time.Duration {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	ns, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ns)
}
