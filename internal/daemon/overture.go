package daemon

import (
	"github.com/xvrrp/xvrrp/internal/announce"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// overtureFrom is how many addresses an instance has at least whose announcement
// begins while they are still being added: for few, two threads cost more.
const overtureFrom = 64

// overture is the announcement of a takeover that has begun before the claim is
// over. Of the router's goroutine.
type overture struct {
	due     bool // a takeover is under way that shall be announced
	begun   bool
	whole   bool // there is no more to come
	targets []announce.Target
	ranks   []int // of the targets, among the instance's addresses
}

// beginOverture begins the announcement, and returns whom to tell how many of the
// addresses stand. Nil: nobody.
func (in *instance) beginOverture() func(n int) {
	o := &in.overture
	if !o.due {
		return nil
	}
	o.due = false
	k := in.packed()
	if all := len(k.wanted.addresses); all < overtureFrom {
		return func(n int) { // the books of the claim can wait
			if n == all {
				o.begun, o.whole = true, true
				in.proclaim(vrrp.BecameActive)
			}
		}
	}
	o.begun = true
	o.targets, o.ranks = k.targets, k.ranks
	in.d.announcer.Begin(in.id, in.schedule(vrrp.BecameActive))
	return func(n int) {
		i := 0
		for i < len(o.ranks) && o.ranks[i] < n {
			i++
		}
		if i > 0 {
			in.d.announcer.More(in.id, o.targets[:i:i], false)
			o.targets, o.ranks = o.targets[i:], o.ranks[i:]
		}
	}
}

// proclaim announces all addresses.
func (in *instance) proclaim(why vrrp.Why) {
	if err := in.d.announcer.Announce(in.id, in.schedule(why), in.packed().targets); err != nil {
		name := in.cfg().Name
		in.later(func() { in.log.Error("("+name+") cannot announce the addresses", "error", err) })
	}
}

// endOverture announces what is left, and reports whether there was a beginning.
func (in *instance) endOverture() bool {
	o := &in.overture
	begun := o.begun
	if begun && !o.whole {
		in.d.announcer.More(in.id, o.targets, true)
	}
	*o = overture{}
	return begun
}
