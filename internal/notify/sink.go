package notify

import "github.com/xvrrp/xvrrp/internal/command"

// Sink is told how notifications went. The methods are called from several
// goroutines; they must not wait and not call the Notifier.
type Sink interface {
	// Ran tells of every script that ended, was stopped, or could not start.
	Ran(Run)
	// Lost tells of events that a script or FIFO will never see.
	Lost(Loss)
}

// Run is one run of a script.
type Run struct {
	// Event is what it was told; zero for a FIFO's script.
	Event Event
	// FIFO is the path whose script it was; empty otherwise.
	FIFO string
	Argv []string
	// Err: it could not be started.
	Err error
	// TimedOut: it was stopped because it took too long.
	TimedOut bool
	Exit     command.Exit
}

// Failed reports whether somebody should look at it.
func (r Run) Failed() bool {
	return r.Err != nil || r.TimedOut || r.Exit.Code != 0
}

// Loss is what was not told.
type Loss struct {
	// FIFO is the path; empty means that scripts were not run.
	FIFO  string
	Event Event
	// Err is why: nobody reads, or scripts are slower than events.
	Err error
	// Total counts the losses of this FIFO, or of all scripts, so far.
	Total uint64
}
