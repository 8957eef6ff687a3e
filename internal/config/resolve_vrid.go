package config

// checkVRIDs refuses two instances that a receiver could not tell apart.
// Unicast instances may share a VRID when no sender is a peer of both.
func (r *reader) checkVRIDs(d *document) {
	for n, b := range d.instances {
		for _, a := range d.instances[:n] {
			if a.VRID == 0 || a.VRID != b.VRID || a.Family != b.Family || a.Interface != b.Interface {
				continue
			}
			st := b.have["virtual_router_id"]
			first := a.have["virtual_router_id"]
			if st == nil || first == nil {
				continue
			}
			r.sameVRID(a, b, st, first)
		}
	}
}

func (r *reader) sameVRID(a, b *id, st, first *statement) {
	const remedy = "give each instance a virtual_router_id of its own"
	switch {
	case a.Unicast.Enabled() != b.Unicast.Enabled():
		r.warn(codeVRIDShared, arg(st, 0), remedy, "virtual_router_id %d on %s is used by %s too (line %d), by unicast and by multicast",
			b.VRID, b.Interface, quote(a.Name), first.Pos.Line)
	case a.Unicast.Enabled() && !sharePeer(a, b):
	case !a.Unicast.Enabled() && a.McastGroup != b.McastGroup:
	default:
		r.err(codeVRIDTwice, arg(st, 0), remedy, "virtual_router_id %d on %s is used by instance %s already (line %d)",
			b.VRID, orNone(b.Interface), quote(a.Name), first.Pos.Line)
	}
}

func sharePeer(a, b *id) bool {
	for _, p := range a.Unicast.Peers {
		for _, q := range b.Unicast.Peers {
			if p.Addr == q.Addr {
				return true
			}
		}
	}
	return false
}

func orNone(name string) string {
	if name == "" {
		return "no interface"
	}
	return name
}
