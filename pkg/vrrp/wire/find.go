package wire

// Find picks the virtual router that p is for. rules is those of every virtual
// router on the interface where p arrived, both families in any order.
//
// It returns the index in rules and None; the caller goes on with Check. Or -1
// and the Reject: Protocol for AH where nobody uses AH, Destination, OwnSource,
// what Open said, or VRIDUnknown.
//
// A Packet that Open refused may be found too, by its second octet, so that the
// refusal is counted for that virtual router: Check then repeats it. Several
// unicast virtual routers may share a VRID when their addresses or peers
// differ, as keepalived allows.
func Find(p *Packet, rules []*Rules) (int, Reject) {
	if p.family == 0 {
		return -1, p.empty()
	}
	if p.ah != 0 && !usesAH(rules) {
		return -1, Protocol
	}
	best, fit := -1, 0
	for i, r := range rules {
		if f := r.fit(p); f > fit {
			best, fit = i, f
		}
	}
	if best >= 0 {
		return best, None
	}
	return -1, unknown(p, rules)
}

func usesAH(rules []*Rules) bool {
	for _, r := range rules {
		if r.settings.Auth.Type == AuthAH {
			return true
		}
	}
	return false
}

// fit says how well p suits r: not at all, by VRID, also by destination, or
// also by peer.
func (r *Rules) fit(p *Packet) int {
	switch {
	case p.VRID() == 0 || p.VRID() != r.settings.VRID || p.family != r.settings.Family:
		return 0
	case !r.destination(p):
		return 1
	case r.unicast() && r.peer(p.Src()) == nil:
		return 2
	}
	return 3
}

// unknown is what is wrong with p when no virtual router has its VRID. The
// checks before that of the VRID go first. The usual group counts as listened
// to even where every virtual router has another or none.
func unknown(p *Packet, rules []*Rules) Reject {
	listening, own := p.Dst() == Group(p.family), false
	for _, r := range rules {
		if r.settings.Family == p.family {
			listening = listening || r.destination(p)
			own = own || r.own(p.Src())
		}
	}
	switch {
	case !listening:
		return Destination
	case own:
		return OwnSource
	case p.reject != None:
		return p.reject
	}
	return VRIDUnknown
}
