package lab

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Process is a child that runs inside a host's network and in the mount namespace of its parent.
type Process struct {
	Cmd  *exec.Cmd
	host *Host
	out  *output

	done chan struct{} // closed when the child was waited for
	err  error         // what Wait said; read after done
}

// Start starts a program on the host. Standard output and error are kept together, see Output.
func (h *Host) Start(name string, args ...string) (*Process, error) {
	return h.StartCmd(exec.Command(name, args...))
}

// StartCmd starts a prepared command on the host. Stdout and Stderr are kept for Output where they are nil. The child
// leads a process group of its own and dies with this process.
func (h *Host) StartCmd(cmd *exec.Cmd) (*Process, error) {
	p := &Process{Cmd: cmd, host: h, out: &output{}, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.out
	}
	if cmd.Stderr == nil {
		cmd.Stderr = p.out
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.WaitDelay = 2 * time.Second // grandchildren may hold the output open

	// The child inherits the network of the thread that forks it, and dies with that thread. So the thread is kept as
	// long as the child: the runtime ends threads whose goroutine leaves them locked, and that could be any later one.
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := h.ns.do(cmd.Start)
		started <- err
		if err == nil {
			<-p.done
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("host %s: start %s: %w", h.Name, cmd.Path, err)
	}
	go p.wait()
	if !h.lab.atClose(p.Kill) {
		return nil, errors.Join(errors.New("lab is closed"), p.Kill())
	}
	return p, nil
}

// Run runs a program on the host to its end and returns what it printed.
func (h *Host) Run(name string, args ...string) (string, error) {
	p, err := h.Start(name, args...)
	if err != nil {
		return "", err
	}
	<-p.done
	if p.err != nil {
		return p.Output(), fmt.Errorf("host %s: %s: %w: %s", h.Name, name, p.err, p.Output())
	}
	return p.Output(), nil
}

// wait reaps the child and ends what it left in its group, while the group's number cannot be somebody else's yet.
func (p *Process) wait() {
	p.err = p.Cmd.Wait()
	if err := unix.Kill(-p.Pid(), unix.SIGKILL); err != nil && err != unix.ESRCH {
		p.err = errors.Join(p.err, err)
	}
	close(p.done)
}

// Pid is the child's process id, which is its process group's as well.
func (p *Process) Pid() int { return p.Cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal sends a signal to the child alone.
func (p *Process) Signal(s syscall.Signal) error {
	if err := p.Cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("signal %v to %s (pid %d): %w", s, p.Cmd.Path, p.Pid(), err)
	}
	return nil
}

// Freeze stops the child and its group where they stand (SIGSTOP).
func (p *Process) Freeze() error { return p.group(unix.SIGSTOP) }

// Thaw lets a frozen child go on (SIGCONT).
func (p *Process) Thaw() error { return p.group(unix.SIGCONT) }

// Stop asks the child to end (SIGTERM) and waits; its exit error is returned. After within it is killed, and that is
// an error too.
func (p *Process) Stop(within time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := p.Wait(within); !errors.Is(err, errRunning) {
		return err
	}
	return errors.Join(fmt.Errorf("%s (pid %d): still running %v after SIGTERM", p.Cmd.Path, p.Pid(), within), p.Kill())
}

var errRunning = errors.New("still running")

// Wait waits for the child's end; its exit error is returned.
func (p *Process) Wait(within time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(within):
		return fmt.Errorf("%s (pid %d): %w after %v", p.Cmd.Path, p.Pid(), errRunning, within)
	}
}

// Kill ends the child and its group at once (SIGKILL) and waits. It may be called when the child has gone already.
func (p *Process) Kill() error {
	if err := p.group(unix.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// group signals the child's process group; a group that is gone is no error.
func (p *Process) group(s syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := unix.Kill(-p.Pid(), s); err != nil && err != unix.ESRCH {
		return fmt.Errorf("signal %v to the group of %s (pid %d): %w", s, p.Cmd.Path, p.Pid(), err)
	}
	return nil
}

// Output is what the child has printed so far, standard output and error as they came.
func (p *Process) Output() string { return p.out.String() }

// output is a buffer that may be read while the child still writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
