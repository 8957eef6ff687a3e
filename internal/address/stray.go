package address

import (
	"slices"

	"golang.org/x/sys/unix"
)

// A stray is a configured address that may turn up though nobody claims it.
type stray struct {
	Address
	owners []string
	remove bool
	stood  bool // it was there before the watching began, so it is none of our business
	seen   key  // of the one that stood
}

// Watch declares the addresses that an owner may claim one day. While they are unclaimed and one of them appears, put there
// by somebody else, it is told as StrayFound, or deleted and told as StrayRemoved when remove says so. What stands when
// Watch is called is left alone. A second call replaces the owner's list, an empty one ends it.
func (h *Holder) Watch(owner string, addrs []Address, remove bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	for n, s := range h.strays {
		if i := slices.Index(s.owners, owner); i >= 0 {
			if s.owners = slices.Delete(s.owners, i, i+1); len(s.owners) == 0 {
				delete(h.strays, n)
			}
		}
	}
	if len(addrs) == 0 {
		return nil
	}
	facts, err := h.facts(0)
	if err != nil {
		return err
	}
	stood := make(map[key]bool, len(facts))
	for _, f := range facts {
		stood[f.key()] = true
	}
	indexes := map[string]int{}
	for _, a := range addrs {
		if _, ok := indexes[a.Interface]; !ok {
			index, err := h.req.index(a.Interface)
			if err != nil {
				index = 0 // no interface, so nothing stands there
			}
			indexes[a.Interface] = index
		}
		s := h.strays[a.name()]
		if s == nil {
			s = &stray{Address: a}
			s.seen = keyOf(indexes[a.Interface], a.Prefix, a.Peer)
			s.stood = stood[s.seen] && h.placed[s.seen] == nil
			h.strays[a.name()] = s
		}
		s.owners, s.remove = append(s.owners, owner), remove
	}
	return nil
}

// appeared looks at an address that the kernel tells of: ours that failed duplicate address detection, or a stray.
func (h *Holder) appeared(f fact) []Note {
	if e := h.placed[f.key()]; e != nil {
		if f.flags&unix.IFA_F_DADFAILED != 0 {
			return []Note{e.note(Duplicate)}
		}
		return nil
	}
	_, before := h.inherited[f.key()]
	_, going := h.leaving[f.key()]
	if before || going {
		return nil
	}
	for n, s := range h.strays {
		if s.Prefix.Addr() != f.prefix.Addr() || s.stood || h.entries[n] != nil {
			continue
		}
		index, err := h.req.index(s.Interface)
		if err != nil || f.key() != keyOf(index, s.Prefix, s.Peer) || !h.there(f) {
			continue // of another interface, or an echo of what we ourselves held a moment ago
		}
		note := Note{Kind: StrayFound, Owner: s.owners[0], What: s.String(), Address: s.Address}
		if s.remove {
			if note.Err = h.delete([]place{{f.index, f.prefix, f.peer}}); note.Err == nil {
				note.Kind = StrayRemoved
				h.stats.StraysRemoved++
			}
		}
		return []Note{note}
	}
	return nil
}

// there asks the kernel whether an address still stands.
func (h *Holder) there(f fact) bool {
	facts, err := h.facts(f.index)
	return err == nil && slices.ContainsFunc(facts, func(x fact) bool { return x.key() == f.key() })
}
