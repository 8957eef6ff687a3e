package announce

import "time"

// A takeover of many addresses is announced while they are being added: Begin,
// then More as often as some stand. The first round goes as far as there are
// targets, the second begins when all are known, and so does what is timed.

// growth is what More was called with.
type growth struct {
	owner   string
	targets []Target
	last    bool
}

// Begin starts the schedule of an owner, in place of an earlier one, whose
// targets come with More.
func (a *Announcer) Begin(owner string, s Schedule) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disregard(owner)
	a.plan.begin(time.Now(), owner, s)
}

// More announces further targets of an owner that has begun; the last call says
// so. Frames leave before it returns, unless others' are being sent just now: then
// it does not wait. A target that cannot be announced is told by Options.Failed.
func (a *Announcer) More(owner string, targets []Target, last bool) {
	a.growing.Lock()
	a.growths = append(a.growths, growth{owner, targets, last})
	a.growing.Unlock()
	if last || !a.atOnce() { // what follows the last takes longer
		a.poke()
	}
}

// mostAtOnce bounds the chunks that More sends itself.
const mostAtOnce = 4

// atOnce sends what is due, and reports whether nothing of it is left to the
// announcer's goroutine.
func (a *Announcer) atOnce() bool {
	if !a.mu.TryLock() {
		return false
	}
	defer a.mu.Unlock()
	more := true
	for n := 0; more && n < mostAtOnce; n++ {
		more = a.round(time.Now())
	}
	return !more && !a.plan.ready() && !a.grew()
}

// grew reports whether More brought something that nobody has taken in.
func (a *Announcer) grew() bool {
	a.growing.Lock()
	defer a.growing.Unlock()
	return len(a.growths) > 0
}

// grow takes in what More brought.
func (a *Announcer) grow(now time.Time) {
	a.growing.Lock()
	list := a.growths
	a.growths = nil
	a.growing.Unlock()
	for _, g := range list {
		if err := a.plan.grow(g.owner, g.targets); err != nil {
			a.news = append(a.news, report{owner: g.owner, what: burstFailed, n: g.targets[0].IfIndex, err: err})
		}
		if g.last {
			a.plan.grown(now, g.owner)
		}
	}
}

// disregard forgets what More brought for an owner and nobody has taken in.
func (a *Announcer) disregard(owner string) {
	a.growing.Lock()
	defer a.growing.Unlock()
	kept := a.growths[:0]
	for _, g := range a.growths {
		if g.owner != owner {
			kept = append(kept, g)
		}
	}
	a.growths = kept
}

// begin makes or replaces an owner whose targets are not known yet.
func (p *plan) begin(now time.Time, name string, s Schedule) {
	o := newOwner(name, s)
	p.own(o)
	o.grows = true
	o.last[Takeover] = now
}

// grow adds targets to an owner that has begun, and to its first burst. One that
// has been moved since announces all of them already.
func (p *plan) grow(name string, targets []Target) error {
	o := p.owners[name]
	if o == nil || !o.grows {
		return nil
	}
	failed := p.add(o, targets)
	for key, frames := range o.frames {
		if b := p.first(key, o); b != nil {
			b.frames = frames
		} else if o.schedule.Repeat > 0 {
			p.queue(key, &burst{owner: o, why: Takeover, kind: key.kind, frames: frames, rounds: o.schedule.Repeat, grows: true})
		}
	}
	return failed
}

// grown ends the growing.
func (p *plan) grown(now time.Time, name string) {
	o := p.owners[name]
	if o == nil || !o.grows {
		return
	}
	o.grows = false
	for _, l := range p.lanes {
		for _, b := range l.queue {
			if b.owner == o && b.grows {
				b.grows = false
				b.step(0) // the round may be over
			}
		}
	}
	p.arm(o, TakeoverDelay, now, o.schedule.Delay)
	p.arm(o, Refresh, now, o.schedule.Refresh)
	if len(o.extra) > 0 {
		p.arm(o, Extra, now, o.schedule.Extra)
	}
}

// first is the owner's growing burst in a lane.
func (p *plan) first(key laneKey, o *owner) *burst {
	if l := p.lanes[key]; l != nil {
		for _, b := range l.queue {
			if b.owner == o && b.grows {
				return b
			}
		}
	}
	return nil
}
