package address

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// place adds missing entries to the kernel in one batch and notes what became of each. Its error is the journal's or the
// socket's; what the kernel says of an address is in the entry. told, when there is one, is as in ClaimStepwise.
func (h *Holder) place(todo []*entry, res *Result, told func(n int)) error {
	if len(todo) == 0 {
		return nil
	}
	todo = h.adopt(h.resolve(todo), res)
	if len(todo) == 0 {
		return nil
	}
	for _, e := range todo {
		if e.was == foreign {
			e.was = missing // what we add now is ours
		}
	}
	var errs []error
	if !h.journalled(todo) {
		if err := h.writeJournal(); err != nil {
			errs = append(errs, err)
		}
	}
	answers, err := h.req.batchTold(len(todo), func(i int) request { return todo[i].addition() }, h.teller(todo, told))
	return errors.Join(append(errs, err, h.answered(todo, answers, res))...)
}

// answered notes what became of entries that were to be added.
func (h *Holder) answered(todo []*entry, answers []error, res *Result) error {
	var errs []error
	h.added()
	var stood []*entry
	tidy := false
	for i, e := range todo {
		switch answer := answers[i]; {
		case answer == nil:
			h.stands(e, ours)
			e.retry.last = time.Now()
			h.stats.Added++
			res.Added++
		case errors.Is(answer, unix.EEXIST):
			stood = append(stood, e)
		default:
			h.refused(e, answer)
			tidy = true
		}
	}
	if len(stood) > 0 {
		tidy = true
		if err := h.whose(stood, res); err != nil {
			errs = append(errs, err)
		}
	}
	if tidy { // the journal names too many
		if err := h.writeJournal(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// resolve finds the entries' interfaces and returns those that have one.
func (h *Holder) resolve(todo []*entry) []*entry {
	type found struct {
		index int
		err   error
	}
	seen := map[string]found{}
	some := todo[:0:0]
	for _, e := range todo {
		f, ok := seen[e.Interface]
		if !ok {
			f.index, f.err = h.req.index(e.Interface)
			seen[e.Interface] = f
		}
		if f.err != nil {
			h.forget(e)
			e.err = fmt.Errorf("add %s: %w", e.Prefix, f.err)
			e.retry.failed(time.Now())
			h.stats.Refused++
			continue
		}
		if e.index != f.index {
			h.forget(e)
			e.index = f.index
		}
		some = append(some, e)
	}
	return some
}

// adopt takes over what a predecessor left. Where it differs from what is wanted, it is deleted, to be added anew.
func (h *Holder) adopt(todo []*entry, res *Result) []*entry {
	if len(h.inherited) == 0 && len(h.leaving) == 0 {
		return todo
	}
	some := todo[:0:0]
	var differ []place
	for _, e := range todo {
		if _, ok := h.leaving[e.key()]; ok {
			delete(h.leaving, e.key())
			e.was = ours
		}
		f, ok := h.inherited[e.key()]
		if !ok {
			some = append(some, e)
			continue
		}
		delete(h.inherited, e.key())
		if e.matches(f) {
			h.stands(e, ours)
			h.stats.Adopted++
			res.Adopted++
			continue
		}
		differ = append(differ, place{f.index, f.prefix, f.peer})
		some = append(some, e)
	}
	if len(differ) > 0 {
		// A failure shows when the address is added: it is there still. The next attempt comes by the retry.
		_ = h.delete(differ)
	}
	return some
}

// matches tells whether the address in the kernel is as it is wanted. Flags that only ask how to add (no duplicate address
// detection) do not count.
func (e *entry) matches(f fact) bool {
	const kept = unix.IFA_F_HOMEADDRESS | unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_MCAUTOJOIN
	if e.Prefix != f.prefix || e.Peer != f.peer || e.flags()&kept != f.flags&kept {
		return false
	}
	// A finite lifetime is shown as it runs down, or for IPv4 not at all; only its end is compared.
	if (e.preferred() == 0) != (f.flags&unix.IFA_F_DEPRECATED != 0) {
		return false
	}
	if e.Prefix.Addr().Is6() {
		return true
	}
	label := e.Label
	if label == "" {
		label = e.Interface
	}
	return label == f.label && e.Broadcast == f.broadcast && e.Scope == f.scope
}

// whose finds out about addresses that the kernel has already. Ours is only what was ours before and carries our tag, if
// there are tags; everything else is foreign.
func (h *Holder) whose(stood []*entry, res *Result) error {
	tags := map[key]byte{}
	listed := map[int]bool{}
	for _, e := range stood {
		if listed[e.index] {
			continue
		}
		listed[e.index] = true
		facts, err := h.facts(e.index)
		if err != nil {
			return err
		}
		for _, f := range facts {
			tags[f.key()] = f.proto
		}
	}
	for _, e := range stood {
		if e.was == ours && (!h.tags || tags[e.key()] == tag) {
			h.stands(e, ours)
			res.Held++
			continue
		}
		h.stands(e, foreign)
		res.Foreign = append(res.Foreign, e.Address)
	}
	return nil
}

func (h *Holder) stands(e *entry, s status) {
	e.status, e.was, e.err = s, missing, nil
	e.retry = retry{last: e.retry.last}
	h.placed[e.key()] = e
}

func (h *Holder) refused(e *entry, err error) {
	e.err = fmt.Errorf("add %s: %w", e.Address, err)
	if no := new(refusal); errors.As(err, &no) {
		h.forget(e)
	} else {
		e.was = ours // no answer came: it may stand, and then it is ours
	}
	e.retry.failed(time.Now())
	h.stats.Refused++
}
