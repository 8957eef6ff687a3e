package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/notify"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// notifier turns transitions into keepalived's notifications, those of groups
// included: a group changes when its last member has.
type notifier struct {
	d     *Daemon
	shell *notify.Notifier

	mu     sync.Mutex
	states map[string]told         // of every router, by id
	groups map[string]notify.State // of every sync group, as it was told last
}

// told is what was last told of a router.
type told struct {
	state    notify.State
	priority int
}

// openNotify checks that every notification can work.
func (d *Daemon) openNotify(undo *cleanup) error {
	cfg, err := notifyConfig(d.settings())
	if err != nil {
		return err
	}
	d.notify = &notifier{d: d, states: map[string]told{}, groups: map[string]notify.State{}}
	if d.notify.shell, err = notify.New(cfg, d.notify); err != nil {
		return err
	}
	undo.add("notifications", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
		defer cancel()
		return d.notify.shell.Close(ctx)
	})
	return nil
}

// stopPatience is how long STOP scripts may take before we end anyway.
const stopPatience = time.Second

func notifyConfig(s *config.Settings) (notify.Config, error) {
	c := notify.Config{Instances: map[string]notify.Scripts{}, Groups: map[string]notify.Scripts{}, Secure: s.Global.ScriptSecurity}
	for _, in := range s.Instances {
		scripts, err := scriptsOf(in.Notify, s.Global.SupplementaryGroups)
		if err != nil {
			return c, fmt.Errorf("%s: vrrp_instance %s: %w", in.Pos, in.Name, err)
		}
		scripts.SplitBrainFIFO = in.Own.NotifyFIFOSplitBrain
		if split := in.Own.NotifySplitBrain; !split.IsZero() {
			cmd, err := runnable(split, s.Global.SupplementaryGroups)
			if err != nil {
				return c, fmt.Errorf("%s: notify_split_brain: %w", split.Pos, err)
			}
			scripts.SplitBrain = &cmd
		}
		c.Instances[in.Name] = scripts
	}
	for _, g := range s.SyncGroups {
		scripts, err := scriptsOf(g.Notify, s.Global.SupplementaryGroups)
		if err != nil {
			return c, fmt.Errorf("%s: vrrp_sync_group %s: %w", g.Pos, g.Name, err)
		}
		c.Groups[g.Name] = scripts
	}
	for _, f := range []config.FIFO{s.Global.NotifyFIFO, s.Global.VRRPNotifyFIFO} {
		if f.Path == "" {
			continue
		}
		one, err := fifoOf(f, s.Global.SupplementaryGroups)
		if err != nil {
			return c, fmt.Errorf("notify FIFO %s: %w", f.Path, err)
		}
		c.FIFOs = append(c.FIFOs, one)
	}
	return c, nil
}

func scriptsOf(n config.Notify, supplementary bool) (notify.Scripts, error) {
	s := notify.Scripts{PriorityChanges: n.PriorityChanges}
	for _, one := range []struct {
		from config.Command
		to   **command.Command
	}{
		{n.Master, &s.Master}, {n.Backup, &s.Backup}, {n.Fault, &s.Fault}, {n.Stop, &s.Stop},
		{n.Deleted, &s.Deleted}, {n.MasterRxLowerPri, &s.MasterRxLowerPri}, {n.Any, &s.Any},
	} {
		if one.from.IsZero() {
			continue
		}
		c, err := runnable(one.from, supplementary)
		if err != nil {
			return s, fmt.Errorf("%s: notification: %w", one.from.Pos, err)
		}
		*one.to = &c
	}
	return s, nil
}

func fifoOf(f config.FIFO, supplementary bool) (notify.FIFO, error) {
	out := notify.FIFO{Path: f.Path}
	if f.User != "" {
		as, err := command.Resolve(f.User, f.Group, supplementary)
		if err != nil {
			return out, err
		}
		out.Owner = &as
	}
	if !f.Script.IsZero() {
		c, err := runnable(f.Script, supplementary)
		if err != nil {
			return out, err
		}
		out.Script = &c
	}
	return out, nil
}

// transition tells of a state change of an instance, and of its group when it
// is the last member to change.
func (n *notifier) transition(in *instance, t vrrp.Transition) {
	state := notify.State(stateOf(t.To, t.Fault))
	switch {
	case t.Reason == vrrp.ReasonShutdown && in.leaving.Load():
		state = notify.Deleted
	case t.Reason == vrrp.ReasonShutdown:
		state = notify.Stop
	case state == notify.State(control.Init):
		return // nothing is known yet: keepalived tells nothing either
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.states[in.id] = told{state, int(t.Evidence.Priority)}
	if t.Reason != vrrp.ReasonResumed {
		n.shell.Notify(notify.Event{Kind: notify.Instance, Name: in.cfg().Name, State: state, Priority: int(t.Evidence.Priority)})
	}
	if state == notify.Deleted {
		delete(n.states, in.id)
		return // its group goes on without it
	}
	n.sync(in.cfg().Name, t.Reason != vrrp.ReasonResumed)
}

// sync tells of the group that an instance is in, when that was the last
// member to change; n.mu is held.
func (n *notifier) sync(member string, tell bool) {
	for _, g := range n.d.settings().SyncGroups {
		if !slices.Contains(g.Members, member) {
			continue
		}
		state, ok := n.common(g)
		if !ok || n.groups[g.Name] == state {
			return
		}
		n.groups[g.Name] = state
		if !tell {
			return
		}
		n.d.log.Info(fmt.Sprintf("VRRP_Group(%s) Syncing instances to %s state", g.Name, state))
		n.shell.Notify(notify.Event{Kind: notify.Group, Name: g.Name, State: state})
	}
}

// common is the state that all members of a group are in.
func (n *notifier) common(g config.SyncGroup) (notify.State, bool) {
	var state notify.State
	for i, name := range g.Members {
		in := n.d.instance(name)
		if in == nil {
			return "", false
		}
		one := n.states[in.id].state
		if one == "" || i > 0 && one != state {
			return "", false
		}
		state = one
	}
	return state, state != ""
}

// regroup follows a reload: a group that is new is told of as at start, one
// that stays only when it changes.
func (n *notifier) regroup(s *config.Settings) {
	n.mu.Lock()
	defer n.mu.Unlock()
	had := n.groups
	n.groups = map[string]notify.State{}
	for _, g := range s.SyncGroups {
		if state, ok := had[g.Name]; ok {
			n.groups[g.Name] = state
		}
	}
	for _, g := range s.SyncGroups {
		n.sync(g.Members[0], true)
	}
}

// repeat tells the FIFOs where everything is (fifo_write_vrrp_states_on_reload).
func (n *notifier) repeat() {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.d.settings()
	for _, g := range s.SyncGroups {
		if state, ok := n.groups[g.Name]; ok {
			n.shell.Repeat(notify.Event{Kind: notify.Group, Name: g.Name, State: state})
		}
	}
	for _, cfg := range s.Instances {
		if in := n.d.instance(cfg.Name); in != nil {
			if t, ok := n.states[in.id]; ok {
				n.shell.Repeat(notify.Event{Kind: notify.Instance, Name: cfg.Name, State: t.state, Priority: t.priority})
			}
		}
	}
}

// priority tells of another effective priority.
func (n *notifier) priority(in *instance, note vrrp.Note) {
	n.mu.Lock()
	if t, ok := n.states[in.id]; ok {
		n.states[in.id] = told{t.state, int(note.Priority)}
	}
	n.mu.Unlock()
	state := notify.BackupPriority
	if note.State == vrrp.Active {
		state = notify.MasterPriority
	}
	if note.State != vrrp.Initialize {
		n.shell.Notify(notify.Event{Kind: notify.Instance, Name: in.cfg().Name, State: state, Priority: int(note.Priority)})
	}
}

// lowerPriority tells that a master heard a worse one.
func (n *notifier) lowerPriority(in *instance, note vrrp.Note) {
	n.shell.Notify(notify.Event{Kind: notify.Instance, Name: in.cfg().Name, State: notify.MasterRxLowerPri, Priority: int(note.Ours)})
}

// splitBrain tells whoever asked for it that another node is master beside us,
// or that this is over.
func (n *notifier) splitBrain(in *instance, state notify.State) {
	st, ok := n.d.statusOf(in)
	if !ok {
		return // a reload has just taken it away
	}
	n.shell.Notify(notify.Event{Kind: notify.Instance, Name: in.cfg().Name, State: state, Priority: int(st.Priority)})
}

// Ran implements notify.Sink.
func (n *notifier) Ran(r notify.Run) {
	if !r.Failed() {
		return
	}
	name, how := strings.Join(r.Argv, " "), "failed"
	if r.TimedOut {
		how = "timed out"
	}
	attrs := []any{"event", string(r.Event.State), "of", r.Event.Name, "timed_out", r.TimedOut, "exit", r.Exit.Code}
	if r.Err != nil {
		attrs = append(attrs, "error", r.Err)
	}
	n.d.log.Log(n.d.ctx, slog.LevelWarn, "notify script "+name+" "+how, attrs...)
	n.d.history.Add(control.Event{Time: time.Now(), Kind: control.KindNotify, Instance: r.Event.Name, Text: name + " " + how})
}

// Lost implements notify.Sink.
func (n *notifier) Lost(l notify.Loss) {
	n.d.log.Warn("a notification was lost", "fifo", l.FIFO, "event", string(l.Event.State), "of", l.Event.Name, "error", l.Err, "total", l.Total)
}
