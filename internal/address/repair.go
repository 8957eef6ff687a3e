package address

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// run holds what is against what is wanted until the holder is closed.
func (h *Holder) run() {
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
			notes = append(notes, Note{Kind: Trouble, Err: fmt.Errorf("watch addresses: %w", err)})
			overrun = true // whatever it was, look at everything
		}
		for _, f := range h.later {
			notes = append(notes, f())
		}
		h.later = nil
		notes = append(notes, h.react(changes, overrun)...)
		if h.unwritten {
			if err := h.writeJournal(); err != nil {
				notes = append(notes, Note{Kind: Trouble, Err: err})
			}
		}
		h.watch.wakeAt(h.nextRetry())
		h.mu.Unlock()
		for _, n := range notes {
			h.notify(n)
		}
	}
}

// react notes what changed and then does what is due.
func (h *Holder) react(changes []change, overrun bool) (notes []Note) {
	for _, c := range changes {
		switch c.typ {
		case unix.RTM_DELADDR:
			h.vanished(c.fact.key())
		case unix.RTM_NEWADDR:
			notes = append(notes, h.appeared(c.fact)...)
		case unix.RTM_NEWLINK:
			h.linkCame(c.name, c.index)
		case unix.RTM_DELLINK:
			notes = append(notes, h.linkWent(c.index)...)
		}
	}
	if overrun {
		h.stats.Resyncs++
		if err := h.resync(); err != nil {
			notes = append(notes, Note{Kind: Trouble, Err: err})
		}
	}
	return append(notes, h.repair(time.Now())...)
}

// vanished notes that an address is gone.
func (h *Holder) vanished(k key) {
	delete(h.inherited, k)
	delete(h.leaving, k)
	e := h.placed[k]
	if e == nil {
		for _, s := range h.strays {
			s.stood = s.stood && (s.index != k.index || s.Prefix.Addr() != k.addr)
		}
		return
	}
	h.lift(e)
	e.err = fmt.Errorf("%s was taken away", e.Address)
	if e.NoTrack {
		return
	}
	e.lost = true
	e.retry.at = time.Now()
	if again := e.retry.last.Add(restorePause); again.After(e.retry.at) {
		e.retry.at = again
	}
}

// linkCame has everything tried at once that waits for an interface, and moves what stands on another of its name.
func (h *Holder) linkCame(name string, index int) {
	var move []place
	for _, e := range h.order {
		if e.Interface != name {
			continue
		}
		switch {
		case e.status == missing && (e.lost || !e.retry.at.IsZero()):
			e.retry.at = time.Now()
		case e.status != missing && e.index != index:
			if e.status == ours {
				move = append(move, place{e.index, e.Prefix, e.Peer})
			}
			h.forget(e)
			e.retry.at = time.Now()
		}
	}
	// What cannot be deleted stays in leaving and is tried again.
	_ = h.delete(move)
}

// linkWent notes that an interface and everything on it are gone.
func (h *Holder) linkWent(index int) (notes []Note) {
	for k := range h.inherited {
		if k.index == index {
			delete(h.inherited, k)
		}
	}
	for k := range h.leaving {
		if k.index == index {
			delete(h.leaving, k)
		}
	}
	for _, s := range h.strays {
		s.stood = s.stood && s.index != index
	}
	for _, e := range h.order {
		if e.index != index {
			continue
		}
		stood := e.status != missing || e.lost
		h.forget(e)
		e.lost = false
		e.err = fmt.Errorf("%s: interface %s is gone: %w", e.Prefix, e.Interface, unix.ENODEV)
		e.retry.failed(time.Now())
		if stood && !e.told {
			e.told = true
			notes = append(notes, e.note(Failed))
		}
	}
	return notes
}

// resync compares everything, after changes went unheard.
func (h *Holder) resync() error {
	facts, err := h.facts(0)
	if err != nil {
		return err
	}
	there := make(map[key]bool, len(facts))
	for _, f := range facts {
		there[f.key()] = true
	}
	for k := range h.placed {
		if !there[k] {
			h.vanished(k)
		}
	}
	for _, e := range h.order { // an interface may have come unheard
		if e.status == missing && !e.retry.at.IsZero() {
			e.retry.at = time.Now()
		}
	}
	return nil
}

// repair tries everything whose time has come.
func (h *Holder) repair(now time.Time) (notes []Note) {
	if !h.leave.at.IsZero() && !h.leave.at.After(now) {
		_ = h.deleteLeaving() // Release told of it; what still cannot be deleted comes again
	}
	var due []*entry
	for _, e := range h.order {
		if e.status == missing && !e.retry.at.IsZero() && !e.retry.at.After(now) {
			due = append(due, e)
		}
	}
	if len(due) == 0 {
		return nil
	}
	var res Result
	if err := h.place(due, &res, nil); err != nil {
		notes = append(notes, Note{Kind: Trouble, Err: err})
	}
	for _, e := range due {
		if n, ok := h.outcome(e, now); ok {
			notes = append(notes, n)
		}
	}
	return notes
}

// outcome says what is worth telling of an attempt at an entry.
func (h *Holder) outcome(e *entry, began time.Time) (Note, bool) {
	n := e.note(0)
	if e.status == missing {
		n.Kind = Failed
		tell := e.lost && !e.told
		e.told = e.told || tell
		e.lost = e.lost && !errors.Is(e.err, unix.ENODEV) // with its interface: that it comes back is no restoration
		return n, tell
	}
	lost, told, addedNow := e.lost, e.told, !e.retry.last.Before(began)
	e.lost, e.told = false, false
	switch {
	case !lost:
		n.Kind = Placed
		return n, true
	case addedNow:
		n.Kind = Restored
		e.restored++
		h.stats.Restored++
		return n, e.restored == 1 || told
	default:
		return n, false // it stood after all: the loss was an old one, from before the claim
	}
}

func (e *entry) note(kind NoteKind) Note {
	return Note{Kind: kind, Owner: e.owners[0], What: e.String(), Address: e.Address, Err: e.err}
}

// nextRetry is when something is to be tried again, zero when nothing is.
func (h *Holder) nextRetry() time.Time {
	if h.unwritten {
		return time.Now()
	}
	next := h.leave.at
	if len(h.later) > 0 {
		return time.Now()
	}
	for _, e := range h.order {
		if at := e.retry.at; e.status == missing && !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}
