package command

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a started command.
type Process struct {
	process *os.Process
	output  *output
	began   time.Time
	done    chan struct{}

	mu     sync.Mutex
	reaped bool        // the process number may belong to somebody else now
	killer *time.Timer // set by Stop
	killed bool        // the timer has fired
	exit   Exit
}

// Exit is how a process ended.
type Exit struct {
	// Code is the exit code; -1 when a signal ended it.
	Code int
	// Signal that ended it, or 0.
	Signal syscall.Signal
	// Text is the last line that it wrote, at most 200 bytes, printable.
	Text string
	// Duration is from start to end.
	Duration time.Duration
}

// PID is the process number, which is also that of its group.
func (p *Process) PID() int { return p.process.Pid }

// Done is closed when the process has ended and, after a Stop, its group too.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit tells how it ended. Valid once Done is closed.
func (p *Process) Exit() Exit { return p.exit }

// Text is the last line written so far.
func (p *Process) Text() string { return p.output.lastLine() }

// Stop asks the whole process group to end and, when grace has passed, kills
// what is left of it. It does not wait.
func (p *Process) Stop(grace time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped || p.killer != nil {
		return
	}
	p.signal(syscall.SIGTERM)
	p.killer = time.AfterFunc(grace, p.Kill)
}

// Kill kills the whole process group now. It does not wait.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if !p.reaped {
		p.signal(syscall.SIGKILL)
	}
}

// signal reaches the group while the unreaped leader keeps its number from
// being used again; p.mu is held. The group may be empty but for the leader's
// remains, which is no error.
func (p *Process) signal(s syscall.Signal) {
	_ = syscall.Kill(-p.process.Pid, s)
}

// wait waits for the end without reaping, cleans up, then reaps.
func (p *Process) wait() {
	for {
		err := unix.Waitid(unix.P_PID, p.process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break // ended; any other error is told again by Wait
		}
	}
	ended := time.Now()
	p.outlast()
	p.mu.Lock()
	if p.killer != nil {
		p.killer.Stop()
		p.signal(syscall.SIGKILL) // children that the leader left behind
	}
	state, err := p.process.Wait()
	p.reaped = true
	p.mu.Unlock()
	p.exit = Exit{Code: -1, Duration: ended.Sub(p.began), Text: p.output.finish()}
	if status, ok := waitStatus(state, err); ok {
		if status.Signaled() {
			p.exit.Signal = status.Signal()
		} else {
			p.exit.Code = status.ExitStatus()
		}
	}
	close(p.done)
}

// outlast gives the children of a stopped process, whose leader has ended,
// the rest of the grace.
func (p *Process) outlast() {
	for p.stopping() && groupLives(p.process.Pid) {
		time.Sleep(groupPoll)
	}
}

// stopping is true from Stop until the grace has passed.
func (p *Process) stopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killer != nil && !p.killed
}

func waitStatus(state *os.ProcessState, err error) (syscall.WaitStatus, bool) {
	if err != nil {
		return 0, false
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	return status, ok
}
