package announce

import (
	"slices"
	"time"
)

// chunk is the most frames that are sent without looking around: at less than a
// microsecond each they take no longer than a few adverts.
const chunk = 64

// lane is a queue of bursts that share one pace.
type lane struct {
	interval time.Duration
	next     time.Time // nothing leaves before
	queue    []*burst
	blocked  time.Time // since when the interface takes no frames; zero: it does
}

// burst is some rounds of the frames of one owner in one lane.
type burst struct {
	owner  *owner
	why    Reason
	kind   Kind
	frames []frame
	rounds int   // still to send, the current one included
	at     int   // position in the current round
	grows  bool  // more frames are to come: the round is not over with the last
	skip   []int // interfaces that failed in this burst
}

// due gives the frames to send now from the first burst, all for one interface.
// Frames of failed interfaces are passed over; a burst without frames is finished.
func (l *lane) due(now time.Time) (b *burst, frames []frame) {
	if now.Before(l.next) {
		return nil, nil
	}
	if len(l.queue) == 0 {
		return nil, nil
	}
	for range l.queue {
		if b = l.queue[0]; !b.waits() {
			break
		}
		l.rotate()
	}
	if b.waits() {
		return nil, nil
	}
	if b.rounds <= 0 {
		return b, nil // nothing is left of it
	}
	return b, b.run(l.most())
}

// most is how many frames may leave at once.
func (l *lane) most() int {
	if l.interval > 0 {
		return 1
	}
	return chunk
}

// waits tells that a burst has nothing to send before it has grown.
func (b *burst) waits() bool {
	b.pass()
	return b.grows && b.at >= len(b.frames)
}

// ready tells that a lane has something to send, when its time has come.
func (l *lane) ready() bool {
	return slices.ContainsFunc(l.queue, func(b *burst) bool { return !b.waits() })
}

// pass steps over the frames of interfaces that failed.
func (b *burst) pass() {
	for b.rounds > 0 && b.at < len(b.frames) && slices.Contains(b.skip, b.frames[b.at].ifindex) {
		b.step(1)
	}
}

// run gives up to n frames from the current position to the same interface.
func (b *burst) run(n int) []frame {
	end := b.at + 1
	for end < len(b.frames) && end-b.at < n && b.frames[end].ifindex == b.frames[b.at].ifindex {
		end++
	}
	return b.frames[b.at:end]
}

// step moves n frames on, into the next round where this one ends.
func (b *burst) step(n int) {
	if b.at += n; b.at >= len(b.frames) && !b.grows {
		b.at = 0
		b.rounds--
	}
}

// rotate lets the next burst have its turn.
func (l *lane) rotate() {
	first := l.queue[0]
	copy(l.queue, l.queue[1:])
	l.queue[len(l.queue)-1] = first
}

// drop takes out the bursts of an owner, or the finished ones when it is nil.
func (l *lane) drop(o *owner) {
	l.queue = slices.DeleteFunc(l.queue, func(b *burst) bool {
		return b.owner == o || (o == nil && b.rounds <= 0)
	})
}
