package vrrp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Heard is an advert as the evidence remembers it. The zero Heard is none.
type Heard struct {
	From     netip.Addr
	Priority uint8
	// Interval is the interval in the advert.
	Interval time.Duration
	// At is the time of arrival.
	At time.Time
	// Mismatch says that its addresses are not ours.
	Mismatch bool
	// Path is the extra path that it came on, 0 the interface itself.
	Path uint8
}

// Contrary is what an Active router saw of another one that is Active: losing
// adverts, and answers for its addresses. The zero Contrary is nothing.
type Contrary struct {
	// First and Last are the times of the signs, Count their number.
	First, Last time.Time
	Count       uint32
	// Adverts are those of the signs that were losing adverts, FirstAdvert the
	// first of them.
	Adverts     uint32
	FirstAdvert time.Time
	// From is the last one's sender; a mere answer has none.
	From netip.Addr
}

// MaxRejects is the size of the arrays that are indexed by wire.Reject.
const MaxRejects = 40

// Rejections is what was refused since some moment, and why.
type Rejections struct {
	// Total is the sum of Counts.
	Total uint32
	// Reason, From, TTL and At are those of the last one.
	Reason wire.Reject
	From   netip.Addr
	TTL    uint8
	At     time.Time
	// Counts has one number for each wire.Reject.
	Counts [MaxRejects]uint32
}

// Evidence is what a decision was made from. Log, status and metrics share it.
type Evidence struct {
	// At is the time of the decision.
	At time.Time
	// Priority is our effective priority at that time.
	Priority uint8
	// Last is the last advert that was accepted (that a Backup followed).
	Last Heard
	// Age is how old it was; 0 without one.
	Age time.Duration
	// Trigger is the advert that made the decision, if one did.
	Trigger Heard
	// Discarded is the last advert of a lower priority that was ignored since
	// the last accepted one.
	Discarded Heard
	// Deadline was the deadline, Late how late its Timeout came. Both are zero
	// for a decision that no deadline made.
	Deadline time.Time
	Late     time.Duration
	// Down is the down interval that applied.
	Down time.Duration
	// Rejected is what was refused since the last accepted advert, or since
	// the last transition if that is later.
	Rejected Rejections
	// Elsewhere is the last advert on an extra path.
	Elsewhere Heard
	// Doubt is what the guard knew when a Backup took over.
	Doubt Doubt
	// Contrary is what an Active router knew of another one when it left Active.
	// It ends with the Trigger, if that is one.
	Contrary Contrary
	// Cause is the fault, for the reasons ReasonFault and ReasonFaultCleared.
	Cause Cause
}

// add notes one refused packet.
func (r *Rejections) add(now time.Time, ev Rejected) {
	r.Counts[rejectIndex(ev.Reason)]++
	r.Total++
	r.Reason, r.From, r.TTL, r.At = ev.Reason, ev.From, ev.TTL, now
}

func rejectIndex(reason wire.Reject) int { return min(int(reason), MaxRejects-1) }

// String returns the facts in one line, for a log.
func (e Evidence) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "priority %d", e.Priority)
	if e.Trigger.From.IsValid() {
		fmt.Fprintf(&b, ", heard %v with priority %d", e.Trigger.From, e.Trigger.Priority)
	}
	if e.Last.From.IsValid() {
		fmt.Fprintf(&b, ", last advert %v ago from %v with priority %d", e.Age, e.Last.From, e.Last.Priority)
	} else {
		b.WriteString(", no advert accepted before")
	}
	if e.Discarded.From.IsValid() {
		fmt.Fprintf(&b, ", ignored %v with priority %d", e.Discarded.From, e.Discarded.Priority)
	}
	if !e.Deadline.IsZero() {
		fmt.Fprintf(&b, ", down interval %v, handled %v late", e.Down, e.Late)
	}
	if e.Elsewhere.From.IsValid() {
		fmt.Fprintf(&b, ", last heard %v ago on path %d", e.At.Sub(e.Elsewhere.At), e.Elsewhere.Path)
	}
	b.WriteString(e.Doubt.String())
	if c := e.Contrary; c.Count > 1 {
		fmt.Fprintf(&b, ", another was active for at least %v", c.Last.Sub(c.First))
	}
	if e.Rejected.Total > 0 {
		fmt.Fprintf(&b, ", rejected %v", e.Rejected)
	}
	if e.Cause.Kind != CauseNone {
		fmt.Fprintf(&b, ", cause %v", e.Cause)
	}
	return b.String()
}

// String returns the total, the counts by reason and the last source.
func (r Rejections) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d (", r.Total)
	sep := ""
	for i, n := range r.Counts {
		if n > 0 {
			fmt.Fprintf(&b, "%s%s %d", sep, wire.Reject(i).String(), n)
			sep = ", "
		}
	}
	fmt.Fprintf(&b, "; last from %v, ttl %d)", r.From, r.TTL)
	return b.String()
}
