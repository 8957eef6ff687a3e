package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// drained is the fault of an instance that an operator keeps away.
var drained = vrrp.Cause{Kind: vrrp.CauseAdmin}

// Release implements control.Daemon: an instance hands its addresses over,
// once or until it is told to come back.
func (a answers) Release(_ context.Context, name string, req control.ReleaseRequest) (control.ReleaseResult, error) {
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
	switch {
	case req.Resume:
		result.Text = "takes part again"
		return result, a.d.tell(name, vrrp.FaultCleared{Cause: drained})
	case !req.Force && state.State == vrrp.Active && !heardLately(state):
		return result, fmt.Errorf("%w: no other node of this virtual router has been heard since this one is master, so nobody may take over; force it if you know better", control.ErrRefused)
	case req.Drain:
		result.Released, result.Text = true, "stays away until resumed"
		return result, a.d.tell(name, vrrp.FaultRaised{Cause: drained})
	case state.State != vrrp.Active:
		result.Text = "is not master: nothing to hand over"
		return result, nil
	}
	result.Released, result.Text = true, "handed over; takes back by its priority after the hold"
	return result, a.d.tell(name, vrrp.HandOver{Hold: holdAfterRelease})
}

// holdAfterRelease is how long a router that handed over lets a worse one be
// master before its priority counts again.
const holdAfterRelease = 10 * time.Second

// heardLately reports whether an active router knows of another one at all. A
// healthy backup is silent, so an advert of any age counts.
func heardLately(st vrrp.Status) bool {
	return st.Counters.Received > 0 || st.Last.From.IsValid() || st.Discarded.From.IsValid()
}

func (d *Daemon) tell(name string, ev vrrp.Event) error {
	in := d.instance(name)
	if in == nil {
		return fmt.Errorf("%w: %s", control.ErrNoInstance, name) // a reload has just taken it away
	}
	return d.engine.Settle(engine.Tell{Router: in.id, Event: ev})
}
