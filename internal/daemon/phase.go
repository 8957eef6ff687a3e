package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// mostPhase bounds the time between two starts, so that a thousand routers
// start within half a second however rarely they send.
const mostPhase = 500 * time.Microsecond

// startInstances starts the routers one after the other, spread over one
// advertisement interval: a router keeps the phase that it started with, and
// hundreds that send at one instant would be late for each other.
func (d *Daemon) startInstances(ctx context.Context) {
	if delay := d.startupDelay(); delay > 0 {
		d.log.Info(fmt.Sprintf("Delaying startup for %g seconds", delay.Seconds()))
		time.AfterFunc(delay, func() { d.log.Info("Delayed start completed") })
	}
	d.awaitFrames(ctx)
	at := time.Now()
	for _, in := range d.instances {
		if in.resumed {
			continue
		}
		time.Sleep(time.Until(at))
		d.standing(in)
		d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.Startup{}})
		at = at.Add(phase(in.cfg(), len(d.instances)))
	}
}

// phase is the time between two starts of so many.
func phase(cfg *config.Instance, many int) time.Duration {
	return min(interval(cfg)/time.Duration(many), mostPhase)
}
