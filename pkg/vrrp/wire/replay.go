package wire

import (
	"net/netip"
	"time"
)

// multicastMarks is for how many multicast senders a mark is kept.
const multicastMarks = 4

// mark is the highest HMAC sequence that a sender was heard with.
type mark struct {
	sender   netip.Addr
	sequence uint64
	set      bool
	used     uint64 // Rules.uses when the mark was last raised
}

// fresh reports whether sequence may follow m: it is greater, by the signed
// difference of 64 bits (RFC 1982). In time mode a mark outside the window is
// forgotten, since an advert of that age is refused as stale anyway.
func (m *mark) fresh(sequence uint64, h *HMAC, now time.Time) bool {
	if m == nil || !m.set {
		return true
	}
	if h.Replay == ReplayTime && !inWindow(m.sequence, h.Window, now) {
		return true
	}
	return int64(sequence-m.sequence) > 0
}

// inWindow compares whole seconds modulo 2^32, as keepalived does.
func inWindow(sequence uint64, window time.Duration, now time.Time) bool {
	return Trailer{Sequence: sequence}.Skew(now).Abs() <= window
}

// mark returns the mark of a multicast sender, nil when there is none.
func (r *Rules) mark(sender netip.Addr) *mark {
	for i := range r.marks {
		if r.marks[i].set && r.marks[i].sender == sender {
			return &r.marks[i]
		}
	}
	return nil
}

// raise sets the mark of a sender. A multicast sender without one takes an
// unused place or that of the sender that was silent longest.
func (r *Rules) raise(m *mark, sender netip.Addr, sequence uint64) {
	if m == nil {
		m = &r.marks[0]
		for i := range r.marks {
			if r.marks[i].used < m.used {
				m = &r.marks[i]
			}
		}
	}
	r.uses++
	*m = mark{sender: sender, sequence: sequence, set: true, used: r.uses}
}
