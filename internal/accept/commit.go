package accept

import (
	"errors"
	"fmt"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// perMessage is how many elements go in one message, whose length field has 16 bits.
const perMessage = 500

// commit brings the table to what is wanted. Who waits for a transaction under way finds that the next one has done his
// work as well.
func (f *Filter) commit() error {
	f.kernel.Lock()
	defer f.kernel.Unlock()
	if f.closed {
		return errors.New("packet filter: closed")
	}
	add, del, want := f.changes()
	if len(add)+len(del) == 0 && (f.stands || len(want) == 0) {
		return nil
	}
	if err := f.write(add, del, want); err != nil {
		f.touchAll(add, del)
		return fmt.Errorf("packet filter: %w", err)
	}
	return nil
}

// changes takes what was touched and compares it with what stands; want is everything.
func (f *Filter) changes() (add, del, want []element) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := range f.touched {
		_, there := f.have[e]
		switch wanted := f.want[e] > 0; {
		case wanted && !there:
			add = append(add, e)
		case !wanted && there:
			del = append(del, e)
		}
	}
	clear(f.touched)
	if !f.stands {
		for e := range f.want {
			want = append(want, e)
		}
	}
	return add, del, want
}

// touchAll has the next commit look at elements again that this one could not write.
func (f *Filter) touchAll(lists ...[]element) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range lists {
		for _, e := range list {
			f.touched[e] = struct{}{}
		}
	}
}

// write changes the sets, or makes the table when it does not stand. A table that somebody took away is made anew.
func (f *Filter) write(add, del, want []element) error {
	if f.stands {
		err := f.change(add, del)
		if !errors.Is(err, unix.ENOENT) {
			return err
		}
		f.stands = false
		clear(f.have)
		f.mu.Lock()
		for e := range f.want {
			want = append(want, e)
		}
		f.mu.Unlock()
	}
	return f.make(want)
}

func (f *Filter) change(add, del []element) error {
	return f.transaction(func(c *nftables.Conn) error {
		t := f.table()
		return errors.Join(
			eachSet(add, func(k kind, keys []nftables.SetElement) error { return c.SetAddElements(set(t, k), keys) }),
			eachSet(del, func(k kind, keys []nftables.SetElement) error { return c.SetDeleteElements(set(t, k), keys) }))
	}, func() {
		for _, e := range add {
			f.have[e] = struct{}{}
		}
		for _, e := range del {
			delete(f.have, e)
		}
	})
}

// make replaces a table of our name by a whole one, so that nothing passes in between.
func (f *Filter) make(want []element) error {
	err := f.transaction(func(c *nftables.Conn) error {
		t := f.table()
		c.AddTable(t) // so that the deletion finds one
		c.DelTable(t)
		c.AddTable(t)
		for k := range kinds {
			if err := c.AddSet(set(t, k), nil); err != nil {
				return err
			}
		}
		rules(c, t)
		return eachSet(want, func(k kind, keys []nftables.SetElement) error { return c.SetAddElements(set(t, k), keys) })
	}, func() {
		f.stands = true
		clear(f.have)
		for _, e := range want {
			f.have[e] = struct{}{}
		}
	})
	if err == nil {
		f.follow()
	}
	return err
}

// eachSet hands the elements of each set over in bites.
func eachSet(list []element, do func(kind, []nftables.SetElement) error) error {
	var byKind [kinds][]nftables.SetElement
	for _, e := range list {
		byKind[e.kind] = append(byKind[e.kind], nftables.SetElement{Key: []byte(e.key)})
	}
	for k, keys := range byKind {
		for len(keys) > 0 {
			n := min(len(keys), perMessage)
			if err := do(kind(k), keys[:n]); err != nil {
				return err
			}
			keys = keys[n:]
		}
	}
	return nil
}

// transaction sends what fill says as a whole and does then when the kernel took it.
func (f *Filter) transaction(fill func(*nftables.Conn) error, then func()) error {
	if f.conn == nil {
		c, err := nftables.New(nftables.AsLasting())
		if err != nil {
			return fmt.Errorf("nftables: %w", err)
		}
		f.conn = c
	}
	if err := fill(f.conn); err != nil {
		return err
	}
	if err := f.conn.Flush(); err != nil {
		return fmt.Errorf("nftables: %w", err)
	}
	then()
	return nil
}

// removeInherited deletes a predecessor's table when there is nothing to replace it by. A kernel without nftables has none.
func (f *Filter) removeInherited() error {
	f.mu.Lock()
	wanted := len(f.want)
	f.mu.Unlock()
	if wanted > 0 || f.stands {
		return nil
	}
	if err := f.remove(); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.EPROTONOSUPPORT) {
		return fmt.Errorf("packet filter: remove table %s of a predecessor: %w", f.name, err)
	}
	return nil
}

func (f *Filter) remove() error {
	return f.transaction(func(c *nftables.Conn) error { c.DelTable(f.table()); return nil }, func() {
		f.stands = false
		clear(f.have)
	})
}

// end closes the filter, with its table or without.
func (f *Filter) end(remove bool) error {
	f.kernel.Lock()
	defer f.kernel.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	var errs []error
	if f.events != nil {
		errs = append(errs, f.events.Close())
	}
	if remove && f.stands {
		if err := f.remove(); !errors.Is(err, unix.ENOENT) {
			errs = append(errs, err)
		}
	}
	if f.conn != nil {
		errs = append(errs, f.conn.CloseLasting())
	}
	return errors.Join(errs...)
}
