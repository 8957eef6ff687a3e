package wire

import (
	"net/netip"
	"slices"
)

// addressed checks what comes before the VRID: the destination, the source, and
// what Open found.
func (r *Rules) addressed(p *Packet) Reject {
	switch {
	case p.family == 0:
		return p.empty()
	case p.family != r.settings.Family:
		return VRIDUnknown
	case !r.destination(p):
		return Destination
	case r.own(p.Src()):
		return OwnSource
	}
	return p.reject
}

// destination reports whether p was sent to where we listen.
func (r *Rules) destination(p *Packet) bool {
	dst := p.Dst()
	if !r.unicast() {
		return dst == r.settings.Group
	}
	if r.settings.Source.IsValid() {
		return dst == r.settings.Source
	}
	return slices.Contains(r.settings.Local, dst)
}

func (r *Rules) unicast() bool { return len(r.peers) > 0 }

// own reports whether a is an address of ours.
func (r *Rules) own(a netip.Addr) bool {
	return a == r.settings.Source || slices.Contains(r.settings.Local, a)
}

// peer returns the unicast peer with address a, nil when there is none.
func (r *Rules) peer(a netip.Addr) *peer {
	for i := range r.peers {
		if r.peers[i].Addr == a {
			return &r.peers[i]
		}
	}
	return nil
}

// sender checks who sent a unicast advert and from how far, and returns the
// mark of the sender, nil for a multicast sender that has none.
func (r *Rules) sender(p *Packet) (*mark, Reject) {
	if !r.unicast() {
		if len(r.keys) == 0 {
			return nil, None // nobody asks for it
		}
		return r.mark(p.Src()), None
	}
	peer := r.peer(p.Src())
	if peer == nil {
		return nil, UnknownPeer
	}
	if p.TTL() < peer.MinTTL || p.TTL() > peer.MaxTTL {
		return nil, TTLRange
	}
	return &peer.mark, None
}
