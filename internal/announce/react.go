package announce

import (
	"container/heap"
	"time"
)

const (
	// lowerEvery bounds the bursts that adverts of lower priority cause: a
	// peer that goes on sending them may do so a thousand times a second.
	lowerEvery = time.Second
	// defendEvery is RFC 5227's DEFEND_INTERVAL (§2.4).
	defendEvery = 10 * time.Second
)

// again starts what the reason asks for.
func (p *plan) again(now time.Time, name string, why Reason) {
	o := p.owners[name]
	if o == nil {
		return
	}
	s := &o.schedule
	switch why {
	case LowerPriority:
		p.lower(now, o)
	case LinkUp, Takeover:
		p.start(now, o, why, s.Repeat)
		p.arm(o, TakeoverDelay, now, s.Delay)
	case Conflict:
		if last, before := o.last[why]; !before || now.Sub(last) >= defendEvery {
			p.start(now, o, why, 1)
		}
	default:
		p.start(now, o, why, max(s.RefreshRepeat, 1))
	}
}

// lower announces again after an advert of lower priority. What comes too
// early is done when its time has come, so the last word is ours.
func (p *plan) lower(now time.Time, o *owner) {
	if last, before := o.last[LowerPriority]; before && now.Sub(last) < lowerEvery {
		if _, waiting := o.armed[LowerPriority]; !waiting {
			p.arm(o, LowerPriority, last, lowerEvery)
		}
		return
	}
	p.start(now, o, LowerPriority, o.schedule.LowerRepeat)
	p.arm(o, LowerDelay, now, o.schedule.LowerDelay)
}

// fire starts the bursts whose time has come.
func (p *plan) fire(now time.Time) {
	for len(p.alarms) > 0 && !p.alarms[0].at.After(now) {
		a := heap.Pop(&p.alarms).(alarm)
		o := a.owner
		if p.owners[o.name] != o || !o.armed[a.why].Equal(a.at) {
			continue // stopped, or armed anew since
		}
		delete(o.armed, a.why)
		s := &o.schedule
		switch a.why {
		case TakeoverDelay:
			p.start(now, o, a.why, s.Repeat)
		case LowerPriority:
			p.lower(now, o)
		case LowerDelay:
			p.start(now, o, a.why, s.LowerRepeat)
		case Refresh:
			p.start(now, o, a.why, max(s.RefreshRepeat, 1))
			p.arm(o, Refresh, now, s.Refresh)
		case Extra:
			p.start(now, o, a.why, 1)
			p.arm(o, Extra, now, s.Extra)
		}
	}
}
