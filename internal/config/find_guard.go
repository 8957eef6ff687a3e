package config

import "net/netip"

// checkGuards finds guards before a takeover that cannot do what they say.
func (r *reader) checkGuards(d *document, s *Settings) {
	ours := map[netip.Addr]string{}
	for i := range s.Instances {
		for _, list := range [][]Address{s.Instances[i].Addresses, s.Instances[i].Excluded} {
			for _, a := range list {
				ours[a.Prefix.Addr()] = s.Instances[i].Name
			}
		}
	}
	for i := range s.Instances {
		in := &s.Instances[i]
		own := d.ownStatements(in.Name)
		switch o := &in.Own; {
		case o.Guard == GuardHold && o.GuardHoldLimit == 0:
			r.warnOnce(codeGuardLimit, own("guard_hold_limit"), "write a limit in seconds, or split_brain_guard alarm",
				"split_brain_guard hold never holds: guard_hold_limit is 0")
		case o.Guard == GuardHold && !o.Fence:
			r.warnOnce(codeGuardFence, own("split_brain_guard"), "leave the fence on, on every node",
				"split_brain_guard hold without the fence: the addresses of a dead daemon go on answering, and every takeover waits for guard_hold_limit (%s)", o.GuardHoldLimit)
		}
		if len(in.Own.Witness) == 0 && in.Own.WitnessWait != DoubtAlarm {
			r.warnOnce(codeWitnessNone, own("witness_wait"), "name the gateway: witness ADDRESS", "witness_wait has no effect: there is no witness")
		}
		for _, w := range in.Own.Witness {
			if name := ours[w]; name != "" {
				r.warnOnce(codeWitnessOurs, own("witness"), "name the gateway, or another host that is always there",
					"witness %s is a virtual address of instance %s: when it must be asked, nobody answers for it", w, quote(name))
			}
		}
	}
}

// ownStatements finds where a word holds for an instance that the xvrrp block
// says: in the instance's part of it, else in the block.
func (d *document) ownStatements(instance string) func(word string) *statement {
	return func(word string) *statement {
		for _, o := range d.own.instances {
			if st := o.have[word]; o.name == instance && st != nil {
				return st
			}
		}
		return d.own.have[word]
	}
}

// warnOnce warns about a statement once, however many instances it holds for.
func (r *reader) warnOnce(code string, st *statement, remedy, format string, args ...any) {
	where := spot{}
	if st != nil {
		where = at(st)
	}
	if r.once(code + "/" + where.pos.String()) {
		r.warn(code, where, remedy, format, args...)
	}
}
