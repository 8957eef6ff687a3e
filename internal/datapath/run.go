package datapath

import (
	"context"
	"errors"
	"runtime"
	"time"
)

// Run is the loop: it serves sink until ctx ends, on one locked thread, and
// returns nil then. It ends earlier only when the kernel refuses to wait.
func (d *Datapath) Run(ctx context.Context, sink Sink) error {
	if !d.running.CompareAndSwap(false, true) {
		return errors.New("the datapath runs already")
	}
	defer d.running.Store(false)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	d.sink = sink
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { d.Interrupt(); close(interrupted) })
	defer func() {
		if !stop() {
			<-interrupted
		}
	}()

	var crowd crowd
	for ctx.Err() == nil {
		if !d.poller.called { // who interrupts waits for an answer, and may have a thousand questions
			crowd.pause(d.wake)
		}
		if err := d.poller.wait(); err != nil {
			return err
		}
		crowd.woken()
		before := d.records
		d.turn(sink)
		crowd.served(d.records - before)
	}
	return nil
}

// turn serves whatever is ready. The timer is read first and told last: what
// arrived before it ran out is then in the ring or in the sockets already.
func (d *Datapath) turn(sink Sink) {
	due, start := d.poller.expired(), monotonic()
	for !d.drain(sink) {
		// Another CPU is in the middle of writing a record: nanoseconds.
		continue
	}
	d.heartbeat(start, sink)
	if due {
		d.wakeUp(sink)
	}
	if d.poller.acknowledge() {
		d.interrupted.Store(false)
		sink.Interrupted()
	}
}

func (d *Datapath) wakeUp(sink Sink) {
	if d.wake.IsZero() {
		return
	}
	d.wake = time.Time{}
	sink.Wakeup(time.Now())
}

// drain hands over everything that had arrived when it was called. It returns
// false when it met a record that is still being written.
func (d *Datapath) drain(sink Sink) bool {
	if d.ring != nil && !d.drainRing(sink) {
		return false
	}
	d.collectSpills(sink)
	d.drainSockets(sink)
	return true
}

func (d *Datapath) drainSockets(sink Sink) {
	for _, s := range *d.sockets.Load() {
		d.drainSocket(s, sink)
	}
}

func (d *Datapath) drainRing(sink Sink) bool {
	limit := d.ring.end()
	for first := true; ; first = false {
		record, busy := d.ring.peek(limit)
		if record == nil {
			return !busy
		}
		if d.records++; first {
			d.drained = time.Now()
		}
		if kindOf(record) == vrrpEventKindEVENT_WAKE {
			due := d.isDue(record)
			d.ring.pop() // first: the sink may have the ring read on, see Approach
			if due {
				d.collectSpills(sink)
				d.drainSockets(sink)
				d.wakeUp(sink)
			}
			continue
		}
		d.deliver(record, sink)
		d.ring.pop()
	}
}

// deliver tells the sink one record. Records that make no sense cannot come:
// the program is ours, and it is checked against the same types.
func (d *Datapath) deliver(record []byte, sink Sink) {
	switch kindOf(record) {
	case vrrpEventKindEVENT_ADVERT:
		if datagram, verdict, err := d.advert(record); err == nil {
			if verdict.foreign() {
				sink.Foreign(datagram)
			} else {
				sink.Datagram(datagram)
			}
		}
	case vrrpEventKindEVENT_CLAIM:
		if claim, err := d.claim(record); err == nil {
			sink.Claim(claim)
		}
	}
}

// Approach serves what arrives, awake, until the moment at or until still says
// that there is nothing to wait for any more. An idle processor takes some 100 µs
// to wake up, so who must be punctual wakes early and waits here. Call it from
// sink.Wakeup, for fractions of a millisecond.
func (d *Datapath) Approach(at time.Time, still func() bool) {
	for near := true; near && still(); {
		near = time.Until(at) > 0
		for !d.drain(d.sink) { // in the end once after the moment: all that came before it is told
			continue
		}
	}
}

// Wake sets the one time at which sink.Wakeup is called; the zero Time means
// never, a past time at once. Call it on the thread of Run, or before Run.
func (d *Datapath) Wake(at time.Time) {
	if at.Equal(d.wake) && at.IsZero() == d.wake.IsZero() {
		return
	}
	d.wake = at
	deadline := d.clock.deadline(at)
	if d.waker != nil {
		if d.waker.set(deadline) == nil {
			return
		}
		d.waker = nil // it worked once; whatever happened, the other timer works
	}
	if err := d.poller.setTimer(deadline); err != nil {
		// Only a wrong argument can cause this.
		panic(err)
	}
}

// Interrupt makes Run call sink.Interrupted. Calls that come before the answer
// are answered together.
func (d *Datapath) Interrupt() {
	if d.interrupted.Swap(true) {
		return
	}
	if err := d.poller.interrupt(); err != nil {
		// Only a wrong descriptor can cause this.
		panic(err)
	}
}
