package engine

import "github.com/xvrrp/xvrrp/pkg/vrrp/wire"

// shelves sort the routers of an interface by VRID, so that an advert finds its
// own among hundreds at once. Nil: to be sorted anew.
type shelves map[byte]*shelf

// shelf is the routers of one VRID: two at most, one of a family, but for
// unicast routers, which may share it.
type shelf struct {
	members []*member
	rules   []*wire.Rules
}

// find is the router that a packet is for, or what is to be said about there
// being none.
func (p *port) find(pkt *wire.Packet) (*member, wire.Reject) {
	if p.shelves == nil {
		p.sort()
	}
	if s := p.shelves[pkt.VRID()]; s != nil {
		if i, _ := wire.Find(pkt, s.rules); i >= 0 {
			return s.members[i], wire.None
		}
	}
	// What is wrong with it can only be said with all of them in view.
	i, reject := wire.Find(pkt, p.rules)
	if i < 0 {
		return nil, reject
	}
	return p.members[i], wire.None
}

func (p *port) sort() {
	p.shelves = shelves{}
	for i, r := range p.rules {
		s := p.shelves[r.Settings().VRID]
		if s == nil {
			s = &shelf{}
			p.shelves[r.Settings().VRID] = s
		}
		s.members = append(s.members, p.members[i])
		s.rules = append(s.rules, r)
	}
}
