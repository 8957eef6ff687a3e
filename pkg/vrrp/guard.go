package vrrp

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Guard is what the end of a down interval means while the virtual addresses
// still answer ARP or neighbour discovery (split_brain_guard).
type Guard uint8

// The modes.
const (
	// GuardOff is the RFC: nobody is asked.
	GuardOff Guard = iota
	// GuardAlarm asks, takes over in any case, and tells what answered.
	GuardAlarm
	// GuardHold asks, and stays Backup while the addresses answer from the old
	// Active router, for Config.HoldLimit at most.
	GuardHold
)

var guardLabels = [...]string{GuardOff: "off", GuardAlarm: "alarm", GuardHold: "hold"}

// String returns the word of the configuration.
func (g Guard) String() string {
	if int(g) < len(guardLabels) {
		return guardLabels[g]
	}
	return "unknown"
}

// Wait is what a router does that may itself be the broken one.
type Wait uint8

// The ways to wait. With WaitNot the doubt is only told.
const (
	WaitNot Wait = iota
	// WaitLimit stays Backup for Config.HoldLimit at most: whoever is alone in
	// the world, or has lost nothing but its gateway, serves after that.
	WaitLimit
	// WaitAlways stays Backup until the doubt is gone.
	WaitAlways
)

var waitLabels = [...]string{WaitNot: "no", WaitLimit: "limit", WaitAlways: "always"}

// String returns a stable label.
func (w Wait) String() string {
	if int(w) < len(waitLabels) {
		return waitLabels[w]
	}
	return "unknown"
}

// HoldLimitDefault is for how long a takeover is put off at most.
const HoldLimitDefault = 10 * time.Second

// Obstacle is why a takeover is put off.
type Obstacle uint8

// The obstacles, the first that applies goes.
const (
	NoObstacle Obstacle = iota
	// StillAnswers: a virtual address answers from the old Active router.
	StillAnswers
	// Deaf: not one frame came in through the interface since the last advert.
	Deaf
	// WitnessSilent: no witness answers.
	WitnessSilent
)

var obstacleLabels = [...]string{
	NoObstacle: "none", StillAnswers: "still_answers", Deaf: "deaf", WitnessSilent: "witness_silent",
}

// String returns a stable label.
func (o Obstacle) String() string {
	if int(o) < len(obstacleLabels) {
		return obstacleLabels[o]
	}
	return "unknown"
}

// Answer is a sign that somebody else uses a virtual address. The zero Answer
// is none.
type Answer struct {
	Addr netip.Addr
	MAC  [6]byte
	At   time.Time
	// Stranger says that the MAC is known not to be the old Active router's.
	Stranger bool
}

// Doubt is what the guard knew when a decision was made. The zero Doubt: nobody
// was asked.
type Doubt struct {
	// Asked is when the last question went out.
	Asked time.Time
	// Answer is the last answer to it.
	Answer Answer
	// Deaf and WitnessSilent are what spoke against our own interface.
	Deaf, WitnessSilent bool
	// Obstacle is what the takeover was put off for last, Held for how long.
	Obstacle Obstacle
	Held     time.Duration
}

// The window of a question is an eighth of the Active router's interval within
// these bounds, as far as it stays behind the moment at which the fence of a
// dead one closes.
const (
	leastWindow = 5 * time.Millisecond
	onceMore    = 2 * leastWindow // the second question to an address that answered the one before
	mostWindow  = 250 * time.Millisecond
)

// guard is the state of the questions of a Backup.
type guard struct {
	// All of these zero: nobody was asked and nothing is put off.
	asked time.Time // the running question, zero without
	floor time.Time // not before that, as the settings or the deadline changed then
	check time.Time // when the running question is judged, if not at the deadline
	held  time.Time // since when the takeover is put off, zero: it is not
	began time.Time // of the hold before, after which it listens once more

	window  time.Duration // of the running question
	again   bool          // it was put once more, as nobody was there to judge it in time
	missed  bool          // in a hold: the one before was not answered
	limited bool          // the hold limit is over
	known   bool          // see frame
	reason  Obstacle      // for what it is put off
	answer  Answer
	// frame is when a frame came in last; known: the shell can tell.
	frame   time.Time
	witness time.Time // when a witness answered last
}

// asks says that there is anything to be asked before a takeover.
func (c *Config) asks() bool { return c.Guard != GuardOff || c.DeafWait != WaitNot || c.Witness }

// waits says that an answer may put a takeover off.
func (c *Config) waits() bool {
	return c.Guard == GuardHold || c.DeafWait != WaitNot || c.Witness && c.WitnessWait != WaitNot
}

func (c *Config) holdLimit() time.Duration {
	if c.HoldLimit == 0 {
		return HoldLimitDefault
	}
	return c.HoldLimit
}

// guarded says that this takeover is asked for. That of a router that preempts is
// not: it hears the Active router, whose addresses answer as they should.
func (r *Router) guarded() bool { return r.state == Backup && r.cfg.asks() && !r.preempts() }

// preempts says that the router to be replaced was heard until the end.
func (r *Router) preempts() bool {
	d := r.discarded
	return !d.At.IsZero() && r.waysEnd().Sub(d.At) <= max(d.Interval, r.cfg.Interval)*3/2
}

// lead is the window of a question. The lease of a fence is over a quarter of
// an interval before the down interval without its skew is: asked then or
// later, the addresses of a router that died are silent.
func (r *Router) lead() time.Duration {
	d := r.window()
	if r.released {
		d = min(d, r.wait()/2)
	}
	return d
}

func (r *Router) window() time.Duration {
	i := r.activeInterval
	return min(max(i/8, leastWindow), mostWindow, i/4+skew(r.cfg.Version, r.priority, i)/2)
}

// Due is when a Backup takes over unless it hears or is told something; in
// other states it is the Deadline.
func (r *Router) Due() time.Time {
	if r.state == Backup {
		return r.due()
	}
	return r.deadline
}

func (r *Router) due() time.Time {
	return latest(r.waysEnd(), r.guard.check)
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// nextStep is the next moment at which a Backup has anything to do.
func (r *Router) nextStep() time.Time {
	next := r.due()
	if r.guard.asked.IsZero() {
		if r.guarded() {
			next = next.Add(-r.lead())
		}
		next = latest(next, r.guard.floor)
	}
	return r.nextPath(next)
}

// step is a Timeout in Backup. What is due is judged at the time up to which we
// have heard everything; what is done about it happens now.
func (r *Router) step(now, known time.Time) {
	if known.IsZero() || now.Before(known) {
		known = now
	}
	if known.Before(r.nextStep()) {
		return
	}
	r.losePaths(known)
	if due := r.due(); r.guarded() && r.guard.asked.IsZero() && !known.Before(due.Add(-r.lead())) {
		r.ask(now, due)
	}
	switch {
	case known.Before(r.due()):
	case r.guarded() && r.stale(now):
	case r.guarded() && r.hold(now):
	default:
		r.takeOver(now)
	}
}

// ask puts the question for the first time. Whoever comes so late that less than
// half of the window is left waits for a whole one, if answers count.
func (r *Router) ask(now, due time.Time) {
	g, lead := &r.guard, r.lead()
	if g.check = due; r.cfg.waits() && due.Sub(now) < lead/2 {
		g.check = now.Add(lead)
	}
	g.window, g.again = lead, false
	r.question(now, latest(due, g.check))
}

// stale puts the question once more when it is judged so late that the silence
// says nothing about now: we stood still, and whoever took over meanwhile was
// never asked. Once only: a machine that is always late must serve, too.
func (r *Router) stale(now time.Time) bool {
	g := &r.guard
	limited := !g.held.IsZero() && !now.Before(g.held.Add(r.cfg.holdLimit()))
	if !r.cfg.waits() || g.again || g.asked.IsZero() || limited || now.Sub(r.due()) <= r.window() {
		return false
	}
	g.again, g.window = true, r.lead()
	g.check = now.Add(g.window)
	r.question(now, g.check)
	return true
}

// reask drops a question whose end has moved, unless it is one of a hold.
func (r *Router) reask(now time.Time) {
	if g := &r.guard; g.held.IsZero() {
		g.floor, g.asked, g.check = now, time.Time{}, time.Time{}
	}
}

func (r *Router) question(now, until time.Time) {
	g := &r.guard
	g.asked, g.answer, g.witness = now, Answer{}, time.Time{}
	r.counters.Questions++
	r.out.add(Ask{Until: until, Addresses: r.cfg.Guard != GuardOff, Witness: r.cfg.Witness})
}

// hold judges the answers, and says whether the takeover is put off.
func (r *Router) hold(now time.Time) bool {
	g := &r.guard
	doubt := r.doubt(now)
	obstacle, wait := r.obstacle(doubt)
	if obstacle == NoObstacle && g.began.IsZero() && (g.reason == Deaf || g.reason == WitnessSilent) {
		// Whoever was cut off has heard nothing, and that proves nothing. But once
		// only: the limit goes on.
		began := g.held
		r.endHold(now, netip.Addr{})
		g.began = began
		r.deadline = now.Add(r.down())
		r.losePaths(now)
		return true
	}
	if obstacle == NoObstacle && r.askOnceMore(now) {
		return true
	}
	r.tellDoubt(doubt, obstacle)
	if obstacle == NoObstacle {
		return false
	}
	g.missed = false
	if g.held.IsZero() {
		if g.held = g.began; g.held.IsZero() {
			g.held = r.waysEnd()
		}
		r.counters.Holds++
	}
	end := g.held.Add(r.cfg.holdLimit())
	if wait == WaitLimit && !now.Before(end) {
		g.reason, g.limited = obstacle, true
		return false
	}
	if g.reason != obstacle {
		r.out.tell(Note{Kind: NoteHold, State: r.state, From: r.last.From, Obstacle: obstacle,
			Addr: doubt.Answer.Addr, MAC: doubt.Answer.MAC, Interval: r.cfg.holdLimit()})
	}
	g.reason = obstacle
	r.wants, r.waits = false, false
	g.window = min(2*g.window, r.window())
	g.check = now.Add(g.window)
	if wait == WaitLimit && end.Before(g.check) {
		g.check = end // too near for another question: what we know goes
		return true
	}
	r.question(now, g.check)
	return true
}

// askOnceMore is for an address that answered until now and does not: one answer in
// hundreds is lost, or late by more than a short window, and to take over for that
// would be two masters. Whoever died is silent the second time, too.
func (r *Router) askOnceMore(now time.Time) bool {
	g := &r.guard
	if g.missed || g.held.IsZero() || g.reason != StillAnswers {
		return false
	}
	if end := g.held.Add(r.cfg.holdLimit()); !now.Add(onceMore).Before(end) {
		return false
	}
	g.missed, g.again, g.window = true, false, min(r.window(), onceMore) // a question of its own, see stale
	g.check = now.Add(g.window)
	r.question(now, g.check)
	return true
}

// doubt is what speaks against a takeover now.
func (r *Router) doubt(now time.Time) Doubt {
	g := &r.guard
	if g.asked.IsZero() {
		return Doubt{}
	}
	d := Doubt{Asked: g.asked, Answer: g.answer, Obstacle: g.reason}
	if !g.held.IsZero() {
		d.Held = now.Sub(g.held)
	}
	// After a goodbye it is the silence of a LAN of two, and what was heard was heard.
	d.Deaf = !r.released && g.known && !g.frame.After(r.quietSince().Add(sameFrame))
	d.WitnessSilent = r.cfg.Witness && g.witness.IsZero()
	return d
}

// sameFrame is how far two stamps of one frame may be apart.
const sameFrame = 100 * time.Microsecond

// quietSince is the last sign of life on the interface that the election knows.
func (r *Router) quietSince() time.Time { return latest(r.last.At, r.transition.Evidence.At) }

// obstacle weighs a doubt by the settings.
func (r *Router) obstacle(d Doubt) (Obstacle, Wait) {
	switch {
	case r.cfg.Guard == GuardHold && d.Answer.Addr.IsValid() && !d.Answer.Stranger:
		return StillAnswers, WaitLimit
	case r.cfg.DeafWait != WaitNot && d.Deaf:
		return Deaf, r.cfg.DeafWait
	case r.cfg.WitnessWait != WaitNot && d.WitnessSilent:
		return WitnessSilent, r.cfg.WitnessWait
	}
	return NoObstacle, WaitNot
}

// tellDoubt tells what a takeover happens in spite of.
func (r *Router) tellDoubt(d Doubt, obstacle Obstacle) {
	if obstacle != NoObstacle {
		return
	}
	if a := d.Answer; a.Addr.IsValid() {
		r.out.tell(Note{Kind: NoteStillAnswers, State: r.state, From: r.last.From, Addr: a.Addr, MAC: a.MAC, Stranger: a.Stranger})
	}
	if d.Deaf {
		r.out.tell(Note{Kind: NoteDeaf, State: r.state, Late: d.Asked.Sub(r.quietSince())})
	}
	if d.WitnessSilent {
		r.out.tell(Note{Kind: NoteWitnessSilent, State: r.state})
	}
}

// endHold forgets the questions: an advert came, or the router leaves Backup.
func (r *Router) endHold(now time.Time, from netip.Addr) {
	g := &r.guard
	if !g.held.IsZero() {
		r.out.tell(Note{Kind: NoteHoldOver, State: r.state, From: from, Obstacle: g.reason, Interval: now.Sub(g.held)})
	}
	if !g.idle() {
		*g = guard{frame: g.frame, known: g.known}
	}
}

// idle says that there is nothing to forget. It is asked with every advert.
func (g *guard) idle() bool {
	return g.asked.IsZero() && g.floor.IsZero() && g.check.IsZero() && g.held.IsZero() && g.began.IsZero()
}

// answered takes an answer in: in Backup for the guard, in Active as a sign
// that another router is Active, too.
func (r *Router) answered(now time.Time, ev Answered) {
	switch g := &r.guard; r.state {
	case Backup:
		g.frame = latest(g.frame, now)
		if g.asked.IsZero() || now.Before(g.asked) {
			return
		}
		// The old Active router's answer outweighs a stranger's.
		if g.answer.Addr.IsValid() && !g.answer.Stranger && ev.Stranger {
			return
		}
		g.answer = Answer{Addr: canonical(ev.Addr), MAC: ev.MAC, At: now, Stranger: ev.Stranger}
	case Active:
		r.contradict(now, netip.Addr{})
		r.contested(ev)
	}
}

func (r *Router) witnessAnswered(now time.Time) {
	if g := &r.guard; r.state == Backup && !g.asked.IsZero() && !now.Before(g.asked) {
		g.witness, g.frame = now, latest(g.frame, now)
	}
}

// frameHeard keeps when the interface was alive last.
func (r *Router) frameHeard(ev FrameHeard) {
	r.guard.known = true
	r.guard.frame = latest(r.guard.frame, ev.At)
}

// String returns the facts for a log, with a comma before each.
func (d Doubt) String() string {
	var b strings.Builder
	if d.Held > 0 {
		fmt.Fprintf(&b, ", put off for %v (%v)", d.Held, d.Obstacle)
	}
	if a := d.Answer; a.Addr.IsValid() {
		whose := ""
		if a.Stranger {
			whose = ", a stranger"
		}
		fmt.Fprintf(&b, ", %v still answers from %x%s", a.Addr, a.MAC, whose)
	}
	if d.Deaf {
		b.WriteString(", not one frame heard since")
	}
	if d.WitnessSilent {
		b.WriteString(", no witness answers")
	}
	return b.String()
}
