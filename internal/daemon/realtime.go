package daemon

import (
	"context"
	"runtime"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/realtime"
)

// defaultPriority is the engine's SCHED_FIFO priority where vrrp_rt_priority
// does not say another: in the middle, above every normal process.
const defaultPriority = 50

// punctual is what the settings ask of the process's scheduling and memory.
func punctual(s *config.Settings) realtime.Config {
	c := realtime.Config{Lock: s.Own.Realtime || s.Global.NoSwap}
	if s.Own.Realtime {
		c.Priority = defaultPriority
		if p := s.Global.RTPriority; p > 0 {
			c.Priority = p
		}
	}
	return c
}

// openRealtime takes hold of the process, before there is much of it.
func (d *Daemon) openRealtime(undo *cleanup) {
	cfg := punctual(d.settings())
	cfg.Quiet = d.quiet
	d.punctual = realtime.Start(cfg)
	undo.add("real time", d.punctual.Close)
}

// settle ends the start: what it left is collected, what stays is locked.
func (d *Daemon) settle() {
	d.punctual.Settle()
	granted := map[string]bool{}
	asked := punctual(d.settings())
	if asked.Priority > 0 {
		granted[realtime.Scheduling] = true
	}
	if asked.Lock {
		granted[realtime.Memory] = true
	}
	for _, r := range d.punctual.Refused() {
		granted[r.Kind] = false
		d.log.Warn("not granted, going on without it: adverts may be late on a busy machine", "what", r.What, "error", r.Err)
	}
	d.metrics.SetRealtime(granted)
}

// quietFor is how long no instance may have changed its state for garbage to
// be collected.
const quietFor = 2 * time.Second

func (d *Daemon) quiet() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, in := range d.instances {
		in.mu.Lock()
		since := in.since
		in.mu.Unlock()
		if time.Since(since) < quietFor {
			return false
		}
	}
	return true
}

// starvedEvery is how long the log is spared after it was told of a starved engine.
const starvedEvery = 30 * time.Second

// watchStarvation tells when the engine does not get its processor, and why.
func (d *Daemon) watchStarvation(ctx context.Context) {
	var said time.Time
	err := d.punctual.Watch(ctx, func(s realtime.Starved) {
		d.metrics.Starved(s.Waited, s.Stopped, s.Stolen)
		if now := time.Now(); s.Long() && now.Sub(said) >= starvedEvery {
			said = now
			d.log.Warn(s.String(), "waited", s.Waited, "throttled", s.Stopped, "stolen", s.Stolen)
		}
	})
	if err != nil {
		d.log.Info("the kernel does not tell how long threads wait", "error", err)
	}
}

// onEngineThread makes the calling goroutine's thread the engine's, for good.
func (d *Daemon) onEngineThread() {
	runtime.LockOSThread()
	d.punctual.Engine()
}
