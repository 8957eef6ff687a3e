package daemon

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/xvrrp/xvrrp/internal/control"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

func (in *instance) note(n vrrp.Note) {
	switch n.Kind {
	case vrrp.NotePathLost, vrrp.NotePathBack:
		in.pathNote(n)
		return
	case vrrp.NotePriority:
		in.meter().SetPriority(int(n.Priority))
		in.d.notify.priority(in, n)
	case vrrp.NoteLateWakeup:
		in.meter().LateWakeupAbsorbed()
	case vrrp.NoteActiveChanged:
		in.meter().SetActiveRouter(n.From)
	case vrrp.NoteLowerPriority:
		if in.lastWordOf(n.From) {
			in.debug("the last word of %v, which yields", n.From)
			return
		}
		in.sign(signAdvert, func() sign {
			return sign{text: fmt.Sprintf("%v advertises priority %d, ours is %d", n.From, n.Priority, n.Ours), from: n.From}
		})
		in.d.notify.lowerPriority(in, n)
	}
	in.doubted(n)
	if !in.news(n) {
		return
	}
	if l, ok := noteLine(in.cfg().Name, n); ok {
		in.say(l)
	}
	in.d.history.note(in.cfg().Name, n)
}

// witnessed adds to a transition's evidence what the core does not know: where
// the adverts came from, and what the kernel refused since the last of them.
func (in *instance) witnessed(e *control.Evidence, t vrrp.Transition) {
	if e.Master != "" {
		e.MasterMAC = in.former.heard()
	}
	if t.Reason != vrrp.ReasonNoAdvert && t.Reason != vrrp.ReasonHoldLimit {
		return
	}
	since := t.Evidence.Last.At
	if since.IsZero() {
		since = t.Evidence.Deadline.Add(-t.Evidence.Down) // since it began to wait
	}
	if counts, ok := in.d.refusedSince(in.cfg().Interface, since); ok {
		e.Kernel, e.KernelSince = counts, &since
	}
}

// news reports whether a note says something that the log does not say yet:
// what is in the way before the start is told by the first transition, and a
// losing advert is discarded many times for one reason.
func (in *instance) news(n vrrp.Note) bool {
	switch n.Kind {
	case vrrp.NoteFaultRaised, vrrp.NoteFaultCleared:
		return in.started
	case vrrp.NoteDiscarded:
		again := in.discarded == n.From
		in.discarded = n.From
		return !again
	case vrrp.NoteLowerPriority, vrrp.NotePriorityZero: // a flood of them says no more than one
		again := time.Since(in.lower) < time.Second
		if !again {
			in.lower = time.Now()
		}
		return !again
	}
	return true
}

// A word is what is told after a takeover. Actions of the core wait as they came:
// what a takeover makes anew, and lets go of, it pays for with its time.
type word struct {
	said   time.Time
	at     time.Time   // of the action
	action vrrp.Action // a Transition or a Note; nil: do what f does
	f      func()
}

// report tells of an action, at once or after the takeover that is under way.
func (in *instance) report(at time.Time, action vrrp.Action) {
	if in.busy {
		in.waiting = append(in.waiting, word{said: time.Now(), at: at, action: action})
		return
	}
	switch a := action.(type) {
	case vrrp.Transition:
		in.transition(at, a)
	case vrrp.Note:
		in.note(a)
	}
}

// later does something at once, or after the takeover that is under way.
func (in *instance) later(f func()) {
	if in.busy {
		in.waiting = append(in.waiting, word{said: time.Now(), f: f})
		return
	}
	f()
}

// rest ends a takeover and does what waited for that.
func (in *instance) rest() {
	in.busy = false
	for _, w := range in.waiting {
		in.said = w.said
		if w.action != nil {
			in.report(w.at, w.action)
		} else {
			w.f()
		}
	}
	in.said = time.Time{}
	clear(in.waiting)
	in.waiting = in.waiting[:0]
}

// say logs lines. During a takeover they wait, with the time at which they
// were said: nothing that is written may stand before the addresses.
func (in *instance) say(lines ...line) {
	if in.busy {
		in.later(func() { in.say(lines...) })
		return
	}
	said := in.said
	if said.IsZero() {
		said = time.Now()
	}
	for _, l := range lines {
		if !in.log.Enabled(in.d.ctx, l.level) {
			continue
		}
		r := slog.NewRecord(said, l.level, l.text, 0)
		r.AddAttrs(l.attrs...)
		// A log that cannot be written has nowhere to be complained of.
		_ = in.log.Handler().Handle(in.d.ctx, r)
	}
}

func (in *instance) debug(format string, args ...any) {
	if in.log.Enabled(in.d.ctx, slog.LevelDebug) {
		in.say(line{slog.LevelDebug, fmt.Sprintf("(%s) ", in.cfg().Name) + fmt.Sprintf(format, args...), nil})
	}
}
