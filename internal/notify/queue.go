package notify

import (
	"context"
	"errors"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
)

// queueLimit bounds the events of one instance or group whose scripts have
// not begun.
const queueLimit = 64

// stopGrace is what a script has between SIGTERM and SIGKILL.
const stopGrace = 2 * time.Second

// ErrSlow: scripts are slower than events.
var ErrSlow = errors.New("scripts are slower than events")

// job is an event and what runs for it.
type job struct {
	event    Event
	commands []command.Command
	timeout  time.Duration
}

// queue runs the scripts of one instance or group, one at a time. Its fields
// are guarded by Notifier.mu.
type queue struct {
	waiting []job
	busy    bool
}

// push puts an event at the end and starts to work if nobody does; n.mu is
// held.
func (n *Notifier) push(k key, j job) {
	q := n.queues[k]
	if q == nil {
		q = &queue{}
		n.queues[k] = q
	}
	if len(q.waiting) >= queueLimit {
		n.losses = append(n.losses, n.loss(q.waiting[0], ErrSlow))
		q.waiting = q.waiting[1:]
	}
	q.waiting = append(q.waiting, j)
	if !q.busy {
		q.busy = true
		n.work.Add(1)
		go n.drain(k, q)
	}
}

// loss counts an event whose scripts will not run; n.mu is held.
func (n *Notifier) loss(j job, why error) Loss {
	n.lost++
	return Loss{Event: j.event, Err: why, Total: n.lost}
}

// drain runs what waits and ends when nothing does.
func (n *Notifier) drain(k key, q *queue) {
	defer n.work.Done()
	for {
		j, ok := n.pop(k, q)
		if !ok {
			return
		}
		for _, c := range j.commands {
			n.sink.Ran(runOne(n.ctx, j, c))
		}
	}
}

// pop takes the next job. When Close will not wait any more, what waits is
// lost.
func (n *Notifier) pop(k key, q *queue) (job, bool) {
	n.mu.Lock()
	if len(q.waiting) > 0 && n.ctx.Err() == nil {
		defer n.mu.Unlock()
		j := q.waiting[0]
		q.waiting = q.waiting[1:]
		return j, true
	}
	var losses []Loss
	for _, j := range q.waiting {
		losses = append(losses, n.loss(j, ErrClosing))
	}
	q.busy = false
	delete(n.queues, k)
	n.mu.Unlock()
	for _, l := range losses {
		n.sink.Lost(l)
	}
	return job{}, false
}

// runOne runs a script to its end, to its timeout or to ours.
func runOne(ctx context.Context, j job, c command.Command) Run {
	run := Run{Event: j.event, Argv: c.Argv}
	c.Outlive = true
	p, err := c.Start()
	if err != nil {
		run.Err = err
		return run
	}
	timer := time.NewTimer(j.timeout)
	defer timer.Stop()
	select {
	case <-p.Done():
	case <-timer.C:
		run.TimedOut = true
		p.Stop(stopGrace)
	case <-ctx.Done():
	}
	select {
	case <-p.Done():
		run.Exit = p.Exit()
	case <-ctx.Done():
		// The daemon ends; whoever is not done by now goes on without it.
		run.Err = ctx.Err()
	}
	return run
}
