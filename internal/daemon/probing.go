package daemon

import (
	"context"
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
)

// A master asks for its own addresses now and then, also through other
// interfaces on the same link. Whoever answers is another one: a network may
// carry neither its adverts nor its announcements, and it need not send any. While two
// masters are known it is asked often, so that the alarm lasts as long as they do.
const (
	askedAfterTakeover = time.Second
	askedInPeace       = 10 * time.Second
	askedInContest     = time.Second
	lookForMasters     = 100 * time.Millisecond
)

// watchMasters asks for the masters' addresses until ctx ends.
func (d *Daemon) watchMasters(ctx context.Context) {
	tick := time.NewTicker(lookForMasters)
	defer tick.Stop()
	due := map[*instance]time.Time{}
	for {
		var now time.Time
		select {
		case <-ctx.Done():
			return
		case now = <-tick.C:
		}
		all := d.all()
		for _, in := range all {
			if !in.active.Load() || in.cfg().Own.Guard == config.GuardOff {
				delete(due, in)
				continue
			}
			at, known := due[in]
			switch {
			case !known:
				due[in] = now.Add(askedAfterTakeover)
			case in.contested() && at.Sub(now) > askedInContest:
				due[in] = now.Add(askedInContest)
			case !now.Before(at):
				d.asker.again(in)
				due[in] = now.Add(askedInPeace)
			}
		}
		if len(due) > len(all) { // of instances that a reload took away
			clear(due)
		}
	}
}

// again asks for a master's own addresses.
func (k *asker) again(in *instance) {
	asks := k.d.nics.currentAsks(in)
	if asks == nil {
		return
	}
	last := in.former.last()
	for _, q := range asks.some() {
		q.MAC = last
		k.send(q, k.say)
	}
	for _, q := range asks.second {
		k.send(q, k.say)
	}
}
