package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// groupPoll is how often a stopped group is looked at.
const groupPoll = 50 * time.Millisecond

// groupLives reports whether a process group has a member that is not a
// zombie. Where /proc cannot be read it has none.
func groupLives(pgid int) bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		state, pgrp := parseStat(stat)
		if pgrp == pgid && state != 'Z' && state != 'X' {
			return true
		}
	}
	return false
}

// parseStat reads state and process group from /proc/PID/stat:
// "PID (name) state ppid pgrp ...". The name may hold blanks and brackets.
func parseStat(stat []byte) (state byte, pgrp int) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 3 {
		return 0, 0
	}
	pgrp, err := strconv.Atoi(string(fields[2]))
	if err != nil {
		return 0, 0
	}
	return fields[0][0], pgrp
}
