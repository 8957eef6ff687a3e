package announce

import "time"

// An announcement can be loaded a moment before it is needed: the frames are built, the sockets open, and all that sends
// them has been done once, since what a processor has not done for a while it does at a tenth of its pace.

// loaded is an owner as it would announce.
type loaded struct {
	owner   *owner
	targets []Target // the same slice
	failed  error    // what Announce will say
}

// Load makes an announcement ready, in place of an earlier one. Announce with the same schedule and the same slice of
// targets, which is not to be changed, uses it. Nothing leaves.
func (a *Announcer) Load(owner string, s Schedule, targets []Target) {
	if len(targets) == 0 {
		return
	}
	for i, t := range targets {
		if i == 0 || t.IfIndex != targets[i-1].IfIndex {
			a.Prepare(t.IfIndex)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.plan.load(owner, s, targets)
	if now := time.Now(); now.Sub(a.heated) >= fresh {
		a.heated = now
		rehearse(now, a.plan.pacing, s, targets[0])
	}
}

// fresh is for how long a processor remembers.
const fresh = 2 * time.Millisecond

// Unload forgets what was loaded.
func (a *Announcer) Unload(owner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.plan.loaded, owner)
}

// load is Load of frames.
func (p *plan) load(name string, s Schedule, targets []Target) {
	l := loaded{owner: newOwner(name, s), targets: targets}
	l.failed = p.aim(l.owner, targets)
	p.loaded[name] = l
}

// unload takes what was loaded for an owner, nil where it is something else.
func (p *plan) unload(name string, s Schedule, targets []Target) (o *owner, failed error) {
	l, ok := p.loaded[name]
	delete(p.loaded, name)
	if !ok || l.owner.schedule != s || len(l.targets) != len(targets) || &l.targets[0] != &targets[0] {
		return nil, nil
	}
	return l.owner, l.failed
}

// rehearse announces to nobody.
func rehearse(now time.Time, pacing Pacing, s Schedule, target Target) {
	p := newPlan()
	p.pacing = pacing
	stage := &Announcer{plan: p, senders: map[int]sender{target.IfIndex: nobody{}}}
	p.load("", s, []Target{target})
	// Whether it can be announced is seen when it is.
	_ = p.put(now, "", s, p.loaded[""].targets)
	stage.round(now)
}

// nobody is a sender without an interface.
type nobody struct{}

func (nobody) send(frames []frame) (int, error) { return len(frames), nil }
func (nobody) close()                           {}
