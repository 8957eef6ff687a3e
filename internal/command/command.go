package command

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// Command is what to run.
type Command struct {
	// Argv is the program and its arguments. A program without a slash is
	// looked up in PATH.
	Argv []string
	// As is whom it runs as; nil means as ourselves.
	As *Identity
	// Env is added to the environment: NAME=value.
	Env []string
	// Outlive: the process may go on when the daemon dies.
	Outlive bool
}

// Identity is a user as the kernel knows one.
type Identity struct {
	UID, GID uint32
	// Groups are the supplementary groups; none unless given.
	Groups []uint32
}

// Start runs the command. The error names the program: it could not be found
// or executed. Otherwise the process must be waited for with Done.
func (c Command) Start() (*Process, error) {
	if len(c.Argv) == 0 {
		return nil, errors.New("empty command")
	}
	path, err := Lookup(c.Argv[0])
	if err != nil {
		return nil, err
	}
	p := &Process{done: make(chan struct{})}
	started := make(chan error)
	go c.run(p, path, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run %s: %w", path, err)
	}
	return p, nil
}

// run starts the process and waits for it on a thread of its own: the
// parent-death signal is bound to the thread that forks, and the child
// inherits that thread's scheduling and capabilities. The thread ends with
// this goroutine, because it is never unlocked.
func (c Command) run(p *Process, path string, started chan<- error) {
	runtime.LockOSThread()
	err := c.fork(p, path)
	started <- err
	if err == nil {
		p.wait()
	}
}

func (c Command) fork(p *Process, path string) error {
	if err := shedPrivileges(); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	defer w.Close()
	p.began = time.Now()
	p.process, err = os.StartProcess(path, c.Argv, &os.ProcAttr{
		Env:   append(environment(os.Environ()), c.Env...),
		Files: []*os.File{null, w, w},
		Sys:   c.attributes(),
	})
	if err != nil {
		r.Close()
		var exec *os.PathError // names the path, as Start does
		if errors.As(err, &exec) {
			err = exec.Err
		}
		return err
	}
	p.output = drain(r)
	forgetProtection("/proc/self", fmt.Sprintf("/proc/%d", p.process.Pid))
	return nil
}

func (c Command) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if !c.Outlive {
		attr.Pdeathsig = syscall.SIGTERM
	}
	if c.As != nil {
		attr.Credential = &syscall.Credential{Uid: c.As.UID, Gid: c.As.GID, Groups: c.As.Groups}
		// Only root may set groups; the same user again needs no change.
		if os.Geteuid() != 0 && int(c.As.UID) == os.Geteuid() && int(c.As.GID) == os.Getegid() {
			attr.Credential = nil
		}
	}
	return attr
}

// UID is the user that the command runs as.
func (c Command) UID() uint32 {
	if c.As == nil {
		return uint32(os.Geteuid())
	}
	return c.As.UID
}
