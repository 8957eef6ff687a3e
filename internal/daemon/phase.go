package daemon

import (
	"time"

	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// mostPhase bounds the time between two starts, so that a thousand routers
// start within half a second however rarely they send.
const mostPhase = 500 * time.Microsecond

// startInstances starts the routers one after the other, spread over one
// advertisement interval: a router keeps the phase that it started with, and
// hundreds that send at one instant would be late for each other.
func (d *Daemon) startInstances() {
	at := time.Now()
	for _, in := range d.instances {
		time.Sleep(time.Until(at))
		d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.Startup{}})
		at = at.Add(min(interval(in.cfg())/time.Duration(len(d.instances)), mostPhase))
	}
}
