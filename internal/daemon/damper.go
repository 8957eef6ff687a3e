package daemon

import (
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/ifstate"
)

// damper lets a change of a link's up and down pass only when it has lasted for
// as long as interface_up_down_delays says. Everything else passes at once, and
// so does the first that is heard of a link.
type damper struct {
	next   ifstate.Sink
	delays func(name string) (down, up time.Duration)

	mu    sync.Mutex // keeps the tellings in order
	links map[int]*damped
}

// damped is one link.
type damped struct {
	latest  ifstate.Link // as the kernel has it
	up      bool         // as it was told
	pending *time.Timer  // until that changes; nil when it does not
}

func newDamper(next ifstate.Sink, delays func(string) (down, up time.Duration)) *damper {
	return &damper{next: next, delays: delays, links: map[int]*damped{}}
}

// Link implements ifstate.Sink.
func (p *damper) Link(l ifstate.Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.links[l.Index]
	if one == nil {
		one = &damped{up: l.Up}
		p.links[l.Index] = one
	}
	one.latest = l
	down, up := p.delays(l.Name)
	wait := down
	if l.Up {
		wait = up
	}
	switch {
	case l.Up == one.up || wait == 0:
		one.settle()
		one.up = l.Up
	case one.pending == nil:
		one.pending = time.AfterFunc(wait, func() { p.lasted(l.Index, one) })
	}
	p.tell(one)
}

// tell passes a link on, up or down as the damper sees it; p.mu is held.
func (p *damper) tell(one *damped) {
	l := one.latest
	l.Up = one.up
	p.next.Link(l)
}

// lasted: the change has lasted.
func (p *damper) lasted(index int, one *damped) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.links[index] != one || one.pending == nil {
		return // it went back, or the link is gone
	}
	one.settle()
	one.up = one.latest.Up
	p.tell(one)
}

func (one *damped) settle() {
	if one.pending != nil {
		one.pending.Stop()
		one.pending = nil
	}
}

// Addresses implements ifstate.Sink.
func (p *damper) Addresses(index int, addrs []ifstate.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next.Addresses(index, addrs)
}

// Gone implements ifstate.Sink.
func (p *damper) Gone(l ifstate.Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.links[l.Index]; one != nil {
		one.settle()
		delete(p.links, l.Index)
	}
	p.next.Gone(l)
}

// Synced implements ifstate.Sink.
func (p *damper) Synced() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next.Synced()
}

// linkDelays are those of the settings in effect.
func (d *Daemon) linkDelays(name string) (down, up time.Duration) {
	for _, l := range d.settings().LinkDelays {
		if l.Interface == name {
			return l.Down, l.Up
		}
	}
	return 0, 0
}
