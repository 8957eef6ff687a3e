package address

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"
)

// replace puts the wanted things in the place of a predecessor's that are not the same in everything. answers are those to the first attempt, and then to this one.
func (h *keeper[T]) replace(todo []*kept[T], answers []error, add func(i int) request) error {
	var beside, inPlace []int
	for i, e := range todo {
		alone := e.thing.flags()&unix.NLM_F_EXCL != 0
		switch {
		case !e.heir:
		case !alone && answers[i] == nil: // refused, it would have been the same as the old one
			beside = append(beside, i)
		case alone && errors.Is(answers[i], unix.EEXIST) && h.kind.base != nil: // the same or not; a rule with the same id is the same
			inPlace = append(inPlace, i)
		}
		e.heir = false
	}
	var errs []error
	again := func(which []int, change func(request) request) {
		if len(which) == 0 {
			return
		}
		list, err := h.req.batch(len(which), func(i int) request { return change(add(which[i])) })
		for i, answer := range list {
			answers[which[i]] = answer
		}
		errs = append(errs, err)
	}
	inPlace, err := h.unshared(todo, inPlace)
	errs = append(errs, err)
	again(inPlace, func(r request) request {
		r.flags = unix.NLM_F_CREATE | unix.NLM_F_REPLACE
		return r
	})
	if len(beside) > 0 {
		for range 2 { // the old one and the new one, whichever the kernel finds first
			_, err := h.req.batch(len(beside), func(i int) request {
				body, err := h.kind.undo(todo[beside[i]].line)
				errs = append(errs, err)
				return request{typ: h.kind.del, body: func(b []byte) []byte { return append(b, body...) }}
			})
			errs = append(errs, err)
		}
		again(beside, func(r request) request { return r })
	}
	return errors.Join(errs...)
}

// unshared leaves out what others have added paths to, which the kernel would replace as well. Of those, what is to go another way
// than ours does goes, and another stands in its place.
func (h *keeper[T]) unshared(todo []*kept[T], which []int) ([]int, error) {
	if len(which) == 0 || h.kind.paths == nil {
		return which, nil
	}
	there, err := h.list()
	var leave []string
	which = slices.DeleteFunc(which, func(i int) bool {
		e := todo[i]
		if there[e.id] <= paths(e.line) {
			return false
		}
		if e.line != e.thing.line() {
			leave = append(leave, e.line)
		}
		return true
	})
	return which, errors.Join(err, h.delete(leave))
}
