package address

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A draft is a claim that has been put together beforehand: what remains to be done, in a hurry, is the write. Of
// addresses that do not stand, and are nobody's yet.
type draft struct {
	addrs   []Address // as they will be claimed: the same slice
	entries []*entry
	writes  [][]byte  // of batchSize requests each
	named   uint64    // the journal's edition that names them all
	seen    time.Time // when the interfaces were looked up last
}

// draftFresh is for how long an interface need not be looked up again. Should it go meanwhile, the kernel refuses, and the
// next attempt finds the one that came in its place.
const draftFresh = 10 * time.Millisecond

// rehearsalFresh is for how long a processor remembers.
const rehearsalFresh = 2 * time.Millisecond

// drafted renews an owner's draft, which stands at places. With h.mu held.
func (h *Holder) drafted(owner string, addrs []Address, at []place) {
	d := h.drafts[owner]
	switch {
	case len(addrs) == 0:
		delete(h.drafts, owner)
		return
	case d == nil || !d.is(addrs) || !d.stands(at):
		if d = newDraft(addrs, at); d == nil {
			delete(h.drafts, owner)
			return
		}
		h.drafts[owner] = d
	}
	d.seen = time.Now()
	if d.named != h.journal.edition && h.journalled(d.entries) {
		d.named = h.journal.edition
	}
}

// newDraft is nil where some of it needs more thought.
func newDraft(addrs []Address, at []place) *draft {
	if len(at) != len(addrs) {
		return nil // an interface is missing
	}
	d := &draft{addrs: addrs}
	seen := make(map[name]bool, len(addrs))
	for i, a := range addrs {
		if a.check() != nil || seen[a.name()] {
			return nil
		}
		seen[a.name()] = true
		d.entries = append(d.entries, &entry{Address: a, index: at[i].index, rank: i})
	}
	for chunk := range slices.Chunk(d.entries, batchSize) {
		var out []byte
		for i, e := range chunk {
			out = appendRequest(out, 0, acknowledgement(i, len(chunk)), e.addition())
		}
		d.writes = append(d.writes, out)
	}
	return d
}

// is tells whether a list is the one that was drafted.
func (d *draft) is(addrs []Address) bool {
	return len(d.addrs) == len(addrs) && &d.addrs[0] == &addrs[0]
}

// stands tells whether the interfaces are those that were drafted for.
func (d *draft) stands(at []place) bool {
	return slices.EqualFunc(d.entries, at, func(e *entry, p place) bool { return e.index == p.index })
}

// draft takes an owner's draft, if it holds: nobody has any of the addresses, and the interfaces are what they were.
func (h *Holder) draft(owner string, addrs []Address) *draft {
	d := h.usable(owner, addrs)
	delete(h.drafts, owner)
	return d
}

// usable is the draft as it is, without taking it.
func (h *Holder) usable(owner string, addrs []Address) *draft {
	d := h.drafts[owner]
	if d == nil || !d.is(addrs) {
		return nil
	}
	iface, fresh := "", time.Since(d.seen) < draftFresh
	for _, e := range d.entries {
		if e.Interface != iface && !fresh {
			iface = e.Interface
			if index, err := h.req.index(iface); err != nil || index != e.index {
				return nil
			}
		}
		if h.entries[e.name()] != nil || h.known(e.key()) {
			return nil
		}
	}
	for _, e := range h.order {
		if slices.Contains(e.owners, owner) {
			return nil
		}
	}
	return d
}

// known tells whether a predecessor left an address, or we could not delete it.
func (h *Holder) known(k key) bool {
	if len(h.inherited) == 0 && len(h.leaving) == 0 {
		return false
	}
	_, left := h.inherited[k]
	_, leaves := h.leaving[k]
	return left || leaves
}

// claimDraft is ClaimStepwise of a draft.
func (h *Holder) claimDraft(owner string, d *draft, told func(n int)) (res Result, errs []error) {
	if d.named != h.journal.edition && !h.journalled(d.entries) {
		// What is not in the journal yet is not in the kernel: this names the prepared ones, too.
		if err := h.writeJournal(); err != nil {
			errs = append(errs, err)
		}
	}
	answers, err := h.req.deliver(len(d.entries), func(from, to int) []byte { return d.writes[from/batchSize] }, h.teller(d.entries, told))
	if err != nil {
		errs = append(errs, err)
	}
	for _, e := range d.entries {
		e.claim, e.owners = h.claims, []string{owner}
		h.entries[e.name()] = e
	}
	h.order = append(h.order, d.entries...)
	if err := h.answered(d.entries, answers, &res); err != nil {
		errs = append(errs, err)
	}
	return res, errs
}

// Rehearse goes the way of a drafted claim, with a request for nothing: what a processor has not done for a while it does at
// a tenth of its pace. The draft stays. Of many claims one after the other only the first rehearses.
func (h *Holder) Rehearse(owner string, addrs []Address) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.closed || now.Sub(h.rehearsed) < rehearsalFresh {
		return nil
	}
	d := h.usable(owner, addrs)
	if d == nil {
		return nil
	}
	h.rehearsed = now
	nothing := request{typ: unix.NLMSG_NOOP, body: func(b []byte) []byte { return b }}
	_, err := h.req.batchTold(1, func(int) request { return nothing }, h.teller(d.entries[:1], func(int) {}))
	return err
}

// addition asks for an entry's address.
func (e *entry) addition() request {
	return request{
		typ:   unix.RTM_NEWADDR,
		flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL,
		body:  func(b []byte) []byte { return e.appendAdd(b, e.index) },
	}
}

// teller turns so many entries into so many of the claim's list. Nil: nobody is to be told.
func (h *Holder) teller(entries []*entry, told func(n int)) func(n int) {
	if told == nil || len(entries) >= followFrom && entries[0].Prefix.Addr().Is6() {
		return nil
	}
	return func(n int) { told(entries[n-1].rank + 1) }
}
