package vrrp

import (
	"net/netip"
	"time"
)

// receive counts an advert and returns it for the state to judge. Our own
// advert that came back (a loop, a mirrored port) is nobody's: it would look
// like a second router as good as we are.
func (r *Router) receive(now time.Time, ev Received) (Heard, bool) {
	heard := Heard{
		From: canonical(ev.From), Priority: ev.Priority, Interval: ev.Interval, At: now, Mismatch: ev.Mismatch,
	}
	if heard.From == r.cfg.Primary {
		r.counters.OwnAddress++
		r.out.tell(Note{Kind: NoteOwnAddress, State: r.state, From: heard.From, Priority: heard.Priority, Ours: r.priority})
		return heard, false
	}
	r.counters.Received++
	if heard.Priority == 0 {
		r.counters.PriorityZeroReceived++
	}
	if heard.Mismatch {
		r.counters.AddressListErrors++
	}
	if r.cfg.owner() {
		r.counters.OwnerConflicts++
	}
	if r.cfg.Version == 3 && heard.Interval != r.cfg.Interval {
		r.counters.IntervalErrors++
	}
	return heard, true
}

// reject keeps a refused packet as evidence, and touches no timer: a packet
// that anybody can forge must not keep an Active router from advertising, nor
// a Backup from taking over.
func (r *Router) reject(now time.Time, ev Rejected) {
	r.counters.Rejected[rejectIndex(ev.Reason)]++
	r.rejected.add(now, ev)
}

// canonical drops what two spellings of one address may differ in.
func canonical(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
