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
	var changed []turned[T]
	for _, x := range oneOfEach(things) {
		id := x.id()
		wanted[id] = true
		e := h.entries[id]
		if e == nil {
			e = &kept[T]{thing: x, id: id}
			h.entries[id] = e
			h.bases[h.base(id)]++
			h.order = append(h.order, e)
		}
		e.want(owner, x)
		if old := e.turn(); old.entry != nil {
			changed = append(changed, old)
		}
		if e.status == missing {
			todo = append(todo, e)
		}
	}
	leave, old, instead := h.unwant(owner, wanted)
	todo = append(todo, instead...)
	errs := []error{h.delete(leave), h.turnTo(append(changed, old...), todo)}
	for _, e := range todo {
		switch {
		case e.err != nil:
			errs = append(errs, e.err)
		case e.status == foreign:
			errs = append(errs, fmt.Errorf("%s: %w", e.thing, errForeign))
		}
	}
	errs = append(errs, h.behind(owner))
	h.wake()
	return errors.Join(errs...)
}

// turnTo has things stand that are missing, some of which are to be in the place of others.
func (h *keeper[T]) turnTo(changed []turned[T], todo []*kept[T]) error {
	rest, err := h.exchange(changed)
	err = errors.Join(err, h.delete(rest))
	var missed []*kept[T]
	for _, e := range todo {
		if e.status == missing {
			missed = append(missed, e)
		}
	}
	return errors.Join(err, h.place(missed))
}

// oneOfEach leaves of the things of each id that one which the kernel would go by, at the place of the first.
func oneOfEach[T thing](things []T) (list []T) {
	at := map[string]int{}
	for _, x := range things {
		i, again := at[x.id()]
		switch {
		case !again:
			at[x.id()] = len(list)
			list = append(list, x)
		case x.before():
			list[i] = x
		}
	}
	return list
}

// want notes what an owner would have stand. Whoever claims again keeps his place.
func (e *kept[T]) want(owner string, x T) {
	if i := slices.IndexFunc(e.wants, func(w want[T]) bool { return w.owner == owner }); i >= 0 {
		e.wants[i].thing = x
		return
	}
	at := len(e.wants)
	if x.before() {
		at = 0
	}
	e.wants = slices.Insert(e.wants, at, want[T]{owner, x})
}

// turn has the first of the wants be what is to stand. It returns what stands, and is to go for that; its entry is nil when nothing is.
func (e *kept[T]) turn() turned[T] {
	x := e.wants[0].thing
	if reflect.DeepEqual(e.thing, x) {
		return turned[T]{}
	}
	old := turned[T]{entry: e, old: e.thing, sure: e.status == ours}
	if !old.sure && !e.wasOurs {
		old.entry = nil
	}
	e.thing, e.status, e.wasOurs = x, missing, false
	return old
}

// behind names what the owner wants and another of ours stands for.
func (h *keeper[T]) behind(owner string) error {
	var errs []error
	for _, e := range h.order {
		for _, w := range e.wants[1:] {
			if w.owner == owner && !reflect.DeepEqual(w.thing, e.thing) {
				errs = append(errs, fmt.Errorf("%s: the kernel cannot keep it apart from %s, which stands as long as its instance wants it", w.thing, e.thing))
			}
		}
	}
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
		if e.wantedBy(owner) && (e.status == missing && !mending && !e.alien || e.status == foreign && e.told) {
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
	leave, old, instead := h.unwant(owner, nil)
	err := errors.Join(h.delete(leave), h.turnTo(old, instead))
	for _, e := range instead {
		err = errors.Join(err, e.err)
	}
	h.wake()
	return err
}

func (e *kept[T]) wantedBy(owner string) bool {
	return slices.ContainsFunc(e.wants, func(w want[T]) bool { return w.owner == owner })
}

// unwant takes the owner off everything that is not to be kept. leave are the lines of what is ours and nobody wants any more, old is
// what stands and has to go for what others want in its place, which is in instead.
func (h *keeper[T]) unwant(owner string, keep map[string]bool) (leave []string, old []turned[T], instead []*kept[T]) {
	h.order = slices.DeleteFunc(h.order, func(e *kept[T]) bool {
		if !e.wantedBy(owner) || keep[e.id] {
			return false
		}
		e.wants = slices.DeleteFunc(e.wants, func(w want[T]) bool { return w.owner == owner })
		if len(e.wants) > 0 {
			before := e.thing
			if x := e.turn(); x.entry != nil {
				old = append(old, x)
			}
			if e.thing != before {
				instead = append(instead, e)
			}
			return false
		}
		delete(h.entries, e.id)
		if base := h.base(e.id); h.bases[base] > 1 {
			h.bases[base]--
		} else {
			delete(h.bases, base)
		}
		if e.status == ours || e.wasOurs {
			leave = append(leave, e.line)
		}
		return true
	})
	slices.Reverse(leave)
	return leave, old, instead
}
