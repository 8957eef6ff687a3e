package survey

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// remembered is for how long what a silent router said is held against others.
const remembered = 24 * time.Hour

// compare holds an advert against what the other routers of its virtual router
// said last, whenever that was: a Backup is silent for as long as all is well.
func (j *Judge) compare(e Event, r *router, s *Sender) {
	a := e.Advert
	if a.family == wire.IPv6 && len(a.Addresses) > 0 && !a.Addresses[0].IsLinkLocalUnicast() {
		j.found(e, NotLinkLocal, a.Addresses[0], a.Src.String(),
			fmt.Sprintf("%v announces %v first, which is not link-local", a.Src, a.Addresses[0]))
	}
	for _, o := range r.senders {
		if o != s && o.last != nil && e.At.Sub(o.Last) < remembered {
			j.compareTwo(e, a, o.last)
		}
	}
}

func (j *Judge) compareTwo(e Event, a, b *Advert) {
	pair := a.Src.String() + b.Src.String()
	if a.Src.Compare(b.Src) > 0 {
		pair = b.Src.String() + a.Src.String()
	}
	say := func(code Code, what string, x, y any) {
		j.found(e, code, netip.Addr{}, pair, fmt.Sprintf("%v says %s %v, %v says %v", a.Src, what, x, b.Src, y))
	}
	if a.Version != b.Version {
		say(Versions, "version", a.Version, b.Version)
		return // the other fields mean different things
	}
	if a.Interval != b.Interval {
		say(Intervals, "interval", a.Interval, b.Interval)
	}
	switch {
	case a.Auth != b.Auth:
		say(Auths, "authentication", a.Auth, b.Auth)
	case a.secret != b.secret:
		j.found(e, Passwords, netip.Addr{}, pair, fmt.Sprintf("%v and %v have different passwords", a.Src, b.Src))
	}
	leaves := a.Priority == wire.PriorityRelease || b.Priority == wire.PriorityRelease // may list nothing
	if !leaves && !sameSet(a.Addresses, b.Addresses) {
		say(Lists, "addresses", a.Addresses, b.Addresses)
	}
}

// turn follows who is Active. One change while the one before was alive is a
// preemption or the end of a failover; two within the time that a Backup
// waits are two routers that do not hear each other.
func (j *Judge) turn(e Event, r *router, s *Sender) {
	if s.Left {
		if r.active == s {
			r.active = nil
		}
		return
	}
	o := r.active
	if o == s {
		return
	}
	r.active, r.since = s, e.At
	if o == nil || !o.alive(e.At) {
		r.turns = r.turns[:0]
		return
	}
	window := 2 * max(o.down(), s.down())
	r.turns = slices.DeleteFunc(r.turns, func(t time.Time) bool { return e.At.Sub(t) > window })
	if r.turns = append(r.turns, e.At); len(r.turns) >= 2 {
		first, second := o, s
		if first.Src.Compare(second.Src) > 0 {
			first, second = s, o
		}
		j.found(e, TwoSenders, netip.Addr{}, first.Src.String()+second.Src.String(),
			fmt.Sprintf("%v (priority %d) and %v (priority %d) are Active at the same time",
				first.Src, first.Priority, second.Src, second.Priority))
		r.turns = r.turns[1:]
	}
}

// late looks at the time since the sender's last advert.
func (j *Judge) late(e Event, s *Sender, gap time.Duration) {
	if r := j.routers[routerKey{e.Advert.family, s.VRID}]; r.since.After(s.prev) {
		return // another was Active in between: it did not go on sending
	}
	s.measure(gap)
	if down := s.down(); gap > down {
		j.found(e, Late, netip.Addr{}, s.Src.String(),
			fmt.Sprintf("%v was silent for %v; a Backup waits for little more than %v", s.Src,
				gap.Round(time.Microsecond), down))
	}
}

// addresses looks whether another virtual router announces one of the addresses.
func (j *Judge) addresses(e Event, r *router) {
	if e.Advert.Priority == wire.PriorityRelease {
		return
	}
	for _, addr := range e.Advert.Addresses {
		for key, o := range j.routers {
			if o == r || key.family != r.key.family {
				continue
			}
			for _, s := range o.senders {
				if s.alive(e.At) && slices.Contains(s.Addresses, addr) {
					j.shared(e, addr, key.vrid, s.Src)
				}
			}
		}
	}
}

// shared notes an address of the advert that another VRID announces too, once
// for both.
func (j *Judge) shared(e Event, addr netip.Addr, vrid uint8, src netip.Addr) {
	a := e.Advert
	low, high, lowSrc, highSrc := a.VRID, vrid, a.Src, src
	if low > high {
		low, high, lowSrc, highSrc = high, low, highSrc, lowSrc
	}
	j.ledger.found(e.At, Conflict{Code: TwoRouters, Family: a.Family, VRID: low, Address: addr, Text: fmt.Sprintf(
		"%v is announced under VRID %d by %v and under VRID %d by %v", addr, low, lowSrc, high, highSrc),
	}, fmt.Sprint(high))
}

// settled is how long after a change of the Active router the old one may still
// be heard for the addresses.
const settled = time.Second

// claim looks whether somebody else than the Active router claims one of its addresses.
func (j *Judge) claim(e Event) {
	for _, r := range j.routers {
		s := r.active
		// A unicast advert may have crossed a router: then its MAC is not the sender's.
		if s == nil || s.last.TTL != wire.RequiredTTL || !s.alive(e.At) || e.At.Sub(r.since) < settled || !slices.Contains(s.Addresses, e.Claim.Addr) {
			continue
		}
		if mac := e.Claim.MAC; mac != s.MAC && mac != MAC(wire.VirtualMAC(r.key.family, r.key.vrid)) {
			j.ledger.found(e.At, Conflict{Code: TwoMACs, Family: s.Family, VRID: s.VRID, Address: e.Claim.Addr,
				Text: fmt.Sprintf("%v is claimed by %v, while the Active router %v is at %v", e.Claim.Addr, mac, s.Src, s.MAC),
			}, mac.String())
		}
	}
}
