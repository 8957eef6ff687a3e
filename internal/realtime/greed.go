package realtime

import (
	"time"

	"golang.org/x/sys/unix"
)

// appetite is how much CPU the workers take. Real-time threads that never stop
// would stop everything else on the machine: whoever takes too much for seconds
// becomes normal until that is over. The engine's thread is spared; what reaches
// it is limited before.
type appetite struct {
	greedy  bool
	used    time.Duration // by the workers, when looked at last
	at      time.Time
	glutted int // looks in a row that speak for the other policy
}

const (
	tooMuch = 80 // per cent of one processor
	little  = 30
	glut    = 3 // looks, a second apart
)

// judge looks at what the workers used since the last look, and tells whether
// that changes their policy.
func (p *Process) judge() (changed bool) {
	now, used := time.Now(), processTime()-p.engineTime()
	share := 0
	if span := now.Sub(p.at); !p.at.IsZero() && span > 0 {
		share = int(100 * (used - p.used) / span)
	}
	p.used, p.at = used, now
	return p.digest(share)
}

// digest counts looks in a row that speak for a change.
func (a *appetite) digest(share int) (changed bool) {
	against := share > tooMuch
	if a.greedy {
		against = share < little
	}
	if !against {
		a.glutted = 0
		return false
	}
	if a.glutted++; a.glutted < glut {
		return false
	}
	a.greedy, a.glutted = !a.greedy, 0
	return true
}

// processTime is the CPU time of all threads.
func processTime() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts) // always there
	return time.Duration(ts.Nano())
}

// engineTime is the CPU time of the engine's thread, 0 before there is one.
func (p *Process) engineTime() time.Duration {
	tid := p.engine.Load()
	if tid == 0 {
		return 0
	}
	// A clock of another thread: its complemented id, per thread (4), scheduled time (2).
	clock := int32(^uint32(tid)<<3 | 4 | 2)
	var ts unix.Timespec
	if unix.ClockGettime(clock, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
