package engine

import (
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Datagram takes in one datagram that the datapath picked up. Loop thread only.
func (e *Engine) Datagram(d wire.Datagram) {
	// The packet is the engine's own: on the stack it would be moved to the heap
	// for every advert, since a Probe sees its address.
	p := &e.packet
	var reject wire.Reject
	if *p, reject = wire.Open(d.IP); reject.Ignored() {
		return
	}
	port := e.wires[d.IfIndex]
	if port == nil || e.frozen {
		return // the interface has just lost its last router, or a successor has it
	}
	if beat, ok := p.Heartbeat(); ok {
		if w := port.way(&beat); w != nil {
			*p = beat
			e.heartbeat(d, p, w)
			return
		}
	}
	m, reject := port.find(p)
	if m == nil {
		if !reject.Ignored() {
			e.ports.Stray(d.IfIndex, reject)
		}
		return
	}
	e.receive(d, p, m)
	e.setAlarm()
}

// receive judges an advert for m and tells the election.
func (e *Engine) receive(d wire.Datagram, p *wire.Packet, m *member) {
	now := time.Now()
	// The arrival by today's wall clock: the stamp's own was extrapolated from
	// the start of the process, and an HMAC window would not forgive a clock
	// that was set since.
	arrival := now.Add(d.At.Sub(now))
	warnings, reject := m.rules.Check(p, arrival)
	if reject != wire.None {
		m.spec.Probe.Rejected(d.SourceMAC, p, reject)
		e.handle(d.At, m, vrrp.Rejected{Reason: reject, From: p.Src(), TTL: p.TTL()})
		return
	}
	from := p.Src()
	var interarrival time.Duration
	if from == m.lastFrom {
		interarrival = d.At.Sub(m.lastAt)
	}
	m.lastFrom, m.lastAt = from, d.At
	if p.AuthType() == wire.AuthAH {
		m.signer.Observe(m.rules.AHSequence())
	}
	if deadline := m.router.Due(); m.router.State() == vrrp.Backup && now.After(deadline) && !d.At.After(deadline) {
		// We come too late, the advert did not: handled in the order of arrival
		// it disproves the wake-up that is due. The others of the same queue
		// belong to the same delay and are not counted again.
		if d.At.After(m.behind) {
			m.spec.Probe.Absorbed(now.Sub(deadline))
		}
		m.behind = now
	}
	m.spec.Probe.Accepted(d.SourceMAC, p, warnings, now.Sub(d.At), interarrival)
	e.handle(d.At, m, vrrp.Received{
		From:     from,
		Priority: p.Priority(),
		Interval: m.interval(p),
		Mismatch: warnings.Has(wire.WarnAddressListMismatch),
	})
}

// leastInterval is the smallest interval that an advert can carry: 1 in the
// centisecond field (RFC 9568 section 5.2.7).
const leastInterval = 10 * time.Millisecond

// interval is what the advert's interval means to m, see Spec.Fine.
func (m *member) interval(p *wire.Packet) time.Duration {
	if d := p.Interval(); d != leastInterval || m.spec.Fine == 0 {
		return d
	}
	return m.spec.Fine
}

// handle tells one member of a group an event and does what the core asks for:
// adverts at once, everything else through the members' goroutines.
func (e *Engine) handle(now time.Time, m *member, ev vrrp.Event) {
	e.act(now, m.group, m.group.machine.Handle(now, m.index, ev))
}

// act does what the core asks for.
func (e *Engine) act(now time.Time, g *group, actions []vrrp.MemberAction) {
	together := e.post.open && routine(actions)
	takeover := claims(actions)
	if takeover {
		g.hold(actions, now)
	}
	for _, a := range actions {
		to := g.members[a.Member]
		switch action := a.Action.(type) {
		case vrrp.SendAdvert:
			if together {
				to.send(action, &e.post)
			} else {
				to.send(action, nil)
			}
		case vrrp.Ask:
			to.ask(action)
		default:
			if !takeover {
				to.effects.put(now, action)
			}
		}
	}
	if takeover {
		g.unhold()
		e.claiming = g
	}
	e.plan(now, g)
}

// Hear tells a router what was heard of it apart from adverts on its interface:
// an answer to a question, an advert on an extra path. Unlike a Tell it takes its
// place among the adverts, in the kernel's order. Loop thread only.
func (e *Engine) Hear(router string, at time.Time, ev vrrp.Event) {
	if m, ok := e.members[router]; ok && !e.frozen {
		e.handle(at, m, ev)
		e.setAlarm()
	}
}

// ask lets somebody ask before m takes over. Without an interface there is
// nobody to be asked, and a fault is on its way.
func (m *member) ask(a vrrp.Ask) {
	if m.spec.Asker != nil && m.out != nil {
		m.spec.Asker.Ask(a)
	}
}

// send puts one advert on the wire, and one heartbeat on each second path.
func (m *member) send(a vrrp.SendAdvert, into *post) {
	m.advertise(a, into)
	for _, w := range m.ways {
		if w != nil {
			w.send(a.Priority)
		}
	}
}

// advertise puts one advert on the wire, once for each destination: at once, or
// into the post.
func (m *member) advertise(a vrrp.SendAdvert, into *post) {
	if m.out == nil || len(m.ready) == 0 {
		return // no interface or no address: the core has been told
	}
	m.signer.Next(time.Now())
	m.id++
	for i, r := range m.ready {
		ip := r.template.Next(m.id, a.Priority)
		if into != nil {
			into.put(m, r.peer, ip, a.Priority, i == len(m.ready)-1)
			continue
		}
		m.effects.held.Store(false)
		var err error
		if r.peer.IsValid() {
			err = m.out.Unicast(r.peer, ip)
		} else {
			err = m.out.Multicast(ip)
		}
		if err != nil {
			m.spec.Probe.SendFailed(r.peer, err)
		}
	}
	if into == nil {
		m.spec.Probe.Sent(a.Priority)
	}
}
