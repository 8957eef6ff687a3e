package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Path is a second path of one router: its adverts also leave as heartbeats
// over another interface or to other peers, and those of others count there.
type Path struct {
	// Number is what the core calls it, 1 to vrrp.MaxPaths.
	Number uint8
	// Receive holds all but Source and Local, which BindPath brings. Group and
	// Peers say where heartbeats go, too.
	Receive wire.Settings
	// Advert is what is sent, as Spec.Advert.
	Advert wire.Advert
	// Auth signs: a heartbeat without a signature is none.
	Auth  wire.Auth
	Probe PathProbe
}

// PathProbe is told what happens on one path, as Probe is of the router.
type PathProbe interface {
	// Heard tells of a heartbeat that passed all checks.
	Heard(at time.Time, from netip.Addr)
	// Rejected tells of one that failed a check.
	Rejected(r wire.Reject, from netip.Addr)
	// Sent tells of one heartbeat, whatever the number of peers it went to.
	Sent()
	// SendFailed tells that it did not leave, or not to that peer.
	SendFailed(peer netip.Addr, err error)
}

// BindPath is Bind for a second path of a router.
type BindPath struct {
	Router  string
	Number  uint8
	IfIndex int
	Out     Out
	Source  netip.Addr
	Local   []netip.Addr
}

// UnbindPath takes a second path off its interface, which is gone.
type UnbindPath struct {
	Router string
	Number uint8
}

func (BindPath) fact()   {}
func (UnbindPath) fact() {}

// way is a path at work.
type way struct {
	Path
	member *member
	rules  *wire.Rules
	signer *wire.Signer

	// Set while bound.
	ifindex int
	out     Out
	source  netip.Addr
	ready   []ready
	id      uint16
}

func newWay(m *member, p Path) (*way, error) {
	if p.Number == 0 || p.Number > vrrp.MaxPaths {
		return nil, fmt.Errorf("second path %d: want 1 to %d", p.Number, vrrp.MaxPaths)
	}
	rules, err := wire.NewRules(p.Receive)
	if err != nil {
		return nil, fmt.Errorf("second path %d: receive: %w", p.Number, err)
	}
	signer, err := wire.NewSigner(p.Auth)
	if err != nil {
		return nil, fmt.Errorf("second path %d: authentication: %w", p.Number, err)
	}
	if signer.Overhead() != wire.TrailerLen {
		return nil, fmt.Errorf("second path %d: %w", p.Number, errUnsigned)
	}
	return &way{Path: p, member: m, rules: rules, signer: signer}, nil
}

var errUnsigned = errors.New("no key that signs")

// newWays makes the ways of a router by their numbers.
func newWays(m *member, paths []Path) (ways [vrrp.MaxPaths]*way, err error) {
	for _, p := range paths {
		w, err := newWay(m, p)
		if err != nil {
			return ways, err
		}
		ways[p.Number-1] = w
	}
	return ways, nil
}

// prepare makes the templates again.
func (w *way) prepare() error {
	w.ready = w.ready[:0]
	if !w.source.IsValid() {
		return nil
	}
	to := []netip.Addr{w.Receive.Group}
	if len(w.Receive.Peers) > 0 {
		to = to[:0]
		for _, p := range w.Receive.Peers {
			to = append(to, p.Addr)
		}
	}
	for _, dst := range to {
		a := w.Advert
		a.Heartbeat, a.Signer, a.Src, a.Dst, a.Priority = true, w.signer, w.source, dst, w.member.spec.Election.Priority
		t, err := wire.NewTemplate(&a)
		if err != nil {
			return fmt.Errorf("heartbeat from %v to %v: %w", w.source, dst, err)
		}
		peer := dst
		if dst.IsMulticast() {
			peer = netip.Addr{}
		}
		w.ready = append(w.ready, ready{t, peer})
	}
	return nil
}

// send puts one heartbeat on the wire, once for each destination.
func (w *way) send(priority uint8) {
	if w.out == nil || len(w.ready) == 0 {
		return // its interface or address is missing: the shell has told
	}
	w.signer.Next(time.Now())
	w.id++
	for _, r := range w.ready {
		ip := r.template.Next(w.id, priority)
		var err error
		if r.peer.IsValid() {
			err = w.out.Unicast(r.peer, ip)
		} else {
			err = w.out.Multicast(ip)
		}
		if err != nil {
			w.Probe.SendFailed(r.peer, err)
		}
	}
	w.Probe.Sent()
}

func (e *Engine) way(router string, number uint8) (*way, error) {
	m, ok := e.members[router]
	if !ok || number == 0 || number > vrrp.MaxPaths || m.ways[number-1] == nil {
		return nil, fmt.Errorf("%w: %s, second path %d", ErrNoRouter, router, number)
	}
	return m.ways[number-1], nil
}

func (e *Engine) bindPath(f BindPath) error {
	w, err := e.way(f.Router, f.Number)
	if err != nil {
		return err
	}
	if w.ifindex != f.IfIndex {
		e.unbindWay(w)
		p := e.port(f.IfIndex)
		p.ways = append(p.ways, w)
	}
	w.ifindex, w.out, w.source = f.IfIndex, f.Out, f.Source
	w.rules.SetLocal(f.Source, f.Local)
	return w.prepare()
}

func (e *Engine) unbindPath(f UnbindPath) error {
	w, err := e.way(f.Router, f.Number)
	if err != nil {
		return err
	}
	e.unbindWay(w)
	return nil
}

func (e *Engine) unbindWay(w *way) {
	if p := e.wires[w.ifindex]; p != nil {
		p.ways = slices.DeleteFunc(p.ways, func(o *way) bool { return o == w })
		e.tidy(w.ifindex)
	}
	w.ifindex, w.out, w.ready = 0, nil, w.ready[:0]
}

// changeWays takes the paths of new settings in: what stays keeps its place and
// its marks against replay. newWays has agreed to all of them.
func (e *Engine) changeWays(m *member, next [vrrp.MaxPaths]*way) error {
	for i, n := range next {
		w := m.ways[i]
		switch {
		case w != nil && n == nil:
			e.unbindWay(w)
			m.ways[i] = nil
		case w == nil && n != nil:
			n.member, m.ways[i] = m, n
		case w != nil:
			had := w.rules.Settings()
			receive := n.Receive
			receive.Source, receive.Local = had.Source, had.Local
			w.Path = n.Path
			if err := errors.Join(w.rules.Update(receive), w.signer.Update(n.Auth), w.prepare()); err != nil {
				return fmt.Errorf("second path %d: %w", n.Number, err)
			}
		}
	}
	return nil
}

// way finds the path that a heartbeat came on. Routers of one VRID may share an
// interface as their path, when each has another one as its own: an address
// that both sides have tells them apart.
func (p *port) way(pkt *wire.Packet) *way {
	var found *way
	best, shared := 0, false
	for _, w := range p.ways {
		s := w.rules.Settings()
		if s.VRID != pkt.VRID() || s.Family != pkt.Family() {
			continue
		}
		fit := 1
		if pkt.Multicast() == (len(s.Peers) == 0) {
			fit += 2
		}
		if slices.ContainsFunc(s.Peers, func(p wire.Peer) bool { return p.Addr == pkt.Src() }) {
			fit++
		}
		if carries(pkt, s.Addresses) {
			fit += 4
		}
		switch {
		case fit > best:
			found, best, shared = w, fit, false
		case fit == best && w.member != found.member:
			shared = true
		}
	}
	if shared {
		return nil // whose it is cannot be known
	}
	return found
}

func carries(pkt *wire.Packet, addrs []netip.Addr) bool {
	for i := range pkt.Count() {
		if slices.Contains(addrs, pkt.Address(i)) {
			return true
		}
	}
	return false
}

// heartbeat judges what came on a path and tells the election.
func (e *Engine) heartbeat(d wire.Datagram, p *wire.Packet, w *way) {
	now := time.Now()
	if _, reject := w.rules.Check(p, now.Add(d.At.Sub(now))); reject != wire.None { // the arrival: see receive
		w.Probe.Rejected(reject, p.Src())
		return
	}
	m := w.member
	w.Probe.Heard(d.At, p.Src())
	e.handle(d.At, m, vrrp.PathHeard{
		Path: w.Number, From: p.Src(), Local: w.source, Priority: p.Priority(), Interval: m.interval(p),
	})
	e.setAlarm()
}

// port is that of an interface, made if there is none.
func (e *Engine) port(ifindex int) *port {
	p := e.wires[ifindex]
	if p == nil {
		p = &port{}
		e.wires[ifindex] = p
	}
	return p
}

// tidy forgets an interface that nobody uses.
func (e *Engine) tidy(ifindex int) {
	if p := e.wires[ifindex]; p != nil && len(p.members) == 0 && len(p.ways) == 0 {
		delete(e.wires, ifindex)
	}
}
