package daemon

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/ifstate"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// noPeers is the fault of an instance that wants unicast peers and has none
// (unicast_fault_no_peer).
var noPeers = vrrp.Cause{Kind: vrrp.CausePeers}

// standing tells a router the faults that follow from its settings alone. The
// core does not mind being told twice.
func (d *Daemon) standing(in *instance) {
	d.engine.Do(engine.Tell{Router: in.id, Event: faulty(noPeers, in.cfg().Unicast.FaultNoPeer && !in.cfg().Unicast.Enabled())})
}

// noSource is the fault of an instance whose configured source address its
// interface does not have (track_src_ip).
var noSource = vrrp.Cause{Kind: vrrp.CauseSource}

// trackSource tells a router whether it has the address that it shall send from.
func (n *nics) trackSource(c *nic, in *instance) {
	want := n.source(c, in)
	missing := in.cfg().TrackSource && !slices.ContainsFunc(c.addrs, func(a ifstate.Address) bool { return a.Prefix.Addr() == want })
	if missing != in.sourceless {
		in.sourceless = missing
		n.d.engine.Do(engine.Tell{Router: in.id, Event: faulty(noSource, missing)})
	}
}

func faulty(c vrrp.Cause, is bool) vrrp.Event {
	if is {
		return vrrp.FaultRaised{Cause: c}
	}
	return vrrp.FaultCleared{Cause: c}
}

// setUmask serves umask, which scripts inherit. What keepalived uses where the
// file says nothing is not for us: our files have modes of their own, and
// scripts get the umask that we were started with.
func (d *Daemon) setUmask(s *config.Settings) {
	g, m := &s.Global, &d.umask
	switch {
	case g.UmaskNamed:
		if own := syscall.Umask(int(g.Umask)); !m.named {
			m.named, m.own = true, own
		}
	case m.named:
		syscall.Umask(m.own)
		m.named = false
	}
}

// umask is whether the process has the umask of the file, and which was its own.
type umask struct {
	named bool
	own   int
}

// script runs startup_script or shutdown_script to its end or its timeout. It
// is no reason not to start that it fails.
func (d *Daemon) script(word string, c config.Command, timeout time.Duration) {
	if c.IsZero() {
		return
	}
	run, err := runnable(c, d.settings().Global.SupplementaryGroups)
	var p *command.Process
	if err == nil {
		p, err = run.Start()
	}
	if err != nil {
		d.log.Error(word+" does not run", "error", err)
		return
	}
	d.log.Info(word+" runs", "timeout", timeout)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-p.Done():
		if e := p.Exit(); e.Code != 0 {
			d.log.Warn(fmt.Sprintf("%s failed (exited with status %d)", word, e.Code), "text", e.Text)
		}
	case <-timer.C:
		d.log.Warn(word+" timed_out: going on without it", "timeout", timeout)
		p.Stop(scriptGrace)
	}
}

// scriptGrace is what a script has between SIGTERM and SIGKILL.
const scriptGrace = 2 * time.Second
