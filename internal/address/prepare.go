package address

import (
	"slices"
	"time"
)

// Prepare names addresses in the journal that an owner may claim one day, so that the claim, which is in a hurry, finds the
// journal written. It returns at once; the watcher writes. A second call replaces the owner's list, an empty one ends it.
//
// The claim itself is put together, too; it must then be of the same slice, which is not to be changed.
//
// Only where the kernel shows tags: a line then is a mere hint, since what stands without our tag is nobody's to inherit.
// Elsewhere a claim writes its lines itself, as does one that was never prepared.
func (h *Holder) Prepare(owner string, addrs []Address) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || !h.tags {
		return
	}
	list := h.places(addrs)
	defer h.drafted(owner, addrs, list)
	if slices.Equal(h.prepared[owner], list) {
		return
	}
	if h.prepared[owner] = list; len(list) == 0 {
		delete(h.prepared, owner)
	}
	h.unwritten = true
	h.watch.wakeAt(time.Now())
}

// places are addresses where they would stand now; those of interfaces that are not there are left out.
func (h *Holder) places(addrs []Address) []place {
	list := make([]place, 0, len(addrs))
	name, index := "", 0
	for _, a := range addrs {
		if a.Interface != name {
			var err error
			name = a.Interface
			if index, err = h.req.index(name); err != nil {
				index = 0
			}
		}
		if index != 0 {
			list = append(list, place{index, a.Prefix, a.Peer})
		}
	}
	return list
}

// journalled tells whether the journal names all that is about to be added.
func (h *Holder) journalled(todo []*entry) bool {
	for _, e := range todo {
		if !h.journal.names(place{e.index, e.Prefix, e.Peer}) {
			return false
		}
	}
	return true
}
