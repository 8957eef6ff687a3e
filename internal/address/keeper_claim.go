package address

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Claim makes the things the owner's wanted ones, in this order, and all others of the owner unwanted. The error names what
// could not be added; the keeper goes on trying.
func (h *keeper[T]) Claim(owner string, things []T) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	if len(things) == 0 && len(h.order) == 0 {
		return nil
	}
	if err := h.listen(len(things)); err != nil {
		return err
	}
	wanted := map[string]bool{}
	var todo []*kept[T]
	var differ []string
	for _, x := range things {
		id := x.id()
		if wanted[id] {
			continue
		}
		wanted[id] = true
		e := h.entries[id]
		if e == nil {
			e = &kept[T]{thing: x, id: id}
			h.entries[id] = e
			h.bases[h.base(id)]++
			h.order = append(h.order, e)
		}
		if !slices.Contains(e.owners, owner) {
			e.owners = append(e.owners, owner)
		}
		if !reflect.DeepEqual(e.thing, x) {
			if e.status == ours {
				differ = append(differ, id)
			}
			e.thing, e.status, e.wasOurs = x, missing, false
		}
		if e.status == missing {
			todo = append(todo, e)
		}
	}
	errs := []error{h.unwant(owner, wanted), h.delete(differ), h.place(todo)}
	for _, e := range todo {
		switch {
		case e.err != nil:
			errs = append(errs, e.err)
		case e.status == foreign:
			errs = append(errs, fmt.Errorf("%s: %w", e.thing, errForeign))
		}
	}
	h.wake()
	return errors.Join(errs...)
}

// errForeign is why a wanted thing is not in the kernel although nothing was refused.
var errForeign = errors.New("another stands in its place, which was there before it and stays")

// base is what of an id tells whether something stands in the place of another.
func (h *keeper[T]) base(id string) string {
	if h.kind.base == nil {
		return id
	}
	return h.kind.base(id)
}

// concerns reports whether a change may have touched anything that is wanted.
func (h *keeper[T]) concerns(c change) bool {
	switch c.typ {
	case h.kind.del:
		return h.bases[h.base(c.id)] > 0
	case h.kind.add:
		return h.bases[h.base(c.id)] > 0 && h.entries[c.id] == nil
	}
	return true
}

// Lacking are those of the owner's things that do not stand, with the reason. What somebody just took away and is about to be
// put back is none of them, nor is what another has stood for since before the claim.
func (h *keeper[T]) Lacking(owner string) (list []error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.order {
		mending := e.lost && !e.told
		if slices.Contains(e.owners, owner) && (e.status == missing && !mending && !e.alien || e.status == foreign && e.told) {
			list = append(list, fmt.Errorf("%s: %w", e.thing, cmp.Or(e.err, errForeign)))
		}
	}
	return list
}

// Release makes everything of the owner unwanted and deletes what is ours. Releasing nothing is no error.
func (h *keeper[T]) Release(owner string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	err := h.unwant(owner, nil)
	h.wake()
	return err
}

func (h *keeper[T]) unwant(owner string, keep map[string]bool) error {
	var leave []string
	h.order = slices.DeleteFunc(h.order, func(e *kept[T]) bool {
		i := slices.Index(e.owners, owner)
		if i < 0 || keep[e.id] {
			return false
		}
		if e.owners = slices.Delete(e.owners, i, i+1); len(e.owners) > 0 {
			return false
		}
		delete(h.entries, e.id)
		if base := h.base(e.id); h.bases[base] > 1 {
			h.bases[base]--
		} else {
			delete(h.bases, base)
		}
		if e.status == ours || e.wasOurs {
			leave = append(leave, e.id)
		}
		return true
	})
	slices.Reverse(leave)
	return h.delete(leave)
}
