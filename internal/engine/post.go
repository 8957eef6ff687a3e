package engine

import (
	"net/netip"
	"slices"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// post collects the adverts of one wake-up, so that those of many routers leave
// with one system call for each interface. Only adverts that are sent for the
// sake of their time are collected; one that goes with a change of state leaves
// by itself, at once.
type post struct {
	open    bool
	letters []parcel
	batches []Batch // of the letters, each once
	counts  []int   // how many are in each
	flushed int     // which one is being sent
	fail    func(n int, err error)
}

// parcel is one advert to one destination.
type parcel struct {
	m        *member
	peer     netip.Addr
	batch, n int // its place: the n-th of batches[batch]; -1 when it could not be put anywhere
	err      error
	last     bool // of its advert
	priority uint8
}

// routine reports whether actions are nothing but adverts whose time has come.
func routine(actions []vrrp.MemberAction) bool {
	for _, a := range actions {
		if _, ok := a.Action.(vrrp.SendAdvert); !ok {
			return false
		}
	}
	return true
}

// put takes in one advert.
func (p *post) put(m *member, peer netip.Addr, ip []byte, priority uint8, last bool) {
	l := parcel{m: m, peer: peer, batch: -1, last: last, priority: priority}
	b, to, err := m.out.Batch(peer)
	if err != nil {
		l.err = err
	} else {
		if l.batch = slices.Index(p.batches, b); l.batch < 0 {
			l.batch = len(p.batches)
			p.batches, p.counts = append(p.batches, b), append(p.counts, 0)
		}
		l.n = p.counts[l.batch]
		p.counts[l.batch]++
		b.Put(to, ip)
	}
	p.letters = append(p.letters, l)
}

// deliver sends what was taken in, and counts.
func (p *post) deliver() {
	if p.fail == nil {
		p.fail = p.failed // once: a method value is an allocation
	}
	for i, b := range p.batches {
		p.flushed = i
		b.Flush(p.fail)
	}
	for i := range p.letters {
		l := &p.letters[i]
		if l.err != nil {
			l.m.spec.Probe.SendFailed(l.peer, l.err)
		}
		if l.last {
			l.m.spec.Probe.Sent(l.priority)
		}
	}
	clear(p.letters)
	clear(p.batches)
	p.letters, p.batches, p.counts = p.letters[:0], p.batches[:0], p.counts[:0]
}

// failed notes what became of one in the batch that is being sent.
func (p *post) failed(n int, err error) {
	for i := range p.letters {
		if l := &p.letters[i]; l.batch == p.flushed && l.n == n {
			l.err = err
		}
	}
}
