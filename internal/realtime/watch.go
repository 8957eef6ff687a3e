package realtime

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Starved says that the engine's thread was ready to run and did not get to,
// for too long, and what the machine knows about the reason.
type Starved struct {
	Span    time.Duration // looked at
	Waited  time.Duration // ready, but in the run queue, all turns together
	Turns   uint64        // how often it got a processor
	Stopped time.Duration // the control group had used up its share (cpu.max)
	Stolen  time.Duration // the hypervisor ran somebody else, mean of the processors
}

// String says it in one line.
func (s Starved) String() string {
	var why []string
	if s.Stopped > 0 {
		why = append(why, fmt.Sprintf("its control group was throttled for %v (cpu.max)", s.Stopped.Round(time.Millisecond)))
	}
	if s.Stolen > s.Span/100 {
		why = append(why, fmt.Sprintf("the hypervisor took %v of each processor (steal)", s.Stolen.Round(time.Millisecond)))
	}
	if len(why) == 0 {
		why = append(why, "other processes were served first")
	}
	return fmt.Sprintf("the engine waited %v for a processor within %v (%d turns): %s",
		s.Waited.Round(time.Millisecond), s.Span.Round(time.Millisecond), s.Turns, strings.Join(why, ", "))
}

// tolerated is the share of a second that the engine may wait before it is told:
// two in a hundred.
const tolerated = 50

// Long reports whether the engine waited so long that it is worth a word.
func (s Starved) Long() bool { return s.Waited > s.Span/tolerated }

// Watch looks every second at how long the engine waited for a processor, and
// tells. It returns when ctx ends, or with an error when
// the kernel does not say (no CONFIG_SCHEDSTATS). Call it after Engine.
func (p *Process) Watch(ctx context.Context, tell func(Starved)) error {
	w, err := openWatch(int(p.engine.Load()))
	if err != nil {
		return err
	}
	defer w.close()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, err := w.read()
	for {
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		var now reading
		now, err = w.read()
		if err == nil {
			tell(now.since(last))
		}
		last = now
	}
}

// reading is all counters at one time.
type reading struct {
	at              time.Time
	waited          time.Duration
	turns           uint64
	stopped, stolen time.Duration
}

func (r reading) since(o reading) Starved {
	return Starved{
		Span: r.at.Sub(o.at), Waited: r.waited - o.waited, Turns: r.turns - o.turns,
		Stopped: r.stopped - o.stopped, Stolen: r.stolen - o.stolen,
	}
}
