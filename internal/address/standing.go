package address

import "net/netip"

// A Standing is an address that stands in the kernel though nobody here has claimed it.
type Standing struct {
	Address Address // as it was asked for
	Prefix  netip.Prefix
	Tagged  bool // keepalived's tag: it was added by a keepalived, or by an xvrrp with another journal
	Journal bool // our predecessor's, see RemoveInherited
}

// Standing looks for addresses of the list in the kernel that nobody here has claimed, the same IPv4 address with another
// prefix length included: at start they tell of a killed keepalived, or of an address configured twice.
func (h *Holder) Standing(addrs []Address) ([]Standing, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errClosed
	}
	list, _, err := h.standing(addrs)
	return list, err
}

func (h *Holder) standing(addrs []Address) (list []Standing, facts []fact, err error) {
	all, err := h.facts(0)
	if err != nil {
		return nil, nil, err
	}
	byIP := map[netip.Addr][]fact{}
	for _, f := range all {
		byIP[f.prefix.Addr()] = append(byIP[f.prefix.Addr()], f)
	}
	for _, a := range addrs {
		for _, f := range byIP[a.Prefix.Addr()] {
			if h.placed[f.key()] != nil {
				continue
			}
			_, journal := h.inherited[f.key()]
			list = append(list, Standing{Address: a, Prefix: f.prefix, Tagged: f.proto == tag, Journal: journal})
			facts = append(facts, f)
		}
	}
	return list, facts, nil
}

// Adopt takes over addresses of the list that stand unclaimed and carry the tag, as if a predecessor's journal named them: a
// claim finds them its own, RemoveInherited removes them. It is for a caller that knows their daemon dead, such as a
// keepalived that was killed before xvrrp took its place. It returns how many there are.
func (h *Holder) Adopt(addrs []Address) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, errClosed
	}
	list, facts, err := h.standing(addrs)
	if err != nil {
		return 0, err
	}
	n := 0
	for i, s := range list {
		if s.Tagged && !s.Journal {
			h.inherited[facts[i].key()] = facts[i]
			n++
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, h.writeJournal()
}
