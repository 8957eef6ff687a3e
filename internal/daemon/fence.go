package daemon

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/rundir"
)

// fence tells the kernel program which addresses fall silent when this daemon
// does. An address is fenced from before it is claimed until it is removed.
type fence struct {
	d    *Daemon
	mu   sync.Mutex      // guards held, and keeps the tellings in order
	held map[string]bool // the instances with fenced addresses
}

// lease is how long after the last sign of life an instance's addresses may
// still be answered for: shorter than any peer's down interval, so that a dead
// master is silent before the next one speaks, and longer than the loop of a
// living master ever sleeps. False when there is no such time.
func lease(cfg *config.Instance) (time.Duration, bool) {
	advert := interval(cfg)
	lease := time.Duration(cfg.DownTimerAdverts)*advert - advert/4
	return lease, cfg.Own.Fence && lease > advert+advert/2
}

// raise fences an instance's addresses, which it is about to claim.
func (f *fence) raise(in *instance) { f.around(in, in.toFence()) }

// around is raise for whoever has worked out toFence.
func (f *fence) around(in *instance, list []datapath.FencedVIP) {
	if _, ok := lease(in.cfg()); ok {
		f.set(in, list)
	}
}

// toFence are the addresses to be fenced, none when there is no lease.
func (in *instance) toFence() (list []datapath.FencedVIP) {
	lease, ok := lease(in.cfg())
	if !ok {
		return nil
	}
	for _, a := range in.addresses() {
		if at, there := in.entry(a.Interface); there && !a.Prefix.Addr().IsMulticast() {
			list = append(list, datapath.FencedVIP{IfIndex: at.index, Addr: a.Prefix.Addr(), Lease: lease})
		}
	}
	return list
}

// drop ends the fence of addresses that are not on the host any more.
func (f *fence) drop(in *instance) { f.set(in, nil) }

func (f *fence) set(in *instance, list []datapath.FencedVIP) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(list) == 0 && !f.held[in.id] {
		return
	}
	if f.held[in.id] = true; len(list) == 0 {
		delete(f.held, in.id)
	}
	err := f.d.dp.SetFence(in.id, list)
	if err != nil {
		f.d.log.Error("("+in.cfg().Name+") no fence: should this daemon die, its addresses go on answering", "error", err)
	}
	fenced := err == nil && len(list) > 0
	in.meter().SetFence(fenced)
	in.fenced.Store(fenced)
}

// begin opens the fence that a predecessor left, once its addresses are gone.
func (f *fence) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.held) > 0 {
		return // a master has told already
	}
	if f.d.dp.FenceActive() {
		f.d.log.Warn("a predecessor died as master: the kernel kept its addresses silent until now")
	}
	if err := f.d.dp.Lift(); err != nil {
		f.d.log.Error("cannot open the fence that a predecessor left", "error", err)
	}
}

// Held implements datapath.Holder: the addresses of the routers that are master still, and of those
// whose fence was raised for a takeover that is due: they have lost nothing. Loop thread.
func (s sink) Held() map[netip.Addr]bool {
	held := map[netip.Addr]bool{}
	s.d.mu.RLock()
	defer s.d.mu.RUnlock()
	for _, in := range s.d.instances {
		if !s.Active(in.id) && !in.coming.Load() {
			continue
		}
		cfg := in.cfg()
		for _, list := range [][]config.Address{cfg.Addresses, cfg.Excluded} {
			for i := range list {
				held[list[i].Prefix.Addr()] = true
			}
		}
	}
	return held
}

// LiftFence removes what a dead daemon of the runtime directory left in the
// kernel, fence, programs and pins. A living daemon is refused: it lifts its
// own when it stops.
func LiftFence(opt Options) (err error) {
	dir, err := rundir.Open(opt.RuntimeDir)
	if err != nil {
		return err
	}
	d := &Daemon{opt: opt, log: opt.Log}
	defer func() { err = errors.Join(err, dir.Close()) }()
	pins := d.pinDir()
	if pins == "" {
		return nil // nothing can have been left
	}
	dp, err := datapath.Load(datapath.Config{PinDir: pins, Fence: true})
	if err != nil {
		return fmt.Errorf("open what the daemon left: %w", err)
	}
	return errors.Join(dp.Lift(), dp.Sweep(), dp.Close())
}
