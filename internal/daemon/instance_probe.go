package daemon

import (
	"net/netip"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// The methods of engine.Probe: called on the loop thread.

// Accepted implements engine.Probe.
func (in *instance) Accepted(mac [6]byte, p *wire.Packet, w wire.Warnings, delivery, interarrival time.Duration) {
	in.former.advert(mac)
	in.meter().Received(p.Priority())
	in.meter().Delivery(delivery)
	if interarrival > 0 {
		in.meter().Interarrival(interarrival)
	}
	if w != 0 {
		for r := range w.Each() {
			in.meter().Warned(r.String())
		}
	}
	if form := p.ChecksumForm(); p.Family() == wire.IPv4 && p.Version() == wire.V3 {
		in.meter().ChecksumForm(formLabel(form))
		in.learnForm(p.Src(), form)
	}
}

// formLabel is the metric's word for a form of the checksum.
func formLabel(f wire.ChecksumForm) string {
	switch f {
	case wire.MessageOnly:
		return "message_only"
	case wire.PseudoHeader:
		return "pseudo_header"
	}
	return "group_pseudo_header"
}

// learnForm tells once which of the two checksums of version 3 over IPv4 a
// sender uses. Loop thread.
func (in *instance) learnForm(from netip.Addr, form wire.ChecksumForm) {
	if in.formFrom == from && in.form == form {
		return
	}
	in.formFrom, in.form = from, form
	in.d.gossip.put(rumour{instance: in.cfg().Name, peer: from, form: form})
}

// Rejected implements engine.Probe.
func (in *instance) Rejected(mac [6]byte, p *wire.Packet, r wire.Reject) {
	in.meter().Rejected(r.String())
	in.sources.add(mac, p, r)
	in.refusedAdvert(mac, p, r)
	in.d.gossip.put(rumour{instance: in.cfg().Name, reject: r})
}

// Sent implements engine.Probe.
func (in *instance) Sent(priority uint8) {
	in.meter().Sent(priority)
	in.beat(priority)
}

// SendFailed implements engine.Probe.
func (in *instance) SendFailed(peer netip.Addr, err error) {
	in.unsent = true
	in.d.gossip.put(rumour{instance: in.cfg().Name, peer: peer, err: err.Error()})
}

// Absorbed implements engine.Probe.
func (in *instance) Absorbed(time.Duration) { in.meter().LateWakeupAbsorbed() }

// Woken implements engine.Probe.
func (in *instance) Woken(late time.Duration) { in.meter().Lateness(late) }
