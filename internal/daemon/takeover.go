package daemon

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/rundir"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// predecessor is the daemon that we take over from.
type predecessor struct {
	conn  *net.UnixConn
	lines *bufio.Reader
	lock  *os.File
	pid   *os.File // a pidfd: readable when the process has ended
	first legacy   // what it knew when we asked
}

// predecessorPatience bounds each answer. The routers stand still during the
// last one only, and for as long as it takes.
const predecessorPatience = 10 * time.Second

// findPredecessor asks the daemon of a runtime directory to hand over. Without
// one there is none to be had, and that is no error.
func findPredecessor(runtimeDir string) (*predecessor, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: filepath.Join(runtimeDir, handoverSocket), Net: "unix"})
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take over: %w", err)
	}
	p := &predecessor{conn: conn, lines: bufio.NewReader(conn)}
	if p.pid, err = processOf(conn); err == nil {
		err = p.takeLock()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take over: %w", err), conn.Close())
	}
	return p, nil
}

// processOf is the process at the other end.
func processOf(conn *net.UnixConn) (*os.File, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	if control := raw.Control(func(fd uintptr) { peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); control != nil {
		err = control
	}
	if err != nil {
		return nil, fmt.Errorf("who runs: %w", err)
	}
	fd, err := unix.PidfdOpen(int(peer.Pid), 0)
	if err != nil {
		return nil, fmt.Errorf("process %d: %w", peer.Pid, err)
	}
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

func (p *predecessor) takeLock() error {
	if err := p.say(askLock); err != nil {
		return err
	}
	first, rights := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	n, control, _, _, err := p.conn.ReadMsgUnix(first, rights)
	if err != nil || n != 1 {
		return fmt.Errorf("no answer from the running daemon: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:control])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("the running daemon sent no lock: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return fmt.Errorf("the running daemon sent no lock: %w", err)
	}
	unix.CloseOnExec(fds[0])
	p.lock = os.NewFile(uintptr(fds[0]), rundir.PIDFile)
	rest, err := p.lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	return p.read(append(first, rest...), &p.first)
}

func (p *predecessor) say(word string) error {
	if err := p.conn.SetDeadline(time.Now().Add(predecessorPatience)); err != nil {
		return err
	}
	_, err := p.conn.Write([]byte(word + "\n"))
	return err
}

// ask says a word and reads the answer.
func (p *predecessor) ask(word string, answer *legacy) error {
	if err := p.say(word); err != nil {
		return fmt.Errorf("take over: %s: %w", word, err)
	}
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("take over: %s: %w", word, err)
	}
	if answer == nil {
		return nil
	}
	return p.read(line, answer)
}

func (p *predecessor) read(line []byte, answer *legacy) error {
	if err := json.Unmarshal(line, answer); err != nil {
		return fmt.Errorf("what it says: %w", err)
	}
	if answer.Format != legacyFormat {
		return fmt.Errorf("the running daemon hands over in format %d, this one reads %d: stop it and start anew", answer.Format, legacyFormat)
	}
	return nil
}

// prepare takes over what the trackers think, and lets the predecessor know
// that adverts will come to us.
func (p *predecessor) prepare(d *Daemon) error {
	d.resumeTrackers(p.first.Opinions)
	return p.ask(askDeaf, nil)
}

// resumeTrackers makes trackers go on with what a predecessor's thought. It is
// called before they start.
func (d *Daemon) resumeTrackers(opinions []opinion) {
	up := map[string]bool{}
	for _, o := range opinions {
		if script := o.Kind == config.TrackScript.String() || o.Kind == config.TrackCheck.String(); script && o.Health != vrrp.Unknown {
			up[o.Name] = o.Health == vrrp.Up
		}
	}
	d.trackers.shell.Resume(up)
	d.scale.resume(opinions)
}

// succeed is the moment itself: the predecessor's routers stop, ours go on.
func (p *predecessor) succeed(d *Daemon) error {
	var left legacy
	for _, in := range d.instances {
		d.standing(in)
	}
	if err := p.ask(askState, &left); err != nil {
		return err
	}
	if !left.Counted.IsZero() {
		d.metrics.Since(left.Counted)
	}
	now := time.Now()
	for _, u := range units(d.settings()) {
		f := engine.Resume{Group: d.groupID(u), Memories: map[string]vrrp.Memory{}, Marks: map[string]wire.Marks{}}
		for _, name := range u.members {
			in := d.instance(name)
			if m, ok := left.Routers[handle(in.cfg())]; ok {
				f.Memories[in.id] = rebase(m, now)
				f.Marks[in.id] = left.Marks[handle(in.cfg())]
				in.goesOnSince(m.Since)
				in.meter().Inherit(left.Counts[handle(in.cfg())])
			}
		}
		if err := d.engine.Settle(f); err != nil {
			return err
		}
	}
	if err := p.say(tellDone); err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	d.engine.Rest() // what is held is claimed before tidy looks for leftovers
	d.log.Info("goes on where its predecessor stopped", "predecessor", p.first.PID, "routers", len(left.Routers))
	return p.inherit(d)
}

// inherit waits until the predecessor is gone and takes its directory.
func (p *predecessor) inherit(d *Daemon) error {
	poll := []unix.PollFd{{Fd: int32(p.pid.Fd()), Events: unix.POLLIN}}
	for end := time.Now().Add(predecessorPatience); ; {
		n, err := unix.Poll(poll, int(max(0, time.Until(end).Milliseconds())))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return errors.Join(fmt.Errorf("take over: the predecessor %d does not end", p.first.PID), err)
		}
		break
	}
	var err error
	d.dir, err = rundir.Adopt(d.opt.RuntimeDir, p.lock)
	d.keepHistory(d.history.Inherit)
	return err
}

// giveUp lets the predecessor go on, if it is still there.
func (p *predecessor) giveUp() error {
	err := p.lock.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil // the directory was ours
	}
	return errors.Join(err, p.pid.Close(), p.conn.Close())
}
