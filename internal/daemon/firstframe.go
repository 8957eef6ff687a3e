package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// A node that boots behind a switch port that does not forward yet has a link
// and hears nobody. An instance that is master at once, the address owner's,
// waits until its link is up and a frame has come in on it, whoever sent it;
// but where there is nobody else, not longer than a master would be silent. All
// others listen for a whole down interval anyway, which is longer.

// firstFrame is the quiet cause that holds an instance back.
func firstFrame(name string) vrrp.Cause {
	return vrrp.Cause{Kind: vrrp.CausePending, Name: "first frame on " + name}
}

// mostSilence bounds the wait, counted from when the link is up: instances with
// long intervals would not tell from a dead port sooner either.
const mostSilence = time.Second

// lookForFrames is how often the interface's counter is read.
const lookForFrames = 10 * time.Millisecond

// awaitFrames holds every owner's instance back until a frame came in on its interface,
// and returns at once.
func (d *Daemon) awaitFrames(ctx context.Context) {
	users := map[string][]*instance{}
	for _, in := range d.instances {
		if e := election(in.cfg()); e.Priority != vrrp.PriorityOwner || e.OwnerWaits || in.resumed {
			continue
		}
		name := in.cfg().Interface
		users[name] = append(users[name], in)
		d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultRaised{Cause: firstFrame(name)}})
	}
	for name, list := range users {
		go d.awaitFrame(ctx, name, list)
	}
}

// awaitFrame waits for one interface and lets its instances go, in their phase.
func (d *Daemon) awaitFrame(ctx context.Context, name string, users []*instance) {
	patience := mostSilence
	for _, in := range users {
		patience = min(patience, interval(in.cfg()))
	}
	heard := d.nics.frame(ctx, name, patience)
	at := time.Now()
	for _, in := range users {
		if heard {
			d.log.Debug(fmt.Sprintf("(%s) a frame came in on %s: taking part", in.cfg().Name, name))
		} else {
			d.log.Info(fmt.Sprintf("(%s) no frame came in on %s within %v: taking part all the same", in.cfg().Name, name, patience))
		}
		time.Sleep(time.Until(at))
		d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FaultCleared{Cause: firstFrame(name)}})
		at = at.Add(phase(in.cfg(), len(users)))
	}
}

// frame returns when a frame came in on the interface (true), or none while it
// was up for as long as patience.
func (n *nics) frame(ctx context.Context, name string, patience time.Duration) (heard bool) {
	tick := time.NewTicker(min(lookForFrames, patience))
	defer tick.Stop()
	var up time.Time
	var before uint64
	for {
		now, received := time.Now(), n.received(name)
		switch {
		case received == nil:
			up = time.Time{} // down: that is a fault of its own
		case up.IsZero():
			up, before = now, *received
		case *received != before:
			return true
		case now.Sub(up) >= patience:
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// received is how many frames an interface has had so far; nil when it is not
// up.
func (n *nics) received(name string) *uint64 {
	n.mu.Lock()
	c := n.byName[name]
	index := 0
	if c != nil && c.link.Up {
		index = c.link.Index
	}
	n.mu.Unlock()
	if index == 0 {
		return nil
	}
	link, err := netlink.LinkByIndex(index)
	if err != nil || link.Attrs().Statistics == nil {
		return nil
	}
	return &link.Attrs().Statistics.RxPackets
}
