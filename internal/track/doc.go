// Package track watches what an instance depends on besides its link:
// scripts, built-in checks, numbers in files, running processes. It tells
// facts; what they do to a priority is for others to say.
//
//	t, err := track.New(track.Config{Scripts: scripts, Files: files}, sink)
//	if err != nil { … }          // an unusable script, never a silent one
//	t.Start()
//	…
//	err = t.Apply(newConfig)     // what did not change goes on undisturbed
//	t.Stop()                     // after it the sink is not called any more
//
// A script or check runs every interval, counted from start to start, and
// never twice at once. Its result passes through a Counter (rise, fall), which
// is the whole of keepalived's rule and has no clock. Every run is told,
// with the exit code, the last line of output and the duration; Changed marks
// those that matter.
package track
