package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// drained is the fault of an instance that an operator keeps away.
var drained = vrrp.Cause{Kind: vrrp.CauseAdmin}

// Release implements control.Daemon: an instance hands its addresses over,
// once or until it is told to come back.
func (a answers) Release(ctx context.Context, name string, req control.ReleaseRequest) (control.ReleaseResult, error) {
	var state vrrp.Status
	found := false
	a.d.each(func(_ string, in *instance, st vrrp.Status) {
		if in.cfg().Name == name {
			state, found = st, true
		}
	})
	result := control.ReleaseResult{Instance: name, State: stateOf(state.State, state.Fault)}
	if !found {
		return result, fmt.Errorf("%w: %s", control.ErrNoInstance, name)
	}
	hands := !req.Resume && (req.Drain || state.State == vrrp.Active)
	if hands && !req.Force && state.State == vrrp.Active {
		if err := a.d.somebodyTakesOver(ctx, name, state); err != nil {
			return result, err
		}
	}
	switch {
	case req.Resume:
		result.Text = "takes part again"
		return result, a.d.tell(name, vrrp.FaultCleared{Cause: drained})
	case req.Drain:
		result.Released, result.At, result.Text = true, time.Now(), "stays away until resumed"
		return result, a.d.tell(name, vrrp.FaultRaised{Cause: drained})
	case state.State != vrrp.Active:
		result.Text = "is not master: nothing to hand over"
		return result, nil
	}
	result.Released, result.At, result.Text = true, time.Now(), "handed over; takes back by its priority after the hold"
	return result, a.d.tell(name, vrrp.HandOver{Hold: holdAfterRelease})
}

// holdAfterRelease is how long a router that handed over lets a worse one be
// master before its priority counts again.
const holdAfterRelease = 10 * time.Second

// somebodyTakesOver finds out whether another node would become master if this
// one went. A healthy backup is silent in VRRP, so it is asked: a node with
// xvrrp answers. Where nobody answers, another one that was heard at any time
// has to do, a keepalived for example.
func (d *Daemon) somebodyTakesOver(ctx context.Context, name string, st vrrp.Status) error {
	in := d.instance(name)
	if in == nil {
		return fmt.Errorf("%w: %s", control.ErrNoInstance, name)
	}
	addr, err := in.asksAbout("")
	if err != nil {
		return nil // no address: nothing that an outage could hit
	}
	asked, err := d.ask(ctx, in, addr, askFor)
	if err != nil {
		in.debug("asking the other nodes: %v", err)
	}
	switch {
	case slices.ContainsFunc(asked.Helpers, canTakeOver):
		return nil
	case len(asked.Helpers) > 0:
		return fmt.Errorf("%w: no other node would take over: %s; clear that first (`xvrrp explain %s` there), or force it if you know better",
			control.ErrRefused, cannotTakeOver(asked.Helpers), name)
	case st.Counters.Received > 0 || st.Last.From.IsValid() || st.Discarded.From.IsValid():
		return nil
	}
	return fmt.Errorf("%w: no other node of this virtual router answers when asked, and none has been heard, so nobody may take over; a backup without xvrrp is silent: look at it, then force it if you know better", control.ErrRefused)
}

func (d *Daemon) tell(name string, ev vrrp.Event) error {
	in := d.instance(name)
	if in == nil {
		return fmt.Errorf("%w: %s", control.ErrNoInstance, name) // a reload has just taken it away
	}
	return d.engine.Settle(engine.Tell{Router: in.id, Event: ev})
}
