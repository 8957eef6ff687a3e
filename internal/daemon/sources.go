package daemon

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// sources counts refused adverts by who sent them. The kernel program shows some
// fifty a second and interface of those that it refuses itself, so under a flood
// the counts are those of a sample.
type sources struct {
	mu  sync.Mutex
	all map[source]*refusals
	// rest counts those of senders that found no room.
	rest uint64
}

// source is a sender, as it says and as its frames say.
type source struct {
	addr netip.Addr
	mac  [6]byte
}

type refusals struct {
	first, last time.Time
	counts      map[wire.Reject]uint64
	reason      wire.Reject // the last one
	ttl         uint8
	priority    uint8
}

// mostSources bounds what a flood of forged senders can make us remember.
const mostSources = 64

// add counts one. Loop thread: nothing is allocated for a sender and a reason that are known.
func (s *sources) add(mac [6]byte, p *wire.Packet, r wire.Reject) {
	now, from := time.Now(), source{p.Src(), mac}
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.all[from]
	if one == nil {
		if len(s.all) >= mostSources && !s.forget(now) {
			s.rest++
			return
		}
		if s.all == nil {
			s.all = map[source]*refusals{}
		}
		one = &refusals{first: now, counts: map[wire.Reject]uint64{}}
		s.all[from] = one
	}
	one.counts[r]++
	one.last, one.reason, one.ttl, one.priority = now, r, p.TTL(), p.Priority()
}

// sourceForgotten is after how long a sender makes room for another.
const sourceForgotten = time.Hour

// forget drops a sender that has been silent for long; s.mu is held.
func (s *sources) forget(now time.Time) bool {
	for from, one := range s.all {
		if now.Sub(one.last) > sourceForgotten {
			delete(s.all, from)
			return true
		}
	}
	return false
}

// status lists the senders, those of the most refused adverts first.
func (s *sources) status() (list []control.RefusedSource, rest uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list = []control.RefusedSource{}
	for from, one := range s.all {
		r := control.RefusedSource{
			Address: from.addr.String(), MAC: net.HardwareAddr(from.mac[:]).String(), Rejected: map[string]uint64{},
			First: one.first, Last: one.last, Reason: one.reason.String(), TTL: int(one.ttl), Priority: int(one.priority),
		}
		for reason, n := range one.counts {
			r.Rejected[reason.String()] = n
			r.Total += n
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b control.RefusedSource) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Address, b.Address), cmp.Compare(a.MAC, b.MAC))
	})
	return list, s.rest
}
