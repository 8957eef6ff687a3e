package announce

import "time"

// report is something to tell through Options.
type report struct {
	owner string
	what  what
	kind  Kind
	n     int // frames, or the index of the interface that failed
	why   Reason
	at    time.Time
	err   error
}

// what a report tells.
type what uint8

const (
	sentFrames what = iota
	burstDone
	burstFailed
)

// tell calls back what happened since it was last called. It holds no lock, so a
// callback may wait for whoever is just calling the Announcer.
func (a *Announcer) tell() {
	a.mu.Lock()
	a.told, a.news = a.news, a.told
	a.mu.Unlock()
	for _, r := range a.told {
		switch {
		case r.what == sentFrames && a.options.Sent != nil:
			a.options.Sent(r.owner, r.kind, r.n)
		case r.what == burstDone && a.options.Done != nil:
			a.options.Done(r.owner, r.why, r.at)
		case r.what == burstFailed && a.options.Failed != nil:
			a.options.Failed(r.owner, r.n, r.err)
		}
	}
	clear(a.told) // drop what they point to, keep the room
	a.told = a.told[:0]
}
