package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/internal/systemd"
)

// systemd restarts a unit by stopping it and then starting it: between the two
// nobody would be there to send adverts. So a daemon that is stopped for a
// restart first hands over to a caretaker, a process of its own program that
// the unit's KillMode=process leaves alone, and ends. The daemon that systemd
// starts next takes over from the caretaker. Should it not come, the caretaker
// says goodbye as any daemon that stops.

// caretakerPatience bounds the wait for a caretaker to take over, and the wait
// of a caretaker to be relieved.
const caretakerPatience = 30 * time.Second

// askPatience bounds a question to systemd.
const askPatience = 2 * time.Second

// stopOrHandOver ends the daemon's work after SIGTERM. True: a successor has
// everything.
func (d *Daemon) stopOrHandOver() bool {
	if d.restarting() {
		err := d.leaveCaretaker()
		if err == nil {
			return true
		}
		d.log.Error("no caretaker for the restart: this one fails over", "error", err)
	}
	return d.lastMoment()
}

// lastMoment waits for a reload or a successor that is at work. From then on
// nobody takes over any more; true when somebody has.
func (d *Daemon) lastMoment() bool {
	d.reloading.Lock()
	select {
	case <-d.handedOver:
		return true
	default:
		return false
	}
}

// restarting reports whether systemd stops us in order to start us again. A
// caretaker belongs to the unit as well but is not what systemd starts.
func (d *Daemon) restarting() bool {
	if os.Getenv("NOTIFY_SOCKET") == "" || d.opt.Caretaker || len(d.opt.CaretakerCommand) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(d.ctx, askPatience)
	defer cancel()
	unit, err := systemd.Own(ctx, systemd.Buses)
	if err != nil {
		d.log.Warn("cannot tell a restart from a stop: stopping", "error", err)
		return false
	}
	job, err := unit.Job(ctx)
	if err != nil {
		d.log.Warn("cannot tell a restart from a stop: stopping", "error", err)
	}
	return job == "restart"
}

// leaveCaretaker starts one and waits until it has taken over.
func (d *Daemon) leaveCaretaker() error {
	// The program that runs, whatever has been installed in its place since.
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: d.opt.CaretakerCommand, Stdout: os.Stdout, Stderr: os.Stderr}
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "NOTIFY_SOCKET" || strings.HasPrefix(name, "WATCHDOG_") // only what systemd started may tell it anything
	})
	d.log.Info("Restarting: a caretaker goes on until the next daemon is there")
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-d.handedOver:
		return nil
	case err := <-ended:
		return errors.Join(fmt.Errorf("it ended before it had taken over"), err)
	case <-time.After(caretakerPatience):
		return errors.Join(fmt.Errorf("it has not taken over after %v", caretakerPatience), cmd.Process.Kill())
	}
}

// unrelieved tells when a caretaker has nobody to wait for any more; never for
// another daemon.
func (d *Daemon) unrelieved(ctx context.Context) <-chan struct{} {
	if !d.opt.Caretaker {
		return nil
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		ctx, cancel := context.WithTimeout(ctx, caretakerPatience)
		defer cancel()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if d.unitEnded(ctx) {
				return
			}
		}
	}()
	return over
}

// unitEnded reports whether systemd has given up to start the unit.
func (d *Daemon) unitEnded(ctx context.Context) bool {
	unit, err := systemd.Own(ctx, systemd.Buses)
	if err != nil {
		return false // then the patience decides
	}
	state, err := unit.State(ctx)
	if err != nil || state != "failed" && state != "inactive" {
		return false
	}
	job, err := unit.Job(ctx)
	return err == nil && job == ""
}
