package track

import "time"

// opinion turns a number of processes into up or down, after the delays.
type opinion struct {
	process Process
	sink    Sink
	scanned bool // no kernel events

	known bool
	up    bool
	count int
	timer *time.Timer // until a new opinion is settled, nil when there is none
}

// set takes in a new number. The first one counts at once.
func (o *opinion) set(count int) {
	rose := count > o.count
	if o.known && count == o.count {
		return
	}
	o.count = count
	wants := o.wants()
	delay := o.process.TerminateDelay
	if rose {
		delay = o.process.ForkDelay
	}
	switch {
	case !o.known:
		o.tell(wants, true)
	case wants == o.up:
		o.stop()
		o.tell(wants, false)
	case delay <= 0:
		o.stop()
		o.tell(wants, true)
	default:
		if o.timer == nil {
			o.timer = time.NewTimer(delay)
		}
		o.tell(o.up, false)
	}
}

func (o *opinion) wants() bool {
	return o.count >= o.process.Quorum && (o.process.QuorumMax == 0 || o.count <= o.process.QuorumMax)
}

// due is ready when a new opinion has lasted long enough.
func (o *opinion) due() <-chan time.Time {
	if o.timer == nil {
		return nil
	}
	return o.timer.C
}

func (o *opinion) settle() {
	o.stop()
	if wants := o.wants(); wants != o.up {
		o.tell(wants, true)
	}
}

func (o *opinion) stop() {
	if o.timer != nil {
		o.timer.Stop()
		o.timer = nil
	}
}

func (o *opinion) tell(up, changed bool) {
	o.known, o.up = true, up
	o.sink.Process(o.process.Name, ProcessResult{
		Count: o.count, Up: up, Changed: changed, Scanned: o.scanned, At: time.Now(),
	})
}
