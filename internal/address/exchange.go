package address

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A turned thing stands, and its entry wants another in its place.
type turned[T thing] struct {
	entry *kept[T]
	old   T
	sure  bool // that the old one stands
}

// exchange puts what is wanted in the place of what stands, the new before the old goes, so that every packet finds one of them.
// It returns the lines of what has to be deleted to be added anew: where the kernel will not have both, or could not tell which of
// them to delete. For that it goes by the gateway: settings or a tunnel that a request does not name may be any to it.
func (h *keeper[T]) exchange(list []turned[T]) (rest []string, err error) {
	type step struct {
		turned[T]
		add, del []byte
		flags    uint16
	}
	var there map[string]int
	shared := func(e *kept[T]) bool {
		if there == nil {
			var errList error
			there, errList = h.list()
			err = errors.Join(err, errList)
		}
		return there[e.id] > paths(e.line)
	}
	var steps []step
	for _, x := range list {
		add, errAdd := x.entry.thing.request(h.req.index)
		del, errDel := x.old.request(h.req.index)
		s := step{x, add, del, x.entry.thing.flags()}
		switch alone := s.flags&unix.NLM_F_EXCL != 0; {
		case !x.sure, errAdd != nil, errDel != nil:
			rest = append(rest, x.entry.line)
		case bytes.Equal(add, del): // they differ in nothing that the kernel knows of
			h.stands(x.entry, ours)
		case !alone && x.old.gate().IsValid() && x.entry.thing.gate().IsValid() && x.old.gate() != x.entry.thing.gate():
			steps = append(steps, s)
		case alone && h.kind.base != nil && add[0] == unix.AF_INET6 && !shared(x.entry):
			s.flags = unix.NLM_F_CREATE | unix.NLM_F_REPLACE
			steps = append(steps, s)
		default:
			rest = append(rest, x.entry.line)
		}
	}
	ask := func(typ uint16, flags func(s step) uint16, body func(s step) []byte) []error {
		answers, errAsk := h.req.batch(len(steps), func(i int) request {
			return request{typ: typ, flags: flags(steps[i]), body: func(b []byte) []byte { return append(b, body(steps[i])...) }}
		})
		err = errors.Join(err, errAsk)
		return slices.Clone(answers)
	}
	if len(steps) == 0 {
		return rest, err
	}

	var beside []step
	for i, answer := range ask(h.kind.add, func(s step) uint16 { return s.flags }, func(s step) []byte { return s.add }) {
		switch s := steps[i]; {
		case answer != nil:
			rest = append(rest, s.entry.line)
		case s.flags&unix.NLM_F_REPLACE != 0:
			h.exchanged(s.entry)
		default:
			beside = append(beside, s)
		}
	}
	if steps = beside; len(steps) == 0 {
		return rest, err
	}
	for i, answer := range ask(h.kind.del, func(step) uint16 { return 0 }, func(s step) []byte { return s.del }) {
		if answer == nil {
			h.exchanged(steps[i].entry)
		} else {
			rest = append(rest, steps[i].entry.line, steps[i].entry.line) // the old one and the new one
		}
	}
	return rest, err
}

func (h *keeper[T]) exchanged(e *kept[T]) {
	e.retry.last = time.Now()
	h.stats.Added++
	h.stats.Deleted++
	h.stands(e, ours)
}
