package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// temporary is a priority that an operator set, and what ends it.
type temporary struct {
	control.TemporaryPriority
	lapse *time.Timer // nil: only a reset ends it
}

// SetPriority implements control.Daemon: an operator's priority counts instead
// of the configured one and of all weights. It ends with its time, a reset, a
// reload that configures another priority, or this process.
func (a answers) SetPriority(ctx context.Context, name string, req control.PriorityRequest) (control.PriorityResult, error) {
	d := a.d
	d.reloading.Lock() // the settings stay what they are meanwhile
	defer d.reloading.Unlock()
	in := d.instance(name)
	if in == nil {
		return control.PriorityResult{}, fmt.Errorf("%w: %s", control.ErrNoInstance, name)
	}
	if err := in.mayHavePriority(req); err != nil {
		return control.PriorityResult{}, err
	}
	result := control.PriorityResult{Instance: name, Before: int(d.election(in).Priority)}
	by := "somebody"
	if peer, ok := control.PeerOf(ctx); ok {
		by = fmt.Sprintf("uid %d", peer.UID)
	}
	if req.Reset {
		result.Text = "no temporary priority was set"
		if in.endTemporary("reset", "reset by "+by) {
			result.Text = "back to the configured priority and the weights of the trackers"
		}
	} else {
		result.Temporary = in.setTemporary(req, by)
		result.Text = "until a reset or the end of the daemon"
		if until := result.Temporary.Until; until != nil {
			result.Text = "until " + until.Format(time.RFC3339)
		}
	}
	result.Priority = int(d.election(in).Priority)
	return result, nil
}

// mayHavePriority refuses what makes no sense.
func (in *instance) mayHavePriority(req control.PriorityRequest) error {
	switch {
	case req.Reset && (req.Priority != 0 || req.For != 0):
		return fmt.Errorf("%w: a reset has neither priority nor time", control.ErrBadRequest)
	case req.Reset:
		return nil
	case req.Priority < 1 || req.Priority > 254:
		return fmt.Errorf("%w: priority %d: 1 to 254 (0 says goodbye, 255 is for the owner of the addresses)", control.ErrBadRequest, req.Priority)
	case req.For < 0:
		return fmt.Errorf("%w: a time of %v", control.ErrBadRequest, req.For)
	case in.cfg().Priority == vrrp.PriorityOwner:
		return fmt.Errorf("%w: %s owns its addresses (priority 255), which no other priority can express; `xvrrp release` hands them over", control.ErrRefused, in.cfg().Name)
	}
	return nil
}

// setTemporary puts a priority in the place of what counts now.
func (in *instance) setTemporary(req control.PriorityRequest, by string) *control.TemporaryPriority {
	now := time.Now()
	t := &temporary{TemporaryPriority: control.TemporaryPriority{Priority: req.Priority, Since: now, By: by}}
	text := fmt.Sprintf("temporary priority %d set by %s", req.Priority, by)
	if req.For > 0 {
		until := now.Add(req.For.Duration())
		t.Until = &until
		t.lapse = time.AfterFunc(req.For.Duration(), func() { in.lapseTemporary(t) })
		text += " for " + req.For.Duration().String()
	}
	if old := in.temporary.Swap(t); old != nil && old.lapse != nil {
		old.lapse.Stop()
	}
	in.tellTemporary("set", text)
	in.d.scale.override(in.id, uint8(req.Priority))
	return &t.TemporaryPriority
}

// lapseTemporary ends t, unless another one or a reset came first.
func (in *instance) lapseTemporary(t *temporary) {
	if in.temporary.CompareAndSwap(t, nil) {
		in.tellTemporary("lapsed", fmt.Sprintf("temporary priority %d has lapsed", t.Priority))
		in.d.scale.override(in.id, 0)
	}
}

// endTemporary ends whatever is set and reports whether something was.
func (in *instance) endTemporary(reason, why string) bool {
	t := in.temporary.Swap(nil)
	if t == nil {
		return false
	}
	if t.lapse != nil {
		t.lapse.Stop()
	}
	in.tellTemporary(reason, fmt.Sprintf("temporary priority %d ended: %s", t.Priority, why))
	in.d.scale.override(in.id, 0)
	return true
}

func (in *instance) tellTemporary(reason, text string) {
	name := in.cfg().Name
	in.log.Log(in.d.ctx, slog.LevelInfo, fmt.Sprintf("(%s) %s", name, text))
	in.d.history.Add(control.Event{
		Time: time.Now(), Kind: control.KindPriority, Instance: name, Reason: "temporary_" + reason, Text: text,
	})
}

// temporaryStatus is what status shows, nil without one.
func (in *instance) temporaryStatus() *control.TemporaryPriority {
	if t := in.temporary.Load(); t != nil {
		return &t.TemporaryPriority
	}
	return nil
}
