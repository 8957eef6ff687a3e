package address

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// place adds missing things to the kernel. Its error is the journal's or the socket's; what the kernel says of a thing is in
// the entry.
func (h *keeper[T]) place(todo []*kept[T]) error {
	if len(todo) == 0 {
		return nil
	}
	errs := []error{h.writeJournal()}
	bodies := make([][]byte, 0, len(todo))
	flags := make([]uint16, 0, len(todo))
	todo = slices.Clone(todo)
	todo = slices.DeleteFunc(todo, func(e *kept[T]) bool {
		body, err := e.thing.request(h.req.index)
		if err != nil {
			h.refused(e, err)
			return true
		}
		f := uint16(unix.NLM_F_CREATE | unix.NLM_F_EXCL)
		if h.inherited[e.id] || h.leaving[e.id] {
			delete(h.inherited, e.id)
			delete(h.leaving, e.id)
			f, e.wasOurs = h.kind.addFlags, true
			h.stats.Adopted++
		}
		bodies, flags = append(bodies, body), append(flags, f)
		return false
	})
	answers, err := h.req.batch(len(todo), func(i int) request {
		return request{typ: h.kind.add, flags: flags[i], body: func(b []byte) []byte { return append(b, bodies[i]...) }}
	})
	errs = append(errs, err)
	answers = slices.Clone(answers) // listing asks again
	var there map[string]bool
	for i, e := range todo {
		switch answer := answers[i]; {
		case answer == nil:
			e.retry.last = time.Now()
			h.stats.Added++
			h.stands(e, ours)
		case errors.Is(answer, unix.EEXIST):
			if there == nil {
				if there, err = h.list(); err != nil {
					errs = append(errs, err)
				}
			}
			if e.wasOurs && there[e.id] {
				h.stands(e, ours)
			} else {
				h.stands(e, foreign)
			}
		default:
			h.refused(e, answer)
		}
	}
	return errors.Join(append(errs, h.writeJournal())...)
}

func (h *keeper[T]) stands(e *kept[T], s status) {
	e.status, e.err, e.wasOurs = s, nil, false
	e.retry = retry{last: e.retry.last}
}

func (h *keeper[T]) refused(e *kept[T], err error) {
	e.status, e.err = missing, fmt.Errorf("add %s: %w", e.thing, err)
	e.retry.failed(time.Now())
	h.stats.Refused++
}

// delete takes things of ours away. What the kernel refuses stays in leaving and is tried again.
func (h *keeper[T]) delete(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var errs []error
	bodies := make([][]byte, len(ids))
	for i, id := range ids {
		h.leaving[id] = true
		var err error
		if bodies[i], err = h.kind.undo(id); err != nil {
			errs = append(errs, err)
		}
	}
	answers, err := h.req.batch(len(ids), func(i int) request {
		return request{typ: h.kind.del, body: func(b []byte) []byte { return append(b, bodies[i]...) }}
	})
	errs = append(errs, err)
	for i, id := range ids {
		switch answer := answers[i]; {
		case answer == nil:
			h.stats.Deleted++
			delete(h.leaving, id)
		case errors.Is(answer, unix.ESRCH), errors.Is(answer, unix.ENOENT), errors.Is(answer, unix.ENODEV):
			delete(h.leaving, id) // gone already
		default:
			h.stats.Refused++
			errs = append(errs, fmt.Errorf("delete %s %s: %w", h.kind.what, id, answer))
		}
	}
	if h.leave = (retry{tries: h.leave.tries}); len(h.leaving) > 0 {
		h.leave.failed(time.Now())
	} else {
		h.leave.tries = 0
	}
	return errors.Join(append(errs, h.writeJournal())...)
}

// run holds what is against what is wanted until the keeper is closed.
func (h *keeper[T]) run() {
	defer close(h.watch.done)
	for {
		changes, overrun, err := h.watch.hear()
		var notes []Note
		h.mu.Lock()
		switch {
		case h.closed:
			h.mu.Unlock()
			return
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			notes = append(notes, Note{Kind: Trouble, Err: err})
			overrun = true // whatever it was, look at everything
		}
		if overrun {
			h.stats.Resyncs++
		}
		for _, c := range changes {
			overrun = overrun || c.typ != h.kind.del || h.entries[c.id] != nil
		}
		if overrun && h.checkAt.IsZero() && len(h.order) > 0 {
			h.checkAt = time.Now().Add(checkPause)
		}
		notes = append(notes, h.repair(time.Now())...)
		h.wake()
		h.mu.Unlock()
		for _, n := range notes {
			h.notify(n)
		}
	}
}

// repair compares with the kernel when that is due, and tries everything whose time has come.
func (h *keeper[T]) repair(now time.Time) (notes []Note) {
	if !h.checkAt.IsZero() && !h.checkAt.After(now) {
		h.checkAt = time.Time{}
		if err := h.check(now); err != nil {
			notes = append(notes, Note{Kind: Trouble, Err: err})
		}
	}
	if !h.leave.at.IsZero() && !h.leave.at.After(now) {
		_ = h.delete(slices.Collect(maps.Keys(h.leaving))) // Release told of it; what still cannot be deleted comes again
	}
	var due []*kept[T]
	for _, e := range h.order {
		if e.status == missing && !e.retry.at.IsZero() && !e.retry.at.After(now) {
			due = append(due, e)
		}
	}
	if err := h.place(due); err != nil {
		notes = append(notes, Note{Kind: Trouble, Err: err})
	}
	for _, e := range due {
		n := Note{Owner: e.owners[0], What: e.thing.String(), Err: e.err}
		switch {
		case e.status == missing && e.lost && !e.told:
			e.told, n.Kind = true, Failed
		case e.status == missing:
		case !e.lost:
			n.Kind = Placed
		default:
			e.restored++
			h.stats.Restored++
			if e.restored == 1 {
				n.Kind = Restored
			}
		}
		if e.status != missing {
			e.lost, e.told = false, false
		}
		if n.Kind != 0 {
			notes = append(notes, n)
		}
	}
	return notes
}

// check finds what is gone. What was refused is tried again too, since something changed.
func (h *keeper[T]) check(now time.Time) error {
	there, err := h.list()
	if err != nil {
		return err
	}
	for _, e := range h.order {
		switch {
		case e.status == missing && !e.retry.at.IsZero():
			e.retry.at = now
		case e.status == ours && e.thing.tracked() && !there[e.id]:
			e.status, e.wasOurs, e.lost = missing, true, true
			e.err = fmt.Errorf("%s was taken away", e.thing)
			e.retry.at = now
			if again := e.retry.last.Add(restorePause); again.After(now) {
				e.retry.at = again
			}
		}
	}
	return nil
}

// wake has the loop come back when something is to be done.
func (h *keeper[T]) wake() {
	next := h.checkAt
	for _, at := range append([]time.Time{h.leave.at}, h.retries()...) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	h.watch.wakeAt(next)
}

func (h *keeper[T]) retries() (list []time.Time) {
	for _, e := range h.order {
		if e.status == missing {
			list = append(list, e.retry.at)
		}
	}
	return list
}
