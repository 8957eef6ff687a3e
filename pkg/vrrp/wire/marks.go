package wire

import "net/netip"

// Marks are the sequences that a virtual router has sent and accepted: what a
// successor in another process needs, lest its adverts look like replays and
// replays like adverts.
type Marks struct {
	// AH is the sequence of AuthAH used or heard last.
	AH uint32
	// HMAC is the sequence signed with last, 0 when none was.
	HMAC uint64
	// Accepted is the highest AH sequence that was accepted.
	Accepted uint32
	// Senders are the highest HMAC sequences accepted.
	Senders []SenderMark
}

// SenderMark is the mark of one sender.
type SenderMark struct {
	Sender   netip.Addr
	Sequence uint64
}

// MarksOf returns the marks of one virtual router.
func MarksOf(s *Signer, r *Rules) Marks {
	m := Marks{AH: s.ah, Accepted: r.sequence}
	if s.started {
		m.HMAC = s.sequence
	}
	for _, p := range r.peers {
		if p.mark.set {
			m.Senders = append(m.Senders, SenderMark{p.Addr, p.mark.sequence})
		}
	}
	for _, k := range r.marks {
		if k.set {
			m.Senders = append(m.Senders, SenderMark{k.sender, k.sequence})
		}
	}
	return m
}

// Restore sets the marks of a virtual router that has sent and accepted nothing
// yet. Those of unicast senders that are no peers any more are left out.
func (m Marks) Restore(s *Signer, r *Rules) {
	s.ah = max(s.ah, m.AH)
	if m.HMAC != 0 && !s.started {
		s.sequence, s.started = m.HMAC, true
	}
	r.sequence = max(r.sequence, m.Accepted)
	for _, one := range m.Senders {
		r.restore(one)
	}
}

func (r *Rules) restore(m SenderMark) {
	if r.unicast() {
		for i := range r.peers {
			if p := &r.peers[i]; p.Addr == m.Sender && !p.mark.set {
				p.mark = mark{sender: m.Sender, sequence: m.Sequence, set: true}
			}
		}
		return
	}
	if r.mark(m.Sender) == nil {
		r.raise(nil, m.Sender, m.Sequence)
	}
}
