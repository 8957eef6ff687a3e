package address

import (
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// A stray is a configured address that may turn up though nobody claims it.
type stray struct {
	Address
	owners []string
	remove bool
	stood  bool // it was there before the watching began, so it is none of our business
	index  int  // the interface that it was to be looked for on, 0 when there was none
}

// is tells whether an address of the kernel's is the stray, with whatever prefix length: it is answered for all the same.
func (s *stray) is(index int, f fact) bool {
	return f.index == index && f.prefix.Addr() == s.Prefix.Addr()
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
	type spot struct {
		index int
		addr  netip.Addr
	}
	stood := make(map[spot]bool, len(facts))
	for _, f := range facts {
		if h.placed[f.key()] == nil {
			stood[spot{f.index, f.prefix.Addr()}] = true
		}
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
			s = &stray{Address: a, index: indexes[a.Interface]}
			s.stood = stood[spot{s.index, a.Prefix.Addr()}]
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
		if err != nil || !s.is(index, f) || !h.there(f) {
			continue // of another interface, or an echo of what we ourselves held a moment ago
		}
		return []Note{h.strayed(s, place{f.index, f.prefix, f.peer})}
	}
	return nil
}

// strayed does with a stray what its rule says.
func (h *Holder) strayed(s *stray, at place) Note {
	note := Note{Kind: StrayFound, Owner: s.owners[0], What: s.String(), Address: s.Address}
	h.stats.StraysFound++
	if !s.remove {
		return note
	}
	if note.Err = h.delete([]place{at}); note.Err == nil {
		note.Kind = StrayRemoved
		h.stats.StraysRemoved++
	}
	return note
}

// outstay looks at an address that we release and that is not ours: when it did not stand before us, somebody put it in the
// place of ours meanwhile, and it is a stray from now on.
func (h *Holder) outstay(e *entry) {
	if s := h.strays[e.name()]; s != nil && !s.stood && e.status == foreign {
		at := place{e.index, e.Prefix, e.Peer} // e forgets it
		h.later = append(h.later, func() Note { return h.strayed(s, at) })
	}
}

// there asks the kernel whether an address still stands.
func (h *Holder) there(f fact) bool {
	facts, err := h.facts(f.index)
	return err == nil && slices.ContainsFunc(facts, func(x fact) bool { return x.key() == f.key() })
}
