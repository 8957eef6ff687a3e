package announce

import (
	"time"
)

const (
	// busyPause is the wait for an interface that takes no frames.
	busyPause = time.Millisecond
	// patience is how long such an interface is tried before the burst is lost.
	patience = time.Second
	// slack is how much of what a pace fell behind is caught up with.
	slack = 2 * time.Millisecond
)

// run sends what is due until Close.
func (a *Announcer) run() {
	defer a.ended.Done()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		a.mu.Lock()
		more := a.round(time.Now())
		at, ok := a.plan.next()
		a.mu.Unlock()
		a.tell()
		if more {
			yield()
			select {
			case <-a.done:
				return
			default:
			}
			continue
		}
		if ok {
			timer.Reset(time.Until(at))
		} else {
			timer.Stop()
		}
		select {
		case <-a.done:
			return
		case <-a.wake:
		case <-timer.C:
		}
	}
}

// round sends one chunk of every lane that has one due, and tells whether there
// may be more at once.
func (a *Announcer) round(now time.Time) (more bool) {
	a.grow(now)
	a.plan.fire(now)
	for key, l := range a.plan.lanes {
		b, frames := l.due(now)
		if b == nil {
			continue
		}
		if len(frames) > 0 {
			a.chunk(now, l, b, frames)
		}
		if b.rounds <= 0 {
			a.finish(now, l, b)
		} else {
			l.rotate()
		}
		a.plan.tidy(key, l)
		more = more || l.ready() && !now.Before(l.next)
	}
	return more
}

// chunk sends some frames of a burst and notes how far it came.
func (a *Announcer) chunk(now time.Time, l *lane, b *burst, frames []frame) {
	ifindex := frames[0].ifindex
	n, err := a.send(ifindex, frames)
	if n > 0 {
		b.step(n)
		l.blocked = time.Time{}
		if l.interval > 0 {
			now = time.Now() // the pace is of what has left
		}
		l.next = later(l.next, now, l.interval)
		a.news = append(a.news, report{owner: b.owner.name, what: sentFrames, kind: b.kind, n: n})
	}
	if err == nil {
		return
	}
	if busy(err) {
		if l.blocked.IsZero() {
			l.blocked = now
		}
		if now.Sub(l.blocked) < patience {
			l.next = now.Add(busyPause)
			return
		}
		l.blocked = time.Time{}
	}
	b.skip = append(b.skip, ifindex)
	a.forget(ifindex)
	a.news = append(a.news, report{owner: b.owner.name, what: burstFailed, n: ifindex, err: err})
}

// later is when the next frame may leave. Timers are about a millisecond late: so much of a pace is caught up with, no more, or a
// frame that was held up would be followed by the next at once.
func later(due, now time.Time, interval time.Duration) time.Time {
	if interval <= 0 {
		return now
	}
	behind := now.Sub(due)
	if behind >= max(interval, slack) {
		behind = 0 // nothing was waiting, or it is too late to catch up
	}
	return now.Add(interval - min(behind, slack))
}

// send sends frames through an interface, whose socket is opened when first needed. A socket from before may be bound to an
// interface that went and came back under the same index: what such a one refuses is tried once with a new one.
func (a *Announcer) send(ifindex int, frames []frame) (sent int, err error) {
	if s := a.senders[ifindex]; s != nil {
		if sent, err = s.send(frames); err == nil || busy(err) {
			return sent, err
		}
		a.forget(ifindex)
	}
	s, err := a.open(ifindex)
	if err != nil {
		return sent, err
	}
	a.senders[ifindex] = s
	more, err := s.send(frames[sent:])
	return sent + more, err
}

// forget closes the socket of an interface that failed: it may be gone, and
// come back under the same index.
func (a *Announcer) forget(ifindex int) {
	if s := a.senders[ifindex]; s != nil {
		s.close()
		delete(a.senders, ifindex)
	}
}

// finish takes a finished burst out and tells when it was the last of its kind.
func (a *Announcer) finish(now time.Time, l *lane, b *burst) {
	l.drop(nil)
	b.owner.open[b.why]--
	if b.owner.open[b.why] == 0 {
		a.news = append(a.news, report{owner: b.owner.name, what: burstDone, why: b.why, at: now})
	}
}
