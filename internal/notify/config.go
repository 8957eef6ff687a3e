package notify

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
)

// Config is whom to tell.
type Config struct {
	// Instances and Groups have an entry for each name with scripts.
	Instances, Groups map[string]Scripts
	// FIFOs get every event.
	FIFOs []FIFO
	// Timeout ends a notify script; 0 is DefaultTimeout.
	Timeout time.Duration
	// Secure is enable_script_security: refuse to run as root what others
	// can change.
	Secure bool
}

// DefaultTimeout ends a notify script that does not end by itself.
const DefaultTimeout = time.Minute

// Scripts are the commands of one instance or group; nil where there is none.
type Scripts struct {
	Master, Backup, Fault, Stop, Deleted, MasterRxLowerPri *command.Command
	// Any runs after the specific one and gets four more arguments: INSTANCE
	// or GROUP, the name, the state and the priority.
	Any *command.Command
	// SplitBrain runs when two masters are seen and when that is over, with the
	// four arguments of Any, which is not run then.
	SplitBrain *command.Command
	// SplitBrainFIFO: the FIFOs are told that, too.
	SplitBrainFIFO bool
	// PriorityChanges: changes of the effective priority are told, too.
	PriorityChanges bool
}

// FIFO is a named pipe that gets a line an event.
type FIFO struct {
	Path string
	// Owner of a FIFO that has to be made; nil means us.
	Owner *command.Identity
	// Script reads it: it is started with the path as its last argument, and
	// again when it ends.
	Script *command.Command
}

// specific is the command for one kind of event.
func (s Scripts) specific(state State) *command.Command {
	switch state {
	case Master:
		return s.Master
	case Backup:
		return s.Backup
	case Fault:
		return s.Fault
	case Stop:
		return s.Stop
	case Deleted:
		if s.Deleted == nil {
			return s.Fault // an instance that vanishes cannot serve any more
		}
		return s.Deleted
	case MasterRxLowerPri:
		return s.MasterRxLowerPri
	}
	return nil
}

// commands are what runs for an event, in order.
func (s Scripts) commands(e Event) []command.Command {
	var list []command.Command
	if e.State.ours() {
		if s.SplitBrain != nil {
			list = append(list, withArgs(*s.SplitBrain, e))
		}
		return list
	}
	if c := s.specific(e.State); c != nil {
		list = append(list, *c)
	}
	if s.Any != nil {
		list = append(list, withArgs(*s.Any, e))
	}
	return list
}

func withArgs(c command.Command, e Event) command.Command {
	c.Argv = append(append([]string{}, c.Argv...), e.args()...)
	return c
}

// wants reports whether an event is to be told at all.
func (c Config) wants(e Event) bool {
	if e.State != MasterPriority && e.State != BackupPriority {
		return true
	}
	return c.scripts(e).PriorityChanges
}

// feeds reports whether the FIFOs get an event.
func (c Config) feeds(e Event) bool { return !e.State.ours() || c.scripts(e).SplitBrainFIFO }

func (c Config) scripts(e Event) Scripts {
	if e.Kind == Group {
		return c.Groups[e.Name]
	}
	return c.Instances[e.Name]
}

func (c Config) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return DefaultTimeout
}

// check joins everything that is wrong.
func (c Config) check() error {
	var errs []error
	for name, s := range c.Instances {
		errs = append(errs, s.check("vrrp_instance "+name, c.Secure))
	}
	for name, s := range c.Groups {
		errs = append(errs, s.check("vrrp_sync_group "+name, c.Secure))
	}
	seen := map[string]bool{}
	for _, f := range c.FIFOs {
		if seen[f.Path] {
			errs = append(errs, fmt.Errorf("FIFO %s is configured twice", f.Path))
		}
		seen[f.Path] = true
		errs = append(errs, usable("FIFO "+f.Path, f.Script, c.Secure))
		if info, err := os.Lstat(f.Path); err == nil && info.Mode().Type() != os.ModeNamedPipe {
			errs = append(errs, fmt.Errorf("FIFO %s: something else has that name", f.Path))
		}
	}
	return errors.Join(errs...)
}

func (s Scripts) check(whose string, secure bool) error {
	var errs []error
	for word, c := range map[string]*command.Command{
		"notify_master": s.Master, "notify_backup": s.Backup, "notify_fault": s.Fault, "notify_stop": s.Stop,
		"notify_split_brain": s.SplitBrain, "notify_deleted": s.Deleted, "notify_master_rx_lower_pri": s.MasterRxLowerPri, "notify": s.Any,
	} {
		errs = append(errs, usable(whose+": "+word, c, secure))
	}
	return errors.Join(errs...)
}

func usable(where string, c *command.Command, secure bool) error {
	if c == nil {
		return nil
	}
	if len(c.Argv) == 0 {
		return fmt.Errorf("%s: no command", where)
	}
	if err := c.Usable(secure); err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}
