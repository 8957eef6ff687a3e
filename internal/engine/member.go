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

// group is one machine of the election and its place in the schedule.
type group struct {
	name    string
	machine *vrrp.Group
	members []*member

	deadline time.Time // zero when it has none, and is not in the schedule's order
	warning  bool      // the deadline is that of a warning, see plan
	number   int32     // in the schedule
	round    uint64    // the Wakeup that last told it

	approached uint64        // the Wakeup that last waited for its deadline
	early      time.Duration // how long before its deadline the alarm was set for it; 0: it was not
}

// member is one virtual router with what it needs to hear and to speak.
type member struct {
	spec Spec

	// What an advert that comes in touches lies together, see vrrp.Router.
	router   *vrrp.Router
	group    *group
	index    int // in the group
	rules    *wire.Rules
	lastFrom netip.Addr
	lastAt   time.Time
	behind   time.Time // when a late wake-up was last absorbed

	signer  *wire.Signer
	effects *effects
	ways    [vrrp.MaxPaths]*way // second paths

	// Set while bound.
	ifindex int
	out     Out
	source  netip.Addr
	ready   []ready
	id      uint16 // IPv4 identification, one step per advert, as keepalived
}

// ready is the prepared advert to one destination.
type ready struct {
	template *wire.Template
	peer     netip.Addr // the zero Addr: multicast
}

// port is one interface: the routers on it, and their rules in the same order.
type port struct {
	members []*member
	rules   []*wire.Rules
	shelves *shelves // nil: to be sorted anew
	ways    []*way   // for which it is a second path
}

func newMember(spec Spec) (*member, error) {
	router, err := vrrp.New(spec.Election)
	if err != nil {
		return nil, err
	}
	rules, err := wire.NewRules(spec.Receive)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	signer, err := wire.NewSigner(spec.Auth)
	if err != nil {
		return nil, fmt.Errorf("authentication: %w", err)
	}
	m := &member{spec: spec, router: router, rules: rules, signer: signer}
	m.ways, err = newWays(m, spec.Paths)
	return m, err
}

// Check tells what Add or Change would say to a Spec, without doing it.
func Check(spec Spec) error {
	if _, err := newMember(spec); err != nil {
		return err
	}
	a := spec.Advert
	a.Priority = spec.Election.Priority
	a.Dst = spec.Group
	if len(spec.Peers) > 0 {
		a.Dst = spec.Peers[0]
	}
	a.Src = a.Dst // any unicast address of the family will do
	if a.Dst.IsMulticast() {
		a.Src = netip.AddrFrom4([4]byte{192, 0, 2, 1})
		if a.Dst.Is6() {
			a.Src = netip.MustParseAddr("fe80::1")
		}
	}
	return a.Validate()
}

// prepare makes the templates again, after anything in them changed.
func (m *member) prepare() error {
	m.ready = m.ready[:0]
	if !m.source.IsValid() {
		return nil // nothing to send from: the core is told and stays silent
	}
	to := m.spec.Peers
	if len(to) == 0 {
		to = []netip.Addr{m.spec.Group}
	}
	for _, dst := range to {
		a := m.spec.Advert
		a.Src, a.Dst, a.Signer, a.Priority = m.source, dst, m.signer, m.spec.Election.Priority
		t, err := wire.NewTemplate(&a)
		if err != nil {
			return fmt.Errorf("advert from %v to %v: %w", m.source, dst, err)
		}
		peer := dst
		if dst.IsMulticast() {
			peer = netip.Addr{}
		}
		m.ready = append(m.ready, ready{t, peer})
	}
	return nil
}

// bind ties m to its interface or takes in the interface's new addresses.
func (e *Engine) bind(now time.Time, f Bind) error {
	m, ok := e.members[f.Router]
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoRouter, f.Router)
	}
	if m.ifindex != f.IfIndex {
		e.unbind(m)
		p := e.port(f.IfIndex)
		p.members = append(p.members, m)
		p.rules = append(p.rules, m.rules)
		p.shelves = nil
	}
	m.ifindex, m.out, m.source = f.IfIndex, f.Out, f.Source
	m.rules.SetLocal(f.Source, f.Local)
	err := m.prepare()
	e.handle(now, m, vrrp.PrimaryChanged{Addr: f.Source})
	return err
}

func (e *Engine) unbind(m *member) {
	p := e.wires[m.ifindex]
	if p == nil {
		return
	}
	if i := slices.Index(p.members, m); i >= 0 {
		p.members = slices.Delete(p.members, i, i+1)
		p.rules = slices.Delete(p.rules, i, i+1)
		p.shelves = nil
	}
	e.tidy(m.ifindex)
	m.ifindex, m.out, m.ready = 0, nil, m.ready[:0]
}

// change gives a running router other settings. When an error is returned,
// nothing has changed.
func (e *Engine) change(now time.Time, f Change) error {
	m, ok := e.members[f.Spec.Name]
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoRouter, f.Spec.Name)
	}
	// Everything that can refuse the new settings is asked on copies first.
	next, err := newMember(f.Spec)
	if err != nil {
		return fmt.Errorf("virtual router %s: %w", f.Spec.Name, err)
	}
	receive := f.Spec.Receive
	had := m.rules.Settings()
	receive.Source, receive.Local = had.Source, had.Local
	if err := m.rules.Update(receive); err != nil {
		return fmt.Errorf("virtual router %s: %w", f.Spec.Name, err)
	}
	if err := m.signer.Update(f.Spec.Auth); err != nil {
		return fmt.Errorf("virtual router %s: %w", f.Spec.Name, err)
	}
	old := m.spec
	m.spec = f.Spec
	m.spec.Effect = old.Effect // its goroutine has it already
	if m.spec.Asker == nil {
		m.spec.Asker = old.Asker
	}
	if p := e.wires[m.ifindex]; p != nil {
		p.shelves = nil
	}
	if err := errors.Join(m.prepare(), e.changeWays(m, next.ways)); err != nil {
		return fmt.Errorf("virtual router %s: %w", f.Spec.Name, err)
	}
	e.handle(now, m, vrrp.Reconfigured{Config: f.Spec.Election, Addresses: f.Addresses})
	return nil
}
