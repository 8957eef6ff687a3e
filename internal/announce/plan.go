package announce

import (
	"container/heap"
	"time"
)

// plan is everything that is to be sent and when: plain data, told the time.
type plan struct {
	pacing Pacing
	owners map[string]*owner
	lanes  map[laneKey]*lane
	alarms alarms
	loaded map[string]loaded // see Load
}

// laneKey names a lane: one kind, on one interface or on one group of them.
type laneKey struct {
	kind    Kind
	group   int // index+1 into Pacing.Groups; 0: the interface stands alone
	ifindex int // 0 when in a group
}

// owner is a virtual router with its addresses.
type owner struct {
	name     string
	schedule Schedule
	frames   map[laneKey][]frame
	extra    map[laneKey][]frame  // those of the extra targets
	grows    bool                 // not all of its targets are known yet, see begin
	open     map[Reason]int       // unfinished bursts
	armed    map[Reason]time.Time // the alarms that count; others are stale
	last     map[Reason]time.Time // when a burst was last started
}

func newPlan() *plan {
	return &plan{owners: map[string]*owner{}, lanes: map[laneKey]*lane{}, loaded: map[string]loaded{}}
}

// put makes or replaces an owner and starts its first burst.
func (p *plan) put(now time.Time, name string, s Schedule, targets []Target) error {
	o, failed := p.unload(name, s, targets)
	if o == nil {
		o = newOwner(name, s)
		failed = p.aim(o, targets)
	}
	p.own(o)
	p.start(now, o, Takeover, s.Repeat)
	p.arm(o, TakeoverDelay, now, s.Delay)
	p.arm(o, Refresh, now, s.Refresh)
	if len(o.extra) > 0 {
		p.arm(o, Extra, now, s.Extra)
	}
	return failed
}

func newOwner(name string, s Schedule) *owner {
	return &owner{name: name, schedule: s, frames: map[laneKey][]frame{}, extra: map[laneKey][]frame{},
		open: map[Reason]int{}, armed: map[Reason]time.Time{}, last: map[Reason]time.Time{}}
}

// own takes an owner in, in place of one of the same name.
func (p *plan) own(o *owner) {
	p.remove(o.name)
	p.owners[o.name] = o
}

// aim makes the frames of an owner. An address that has none is the error.
func (p *plan) aim(o *owner, targets []Target) (failed error) {
	o.frames, o.extra = map[laneKey][]frame{}, map[laneKey][]frame{}
	return p.add(o, targets)
}

// add makes frames of an owner beside those that it has.
func (p *plan) add(o *owner, targets []Target) (failed error) {
	for _, t := range targets {
		kind, frames, err := framesFor(t, o.schedule.Replies)
		if err != nil {
			failed = err
			continue
		}
		key := p.key(kind, t.IfIndex)
		o.frames[key] = append(o.frames[key], frames...)
		if t.Extra {
			o.extra[key] = append(o.extra[key], frames...)
		}
	}
	return failed
}

// move gives an owner other targets and starts anew: what it still had to send
// was for the old ones. A takeover that was not over yet is not over before the
// new burst is.
func (p *plan) move(now time.Time, name string, targets []Target) error {
	o := p.owners[name]
	if o == nil {
		return nil
	}
	why := LinkUp
	if o.open[Takeover] > 0 {
		why = Takeover
	}
	p.unqueue(o)
	o.grows = false
	clear(o.open)
	failed := p.aim(o, targets)
	p.again(now, name, why)
	return failed
}

// remove forgets an owner with everything it still had to send.
func (p *plan) remove(name string) {
	o := p.owners[name]
	if o == nil {
		return
	}
	delete(p.owners, name)
	p.unqueue(o)
}

// unqueue drops everything that an owner still had to send.
func (p *plan) unqueue(o *owner) {
	for key, l := range p.lanes {
		l.drop(o)
		p.tidy(key, l)
	}
}

// repace changes the pacing. What is queued keeps its place and takes the new
// pace of its lane; frames that belong to other lanes now move with the next burst.
func (p *plan) repace(pacing Pacing) {
	p.pacing = pacing
	clear(p.loaded) // by the lanes of before
	for _, o := range p.owners {
		o.frames, o.extra = p.rekey(o.frames), p.rekey(o.extra)
	}
	for key, l := range p.lanes {
		l.interval = p.pace(key)
		l.next = time.Time{}
		p.tidy(key, l)
	}
}

// rekey puts frames into the lanes that they belong to now.
func (p *plan) rekey(old map[laneKey][]frame) map[laneKey][]frame {
	frames := map[laneKey][]frame{}
	for key, list := range old {
		for _, f := range list {
			k := p.key(key.kind, f.ifindex)
			frames[k] = append(frames[k], f)
		}
	}
	return frames
}

// key finds the lane of an interface.
func (p *plan) key(k Kind, ifindex int) laneKey {
	for g := range p.pacing.Groups {
		for _, i := range p.pacing.Groups[g].Interfaces {
			if i == ifindex {
				return laneKey{kind: k, group: g + 1}
			}
		}
	}
	return laneKey{kind: k, ifindex: ifindex}
}

func (p *plan) pace(key laneKey) time.Duration {
	if key.group > 0 && key.group <= len(p.pacing.Groups) {
		return p.pacing.Groups[key.group-1].Pace.of(key.kind)
	}
	return p.pacing.Default.of(key.kind)
}

// start queues a burst, unless one for the same reason is still being sent.
func (p *plan) start(now time.Time, o *owner, why Reason, rounds int) {
	if rounds <= 0 || o.open[why] > 0 {
		return
	}
	o.last[why] = now
	all := o.frames
	if why == Extra {
		all = o.extra
	}
	for key, frames := range all {
		p.queue(key, &burst{owner: o, why: why, kind: key.kind, frames: frames, rounds: rounds})
	}
}

func (p *plan) queue(key laneKey, b *burst) {
	l := p.lanes[key]
	if l == nil {
		l = &lane{interval: p.pace(key)}
		p.lanes[key] = l
	}
	l.queue = append(l.queue, b)
	b.owner.open[b.why]++
}

// tidy forgets a lane that is empty and owes no pause.
func (p *plan) tidy(key laneKey, l *lane) {
	if len(l.queue) == 0 && l.interval == 0 {
		delete(p.lanes, key)
	}
}

// next is when something is to be done; false: never.
func (p *plan) next() (at time.Time, ok bool) {
	if len(p.alarms) > 0 {
		at, ok = p.alarms[0].at, true
	}
	for _, l := range p.lanes {
		if l.ready() && (!ok || l.next.Before(at)) {
			at, ok = l.next, true
		}
	}
	return at, ok
}

// alarm is one later step of an owner's schedule.
type alarm struct {
	at    time.Time
	owner *owner
	why   Reason
}

type alarms []alarm

func (a alarms) Len() int           { return len(a) }
func (a alarms) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a alarms) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *alarms) Push(x any)        { *a = append(*a, x.(alarm)) }
func (a *alarms) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// arm sets the alarm of an owner for one reason, in place of an earlier one.
func (p *plan) arm(o *owner, why Reason, now time.Time, after time.Duration) {
	if after > 0 {
		o.armed[why] = now.Add(after)
		heap.Push(&p.alarms, alarm{now.Add(after), o, why})
	}
}

// ready tells that a lane has something to send, now or when its time has come.
func (p *plan) ready() bool {
	for _, l := range p.lanes {
		if l.ready() {
			return true
		}
	}
	return false
}
