package prober

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/xvrrp/xvrrp/internal/netspace"
)

// Prober asks and listens. Its methods may be called from any goroutine.
type Prober struct {
	answered func(Answer)
	ns       netspace.Namespace
	running  sync.WaitGroup

	mu      sync.Mutex // guards the rest
	sockets map[ear]*socket
	closed  bool
}

// ear names a socket.
type ear struct {
	ifindex int
	family  uint8 // 4 or 6
}

// Open makes a Prober for the network namespace of the calling thread. Every
// answer on a prepared interface is told, asked for or not. It needs CAP_NET_RAW.
func Open(answered func(Answer)) (*Prober, error) {
	ns, err := netspace.Here()
	if err != nil {
		return nil, fmt.Errorf("prober: %w", err)
	}
	return &Prober{answered: answered, ns: ns, sockets: map[ear]*socket{}}, nil
}

// Prepare opens the socket for a family (4 or 6) on an interface, so that a
// question need not. Deaf: it only asks, and somebody else hears the answers;
// an ear for IPv6 costs every packet of the interface a little. What is open
// already stays.
func (p *Prober) Prepare(ifindex int, family uint8, deaf bool) error {
	e := ear{ifindex, family}
	p.mu.Lock()
	s := p.sockets[e]
	p.mu.Unlock()
	if s != nil && (deaf || !s.deaf) {
		return nil
	}
	_, err := p.open(e, deaf)
	return err
}

// Forget closes the sockets of an interface.
func (p *Prober) Forget(ifindex int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e, s := range p.sockets {
		if e.ifindex == ifindex {
			p.drop(e, s)
		}
	}
}

// Ask sends one question and returns. On a prepared interface it waits for nothing.
func (p *Prober) Ask(q Question) error {
	q.Addr = q.Addr.Unmap().WithZone("")
	e := ear{q.IfIndex, 4}
	if q.Addr.Is6() {
		e.family = 6
	}
	p.mu.Lock()
	s := p.sockets[e]
	p.mu.Unlock()
	if s == nil {
		var err error
		if s, err = p.open(e, false); err != nil {
			return err
		}
	}
	mac, err := s.mac()
	if err != nil {
		p.mu.Lock()
		p.drop(e, s) // the interface is gone, and may come back
		p.mu.Unlock()
		return fmt.Errorf("probe on interface %d: %w", q.IfIndex, err)
	}
	frames, err := q.frames(mac)
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range frames {
		errs = append(errs, s.send(f))
	}
	return errors.Join(errs...)
}

// Close ends the listening. When it returns nothing more is told.
func (p *Prober) Close() error {
	p.mu.Lock()
	p.closed = true
	for e, s := range p.sockets {
		p.drop(e, s)
	}
	p.mu.Unlock()
	p.running.Wait()
	return p.ns.Close()
}

// open opens a socket in place of what is there, with the mutex free meanwhile: it
// takes long, and who asks through another one must not wait.
func (p *Prober) open(e ear, deaf bool) (s *socket, err error) {
	err = p.ns.Do(func() error {
		s, err = openSocket(e.ifindex, e.family, deaf)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errors.Join(net.ErrClosed, s.file.Close())
	}
	if before := p.sockets[e]; before != nil {
		p.drop(e, before)
	}
	p.sockets[e] = s
	if !deaf {
		p.running.Add(1)
		go func() {
			defer p.running.Done()
			s.hear(p.answered)
		}()
	}
	return s, nil
}

// drop closes a socket; p.mu is held.
func (p *Prober) drop(e ear, s *socket) {
	if p.sockets[e] == s {
		delete(p.sockets, e)
	}
	// Nothing was written that a close could lose.
	_ = s.file.Close()
}
