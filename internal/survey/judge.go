package survey

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Judge remembers who sends adverts on one LAN, and finds what contradicts
// itself. It is told events in the order of their times and looks at no clock.
type Judge struct {
	routers map[routerKey]*router
	senders int
	ledger  ledger
}

// routerKey names a virtual router on a LAN.
type routerKey struct {
	family wire.Family
	vrid   uint8
}

// router is one virtual router with all that ever sent for it.
type router struct {
	key     routerKey
	senders []*Sender
	active  *Sender // who sent last, and did not leave
	since   time.Time
	turns   []time.Time // when active changed although the one before was alive
}

// maxSenders bounds what a flood of forged adverts can make a Judge remember.
const maxSenders = 4096

// NewJudge makes a Judge that has seen nothing.
func NewJudge() *Judge {
	return &Judge{routers: map[routerKey]*router{}, ledger: ledger{known: map[string]*Conflict{}}}
}

// Take takes one event and returns the conflicts that are new with it, or back
// after a minute without.
func (j *Judge) Take(e Event) []Conflict {
	j.ledger.fresh = nil
	switch {
	case e.Advert != nil:
		j.advert(e)
	case e.Claim != nil:
		j.claim(e)
	}
	return j.ledger.fresh
}

// Conflicts are all that were found, in the order of their first time.
func (j *Judge) Conflicts() []Conflict {
	list := make([]Conflict, 0, len(j.ledger.order))
	for _, c := range j.ledger.order {
		list = append(list, *c)
	}
	return list
}

// Senders are all that sent adverts, by family, VRID and address.
func (j *Judge) Senders() []Sender {
	list := make([]Sender, 0, j.senders)
	for _, r := range j.routers {
		for _, s := range r.senders {
			list = append(list, *s)
		}
	}
	slices.SortFunc(list, func(a, b Sender) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.VRID, b.VRID), a.Src.Compare(b.Src))
	})
	return list
}

// Active is who sent last for a virtual router and may still be Active at the time.
func (j *Judge) Active(family wire.Family, vrid uint8, at time.Time) (Sender, bool) {
	r := j.routers[routerKey{family, vrid}]
	if r == nil || r.active == nil || !r.active.alive(at) {
		return Sender{}, false
	}
	return *r.active, true
}

// advert takes one advert.
func (j *Judge) advert(e Event) {
	a := e.Advert
	if a.fault != wire.None {
		j.found(e, Faulty, netip.Addr{}, a.Src.String()+a.fault.String(),
			fmt.Sprintf("%v sends adverts that are refused: %v", a.Src, a.fault))
		return
	}
	r, s := j.sender(e)
	if s == nil {
		return // too many already
	}
	due := s.due(e)
	if due {
		j.compare(e, r, s)
	}
	gap, measured := s.take(e)
	j.turn(e, r, s)
	if measured && r.active == s {
		j.late(e, s, gap)
	}
	if due {
		j.addresses(e, r)
	}
}

// sender finds the sender of an advert, a new one if need be.
func (j *Judge) sender(e Event) (*router, *Sender) {
	a := e.Advert
	key := routerKey{a.family, a.VRID}
	r := j.routers[key]
	if r == nil {
		r = &router{key: key}
		j.routers[key] = r
	}
	for _, s := range r.senders {
		if s.Src == a.Src {
			return r, s
		}
	}
	if j.senders >= maxSenders {
		return r, nil
	}
	j.senders++
	s := &Sender{Family: a.Family, VRID: a.VRID, Src: a.Src, First: e.At}
	r.senders = append(r.senders, s)
	return r, s
}

// found notes a conflict of the event's virtual router.
func (j *Judge) found(e Event, code Code, address netip.Addr, about, text string) {
	j.ledger.found(e.At, Conflict{Code: code, Family: e.Advert.Family, VRID: e.Advert.VRID,
		Address: address, Text: text}, about)
}
