package engine

import "github.com/xvrrp/xvrrp/pkg/vrrp/wire"

// shelves sort the routers of an interface by VRID, so that an advert finds its
// own among hundreds at once.
type shelves struct {
	members []*member
	rules   []*wire.Rules // in the same order
	of      [256]shelf    // by VRID
}

// shelf is where the routers of one VRID are: two at most, one of a family, but
// for unicast routers, which may share it.
type shelf struct{ from, to int32 }

// find is the router that a packet is for, or what is to be said about there
// being none.
func (p *port) find(pkt *wire.Packet) (*member, wire.Reject) {
	if p.shelves == nil {
		p.sort()
	}
	s := p.shelves.of[pkt.VRID()]
	if i, _ := wire.Find(pkt, p.shelves.rules[s.from:s.to]); i >= 0 {
		return p.shelves.members[int(s.from)+i], wire.None
	}
	// What is wrong with it can only be said with all of them in view.
	i, reject := wire.Find(pkt, p.rules)
	if i < 0 {
		return nil, reject
	}
	return p.members[i], wire.None
}

func (p *port) sort() {
	s := &shelves{members: make([]*member, len(p.members)), rules: make([]*wire.Rules, len(p.rules))}
	vrids := make([]uint8, len(p.rules))
	var counts [len(s.of)]int32
	for i, r := range p.rules {
		vrids[i] = r.Settings().VRID
		counts[vrids[i]]++
	}
	var at int32
	for v, n := range counts {
		s.of[v] = shelf{at, at}
		at += n
	}
	for i, v := range vrids {
		to := &s.of[v].to
		s.members[*to], s.rules[*to] = p.members[i], p.rules[i]
		*to++
	}
	p.shelves = s
}
