package daemon

import (
	"context"
	"net/netip"
	"sync"

	"github.com/xvrrp/xvrrp/internal/datapath"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// loop is the datapath's loop with the engine on it. Should it ever end before
// the daemon does, whoever interrupts it next stands in for it, so that the
// routers can still be shut down in order.
type loop struct {
	d     *Daemon
	mu    sync.Mutex
	ended bool
	gone  chan struct{} // closed when the thread needs nothing any more
}

func (l *loop) start(ctx context.Context, d *Daemon, failed chan<- error) {
	l.d, l.gone = d, make(chan struct{})
	ready := make(chan struct{})
	go func() {
		d.onEngineThread()
		close(ready)
		err := d.dp.Run(ctx, sink{d.engine, d})
		l.mu.Lock()
		l.ended = true
		l.mu.Unlock()
		l.interrupt() // for whoever waits for an answer already
		failed <- err
		close(l.gone)
	}()
	<-ready
}

func (l *loop) interrupt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		l.d.engine.Interrupted()
		return
	}
	l.d.dp.Interrupt()
}

// sink is what the datapath tells: adverts and wake-ups go to the engine.
type sink struct {
	*engine.Engine
	d *Daemon
}

// Datagram implements datapath.Sink. Loop thread.
func (s sink) Datagram(d wire.Datagram) {
	s.d.frames.put(&d)
	if wire.IsInquiry(d.IP) {
		s.d.inquiries.put(&d)
		return
	}
	s.Engine.Datagram(d)
}

// Foreign implements datapath.Sink: another virtual router has one of our addresses. Loop thread.
func (s sink) Foreign(d wire.Datagram) {
	names := s.d.nics.names.Load()
	if p, reject := wire.Open(d.IP); reject == wire.None && names != nil {
		s.d.foreign((*names)[d.IfIndex], d.SourceMAC, &p)
	}
}

// Claim implements datapath.Sink: a foreign host uses one of our addresses.
// That is its right while we are not master. Loop thread.
func (s sink) Claim(c datapath.Claim) {
	if c.Kind == datapath.ARPProbe || c.Kind == datapath.NeighbourProbe {
		return // a question, such as `xvrrp who` asks, claims nothing
	}
	if s.d.nics.ours(c.MAC) {
		return // one interface of ours hears the other
	}
	holding := s.holding(c.Addr)
	s.answered(c)
	for _, in := range holding {
		if !in.bears(c.Addr, c.IfIndex) || in.partingClaim(s.Last(in.id), c.MAC, c.At) {
			continue
		}
		in.claimed(c)
		s.d.gossip.put(rumour{instance: in.cfg().Name, ifindex: c.IfIndex, peer: c.Addr, claim: c.MAC})
	}
}

// answered tells the routers of an address that somebody uses it, in its place
// among the adverts. Loop thread.
func (s sink) answered(c datapath.Claim) {
	for _, in := range s.d.carrying(c.Addr) {
		if !in.bears(c.Addr, c.IfIndex) {
			continue
		}
		in.former.claims(c.MAC, 2*interval(in.cfg()))
		s.Hear(in.id, c.At, in.answer(c.Addr, c.MAC))
	}
}

// carrying are the instances that an address belongs to.
func (d *Daemon) carrying(addr netip.Addr) (list []*instance) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, in := range d.instances {
		if in.carries(addr) {
			list = append(list, in)
		}
	}
	return list
}

// holding are the instances that are master of an address, by what the core
// says now: their own goroutines come later. Loop thread.
func (s sink) holding(addr netip.Addr) (list []*instance) {
	s.d.mu.RLock()
	defer s.d.mu.RUnlock()
	for _, in := range s.d.instances {
		if s.Active(in.id) && in.carries(addr) {
			list = append(list, in)
		}
	}
	return list
}

// stray counts an advert that belongs to no router of ours. Loop thread.
func (d *Daemon) stray(ifindex int, r wire.Reject) {
	d.gossip.put(rumour{ifindex: ifindex, reject: r})
}
