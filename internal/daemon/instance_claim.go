package daemon

import (
	"errors"
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// embody makes the instance what a spec's router tells, asks and calls.
func (in *instance) embody(s *engine.Spec) {
	s.Name, s.Probe, s.Effect, s.Ready, s.Asker = in.id, in, in.effect, in.ready, in
	s.Takeover = func() { in.busy = true }
	cfg := in.cfg()
	addresses := len(cfg.Addresses) + len(cfg.Excluded)
	s.Warning = rehearsalTime + time.Duration(addresses)*steelTime
	s.Aided = addresses >= overtureFrom
}

// rehearsalTime is how long the rehearsal may have to wait for the kernel's lock
// without delaying the takeover.
const rehearsalTime = time.Millisecond

// steelTime is how long steel takes for an address, and a little more.
const steelTime = 4 * time.Microsecond

// ready is engine's Spec.Ready: half a millisecond before a takeover the fence is
// raised and the ways are gone once, since what a processor has not done for
// a while it does at a tenth of its pace.
func (in *instance) ready(coming bool) {
	if in.active.Load() {
		return
	}
	if !coming {
		in.steeled = nil
		in.d.announcer.Unload(in.id)
		in.d.fence.drop(in) // a fence around what we do not hold stops what passes through
		in.coming.Store(false)
		return
	}
	in.coming.Store(true)
	in.steel()
	// Its failure shows, and is told, when it matters.
	_ = in.d.holders.addresses.Rehearse(in.id, in.packed().wanted.addresses)
	if targets := in.packed().targets; len(targets) < overtureFrom {
		in.d.announcer.Load(in.id, in.schedule(vrrp.BecameActive), targets)
	}
	in.d.stage.Address(in.cfg().Family == wire.IPv6)
}

// steel does what comes before a claim, unless that was done just now.
func (in *instance) steel() {
	if cfg := in.cfg(); in.steeled != cfg {
		in.steeled = cfg
		in.d.fence.around(in, in.packed().fenced)
		in.prepare()
	}
}

// prepare does ahead what a takeover would lose time with: the journal's lines
// and the announcer's sockets. What it does not reach, the takeover does.
func (in *instance) prepare() {
	k := in.packed()
	if k.err != nil {
		return // the claim will say so
	}
	in.d.holders.addresses.Prepare(in.id, k.wanted.addresses)
	last := 0
	for _, t := range k.targets {
		if t.IfIndex != last {
			last = t.IfIndex
			in.d.announcer.Prepare(last)
		}
	}
}

// claim puts the addresses on their interfaces. What cannot be held is said
// once here; the holder keeps trying.
func (in *instance) claim() {
	in.holding.Lock()
	defer in.holding.Unlock()
	in.holds = true
	if in.steeled != in.cfg() {
		in.d.fence.around(in, in.packed().fenced)
	}
	in.steeled = nil
	in.d.vmacs.macs.raise(in)
	in.speak()
	k := in.packed()
	if err := errors.Join(k.err, in.d.holders.claim(in.id, k.wanted, in.beginOverture())); err != nil {
		in.log.Error("("+in.cfg().Name+") cannot hold everything; trying again", "error", err)
	}
	in.later(in.tellClaim)
}

// tellClaim tells of a claim.
func (in *instance) tellClaim() {
	in.debug("setting VIPs.")
	in.checkHeld()
}

func (in *instance) release() {
	in.holding.Lock()
	defer in.holding.Unlock()
	in.holds, in.overture = false, overture{}
	in.d.announcer.Stop(in.id)
	in.debug("removing VIPs.")
	if in.d.keep.Load() {
		return // keepalived's --dont-release-vrrp
	}
	in.hush()
	if err := in.d.holders.release(in.id); err != nil {
		in.log.Error("("+in.cfg().Name+") cannot remove everything; trying again", "error", err)
		in.checkHeld()
		return // what is still there stays fenced
	}
	in.d.fence.drop(in)
	in.d.vmacs.macs.drop(in)
	in.checkHeld()
}

// checkHeld counts which addresses are where they should be.
func (in *instance) checkHeld() {
	held := map[netip.Addr]bool{}
	for _, h := range in.d.holders.addresses.Held(in.id) {
		held[h.Address.Prefix.Addr()] = h.Held
	}
	for _, a := range in.addresses() {
		in.meter().SetVIPHeld(a.Prefix.Addr(), held[a.Prefix.Addr()])
	}
}
