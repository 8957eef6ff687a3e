package track

import (
	"syscall"
	"time"
)

// Sink is told what is found. The methods are called from several goroutines,
// but for one name in the order of the facts; they must not wait.
type Sink interface {
	// Script tells of every run of a script or built-in check.
	Script(name string, r Result)
	// File tells of every change of a tracked file's number.
	File(name string, f FileResult)
	// Process tells of every change in the number of matching processes.
	Process(name string, p ProcessResult)
}

// Result is one run of a script or check and the opinion after it.
type Result struct {
	// Up is the opinion. Until Known, which is from the first result on, it
	// is false.
	Up, Known bool
	// Changed: Up is not what it was, or was not known.
	Changed bool

	// Passed is the outcome of this run alone.
	Passed bool
	// Code is a script's exit code, -1 when a signal or timeout ended it. For
	// a check, and for `</path`, it is 0 or 1.
	Code   int
	Signal syscall.Signal
	// TimedOut: the run took longer than its timeout and is being killed.
	TimedOut bool
	// Starved, only with TimedOut: it hardly got the processor, so that the
	// machine failed rather than the checked service.
	Starved bool
	// CodeChanged: Code is another than the last time; 0 at the beginning.
	CodeChanged bool
	// Skipped: the last run was not over, so that nothing ran and nothing was
	// counted.
	Skipped Skip

	// Text is one line: the last line of a script's output, or what a check
	// found. It may be empty.
	Text     string
	Began    time.Time
	Duration time.Duration
}

// Skip is why a run was left out.
type Skip uint8

// Why a run was left out: the last one still runs, or is being killed.
const (
	NotSkipped Skip = iota
	SkippedRunning
	SkippedTimingOut
)

// FileResult is the number in a tracked file.
type FileResult struct {
	Value int64
	// Exists is false when there is no such file, which counts as 0.
	Exists bool
	// Err says why the content was ignored; Value is the number before.
	Err error
	At  time.Time
}

// ProcessResult is the number of matching processes.
type ProcessResult struct {
	Count int
	// Up: within quorum and quorum_max, after the delays.
	Up bool
	// Changed: Up is not what it was, or this is the first result.
	Changed bool
	// Scanned: the kernel tells no process events here (in containers, or
	// without privilege), so that /proc is read every second.
	Scanned bool
	At      time.Time
}
