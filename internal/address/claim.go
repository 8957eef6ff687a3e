package address

import (
	"errors"
	"fmt"
	"slices"
)

// A Result says what became of a claim. Every address of it is counted once.
type Result struct {
	Held     int // stood already, claimed before
	Added    int
	Adopted  int       // a predecessor's, taken over
	Foreign  []Address // stood before us: held, but never deleted by us
	Failures []Failure // missing still; the holder goes on trying
}

// A Failure is an address that could not be added, and why.
type Failure struct {
	Address Address
	Err     error
}

// Claim makes the addresses the owner's wanted ones, all others of the owner unwanted, and does what is to be done in the
// kernel. The error joins the failures and tells of a journal that could not be written; addresses are added without it.
func (h *Holder) Claim(owner string, addrs []Address) (Result, error) {
	return h.ClaimStepwise(owner, addrs, nil)
}

// ClaimStepwise is Claim that tells how far it has come: the first n addresses of the list stand, or cannot be added. Not each
// is told, nor the end, and IPv6 addresses, which take long in steps, are told together. told is called with locks: it must
// not wait, nor call back.
func (h *Holder) ClaimStepwise(owner string, addrs []Address, told func(n int)) (Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var res Result
	var errs []error
	if h.closed {
		return res, errClosed
	}

	h.claims++
	if d := h.draft(owner, addrs); d != nil {
		res, errs = h.claimDraft(owner, d, told)
		return h.claimed(res, d.entries, errs)
	}
	todo := make([]*entry, 0, len(addrs))
	var differ []place
	for i, a := range addrs {
		if err := a.check(); err != nil {
			res.Failures = append(res.Failures, Failure{a, err})
			continue
		}
		e := h.want(owner, a)
		if e.claim == h.claims {
			continue
		}
		e.claim, e.rank = h.claims, i
		if e.Address != a {
			if e.status == ours {
				differ = append(differ, place{e.index, e.Prefix, e.Peer})
			}
			h.forget(e)
			e.Address = a
		}
		if e.status == missing {
			todo = append(todo, e)
		} else {
			res.Held++
		}
	}
	if err := h.unwant(owner, func(e *entry) bool { return e.claim == h.claims }); err != nil {
		errs = append(errs, err)
	}
	if err := h.delete(differ); err != nil { // to be added anew, as they are wanted now
		errs = append(errs, err)
	}
	if err := h.place(todo, &res, told); err != nil {
		errs = append(errs, err)
	}
	return h.claimed(res, todo, errs)
}

// claimed ends a claim: what could not be added is told, and tried again.
func (h *Holder) claimed(res Result, todo []*entry, errs []error) (Result, error) {
	for _, e := range todo {
		if e.err != nil {
			res.Failures = append(res.Failures, Failure{e.Address, e.err})
		}
	}
	errs = append(errs, failuresError(res.Failures))
	h.watch.wakeAt(h.nextRetry())
	return res, errors.Join(errs...)
}

var errClosed = errors.New("address: the holder is closed")

// failuresError is one error for any number of failures: the first in full.
func failuresError(f []Failure) error {
	switch len(f) {
	case 0:
		return nil
	case 1:
		return f[0].Err
	default:
		return fmt.Errorf("%w (and %d more)", f[0].Err, len(f)-1)
	}
}

// want notes that the owner wants an address.
func (h *Holder) want(owner string, a Address) *entry {
	n := a.name()
	e := h.entries[n]
	if e == nil {
		e = &entry{Address: a}
		h.entries[n] = e
		h.order = append(h.order, e)
	}
	if !slices.Contains(e.owners, owner) {
		e.owners = append(e.owners, owner)
	}
	return e
}

// lift notes that an entry does not stand. News of a deletion may be older than the address that stands now, so what it
// was and where is kept until an attempt to add it tells.
func (h *Holder) lift(e *entry) {
	if h.placed[e.key()] == e {
		delete(h.placed, e.key())
	}
	e.was, e.status = e.status, missing
}

// forget notes that an entry certainly does not stand.
func (h *Holder) forget(e *entry) {
	h.lift(e)
	e.was, e.index = missing, 0
}

// Release makes everything of the owner unwanted and deletes what is ours. Releasing nothing is no error. What cannot be
// deleted is reported and tried again later.
func (h *Holder) Release(owner string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	err := h.unwant(owner, func(*entry) bool { return false })
	h.watch.wakeAt(h.nextRetry())
	return err
}

// unwant takes the owner off every entry that is not to be kept and deletes those that nobody wants any more.
func (h *Holder) unwant(owner string, keep func(*entry) bool) error {
	gone := false
	for n, e := range h.entries {
		i := slices.Index(e.owners, owner)
		if i < 0 || keep(e) {
			continue
		}
		e.owners = slices.Delete(e.owners, i, i+1)
		if len(e.owners) > 0 {
			continue
		}
		gone = true
		delete(h.entries, n)
	}
	if !gone {
		return nil
	}
	// Backwards, so that primary addresses, which came first, go last and nothing needs promoting.
	var leave []place
	stands := h.standAsOurs()
	h.order = slices.DeleteFunc(h.order, func(e *entry) bool {
		if len(e.owners) > 0 {
			return false
		}
		if e.status == ours || e.status == missing && e.was == ours && stands(e) {
			leave = append(leave, place{e.index, e.Prefix, e.Peer})
		}
		h.outstay(e)
		h.forget(e)
		return true
	})
	slices.Reverse(leave)
	return h.delete(leave)
}

// standAsOurs asks the kernel about addresses that were ours and are said to be gone, once for each interface.
func (h *Holder) standAsOurs() func(*entry) bool {
	lists := map[int]map[key]fact{}
	unknown := map[int]bool{}
	return func(e *entry) bool {
		if lists[e.index] == nil && !unknown[e.index] {
			facts, err := h.facts(e.index)
			unknown[e.index] = err != nil // then let the deletion find out
			lists[e.index] = map[key]fact{}
			for _, f := range facts {
				lists[e.index][f.key()] = f
			}
		}
		f, there := lists[e.index][e.key()]
		return unknown[e.index] || there && (!h.tags || f.proto == tag)
	}
}

// Held tells how each of the owner's addresses stands, in the order of the claim.
func (h *Holder) Held(owner string) []Held {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Held
	for _, e := range h.order {
		if slices.Contains(e.owners, owner) {
			list = append(list, Held{
				Address: e.Address, Held: e.status != missing, Foreign: e.status == foreign,
				Mending: e.lost && !e.told, Restored: e.restored, Err: e.err,
			})
		}
	}
	return list
}

// Held is how one wanted address stands.
type Held struct {
	Address  Address
	Held     bool
	Foreign  bool  // held, but it stood before us
	Mending  bool  // not held, but it is about to be put back
	Restored int   // how often it was put back since it was claimed
	Err      error // why it is not held
}
