package track

import (
	"context"
	"time"
)

// periodic asks something at every interval, never twice at once.
type periodic struct {
	name    string
	rhythm  Rhythm
	counter Counter
	known   bool
	code    int
	sink    Sink
	probe   probe
}

// probe runs once. It calls report exactly once, at the latest at the timeout,
// and returns when nothing of the run is left. That may be later. If ctx ends
// it makes haste; what it reports then is no result.
type probe func(ctx context.Context, timeout time.Duration, report func(outcome))

// outcome is what a run found.
type outcome struct {
	passed   bool
	code     int
	result   Result // the remaining fields: Signal, TimedOut, Starved, Text
	duration time.Duration
}

func newPeriodic(name string, r Rhythm, sink Sink, p probe) *periodic {
	return &periodic{name: name, rhythm: r, counter: NewCounter(r.Rise, r.Fall, r.InitFail), sink: sink, probe: p}
}

// resume goes on with a predecessor's opinion.
func (p *periodic) resume(up bool) {
	p.counter.Resume(up)
	p.known = true
}

// run asks until ctx ends and waits for what it began.
func (p *periodic) run(ctx context.Context) {
	// A run reports once, so that no writer ever waits for us.
	reports := make(chan outcome, 1)
	idle := make(chan struct{}, 1)
	var began time.Time
	running, reported := false, true
	next := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			if running {
				<-idle
			}
			return
		case o := <-reports:
			reported = true
			p.count(o, began)
		case <-idle:
			running = false
		case now := <-timer.C:
			// The result of the last run stands before its successor.
			select {
			case o := <-reports:
				reported = true
				p.count(o, began)
			default:
			}
			select {
			case <-idle:
				running = false
			default:
			}
			if running {
				p.skip(reported, now)
			} else {
				running, reported, began = true, false, now
				go p.once(ctx, reports, idle)
			}
			next = nextStart(next, now, p.rhythm.Interval)
			timer.Reset(time.Until(next))
		}
	}
}

// nextStart keeps the rhythm; after a gap longer than an interval (the
// machine slept) it starts anew instead of catching up.
func nextStart(last, now time.Time, interval time.Duration) time.Time {
	next := last.Add(interval)
	if next.Before(now) {
		return now.Add(interval)
	}
	return next
}

func (p *periodic) once(ctx context.Context, reports chan<- outcome, idle chan<- struct{}) {
	defer func() { idle <- struct{}{} }()
	began := time.Now()
	p.probe(ctx, p.rhythm.timeout(), func(o outcome) {
		if ctx.Err() != nil {
			return // stopped: this is no result
		}
		if o.duration == 0 {
			o.duration = time.Since(began)
		}
		reports <- o
	})
}

// count turns an outcome into a Result and tells it.
func (p *periodic) count(o outcome, began time.Time) {
	was, knew := p.counter.Up(), p.known
	r := o.result
	r.Passed, r.Code, r.Began, r.Duration = o.passed, o.code, began, o.duration
	r.Up, r.Known = p.counter.Add(o.passed), true
	r.Changed = !knew || r.Up != was
	r.CodeChanged = o.code != p.code
	p.known, p.code = true, o.code
	p.sink.Script(p.name, r)
}

func (p *periodic) skip(reported bool, now time.Time) {
	r := Result{Up: p.counter.Up(), Known: p.known, Code: p.code, Skipped: SkippedRunning, Began: now}
	if reported {
		r.Skipped = SkippedTimingOut // its result is known, its remains are not gone
	}
	p.sink.Script(p.name, r)
}
