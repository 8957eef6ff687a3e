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
	todo = slices.Clone(todo)
	todo = slices.DeleteFunc(todo, func(e *kept[T]) bool {
		body, err := e.thing.request(h.req.index)
		if err != nil {
			h.refused(e, err)
			return true
		}
		if line := h.left(e.id); line != "" {
			e.line, e.wasOurs, e.heir = line, true, true
			h.stats.Adopted++
		}
		bodies = append(bodies, body)
		return false
	})
	add := func(i int) request {
		return request{typ: h.kind.add, flags: todo[i].thing.flags(), body: func(b []byte) []byte { return append(b, bodies[i]...) }}
	}
	answers, err := h.req.batch(len(todo), add)
	errs = append(errs, err)
	answers = slices.Clone(answers) // what follows asks again
	errs = append(errs, h.replace(todo, answers, add))
	var there map[string]int
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
			if e.wasOurs && there[e.id] > 0 {
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

// left finds what is left of a predecessor or of a deletion that failed, and takes it off those lists.
func (h *keeper[T]) left(id string) (found string) {
	for _, set := range []map[string]bool{h.inherited, h.leaving} {
		for line := range set {
			if lineID(line) == id {
				found = line
				delete(set, line)
			}
		}
	}
	return found
}

func (h *keeper[T]) stands(e *kept[T], s status) {
	e.status, e.err, e.wasOurs, e.line = s, nil, false, ""
	if s == ours {
		e.line = e.thing.line()
	}
	e.retry = retry{last: e.retry.last}
}

func (h *keeper[T]) refused(e *kept[T], err error) {
	e.status, e.err = missing, fmt.Errorf("add %s: %w", e.thing, err)
	e.retry.failed(time.Now())
	h.stats.Refused++
}

// delete takes things of ours away. What the kernel refuses stays in leaving and is tried again.
func (h *keeper[T]) delete(lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	var errs []error
	bodies := make([][]byte, len(lines))
	for i, line := range lines {
		h.leaving[line] = true
		var err error
		if bodies[i], err = h.kind.undo(line); err != nil {
			errs = append(errs, err)
		}
	}
	answers, err := h.req.batch(len(lines), func(i int) request {
		return request{typ: h.kind.del, body: func(b []byte) []byte { return append(b, bodies[i]...) }}
	})
	errs = append(errs, err)
	for i, line := range lines {
		switch answer := answers[i]; {
		case answer == nil:
			h.stats.Deleted++
			delete(h.leaving, line)
		case errors.Is(answer, unix.ESRCH), errors.Is(answer, unix.ENOENT), errors.Is(answer, unix.ENODEV):
			delete(h.leaving, line) // gone already
		default:
			h.stats.Refused++
			errs = append(errs, fmt.Errorf("delete %s %s: %w", h.kind.what, line, answer))
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
			overrun = overrun || h.concerns(c)
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
		n := Note{Owner: e.wants[0].owner, What: e.thing.String(), Err: e.err}
		still := e.alien && e.status == foreign
		e.alien = false
		switch {
		case still:
		case e.status == foreign: // whoever took ours away put his own there
			n.Kind, n.Err = Failed, errForeign
			if e.told || !e.lost {
				n.Kind = 0
			}
			e.told = true
		case e.status == missing && e.lost && !e.told:
			e.told, n.Kind = true, Failed
		case e.status == missing:
		case !e.lost:
			n.Kind = Placed
		default:
			e.restored++
			h.stats.Restored++
			if e.restored == 1 || e.told {
				n.Kind = Restored
			}
		}
		if e.status == ours {
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
		case e.status == foreign && e.thing.tracked():
			e.status, e.alien, e.retry.at = missing, true, now // it may have gone
		case e.status == ours && e.thing.tracked() && there[e.id] == 0:
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
