package daemon

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/internal/prober"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// asker puts the questions that come before a takeover. The loop thread puts a
// few at once itself, since it is punctual on a busy machine; where a master of hundreds
// of routers fell silent, a goroutine puts the rest.
type asker struct {
	d        *Daemon
	prober   *prober.Prober
	arrivals *arrivals

	mu    sync.Mutex // guards queue
	queue []question
	wake  chan struct{} // one token: there is something to look at
	cord  *bell.Cord    // puts it there

	// Of the loop thread.
	slice time.Time // since when
	put   int       // so many questions were put
}

// atOnce is how many questions the loop thread puts itself in a slice of time.
const (
	atOnce   = 8
	askSlice = time.Millisecond
)

// question is one that is due.
type question struct {
	in *instance
	vrrp.Ask
	asked bool // and only the frames are to be counted
}

func newAsker(d *Daemon) (*asker, error) {
	k := &asker{d: d, arrivals: newArrivals(), wake: make(chan struct{}, 1)}
	k.cord = d.bell.Cord(func() {
		select {
		case k.wake <- struct{}{}:
		default: // it is awake already
		}
	})
	var err error
	k.prober, err = prober.Open(d.answered)
	return k, err
}

// Ask implements engine.Asker. Loop thread.
func (in *instance) Ask(a vrrp.Ask) {
	k, q := in.d.asker, question{in: in, Ask: a}
	if now := time.Now(); now.Sub(k.slice) > askSlice {
		k.slice, k.put = now, 0
	}
	if k.put++; k.put <= atOnce {
		k.ask(q, k.d.gossip.put)
		q.asked = true
	}
	k.mu.Lock()
	k.queue = append(k.queue, q)
	k.mu.Unlock()
	k.cord.Pull()
}

// run asks until ctx ends.
func (k *asker) run(ctx context.Context) {
	var batch []question
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		k.mu.Lock()
		batch, k.queue = k.queue, batch[:0]
		k.mu.Unlock()
		for i, q := range batch {
			if !q.asked {
				k.ask(q, k.say)
			}
			k.countFrames(q)
			batch[i] = question{}
		}
	}
}

// ask puts one question to everybody it concerns. What cannot be sent is as
// good as not answered: a link that is down is a fault of its own.
func (k *asker) ask(q question, failed func(rumour)) {
	asks := q.in.asks.Load()
	if asks == nil {
		return
	}
	if q.Addresses {
		last := q.in.former.last()
		for _, one := range asks.some() {
			one.MAC = last
			k.send(one, failed)
		}
	}
	if q.Witness {
		for _, one := range asks.witness {
			k.send(one, failed)
		}
	}
}

// countFrames tells a router when its interface was last heard, and once more as
// late as it can still count.
func (k *asker) countFrames(q question) {
	asks := q.in.asks.Load()
	if asks == nil || q.in.cfg().Own.Isolated == config.DoubtOff {
		return
	}
	k.tellFrames(q.in, asks.name)
	time.AfterFunc(time.Until(q.Until)*3/4, func() { k.tellFrames(q.in, asks.name) })
}

// say tells the log at once. Not on the loop thread.
func (k *asker) say(r rumour) { k.d.gossip.say(r, 1) }

func (k *asker) send(q prober.Question, failed func(rumour)) {
	if err := k.prober.Ask(q); err != nil {
		failed(rumour{question: true, ifindex: q.IfIndex, peer: q.Addr, err: err.Error()})
	}
}

// tellFrames tells a router when its interface was last heard.
func (k *asker) tellFrames(in *instance, name string) {
	k.arrivals.look(time.Now())
	if at, ok := k.arrivals.heard(name); ok {
		k.d.engine.Do(engine.Tell{Router: in.id, Event: vrrp.FrameHeard{At: at}})
	}
}

// answers takes in that somebody answers for an address of ours. Loop thread.
func (in *instance) answers(a prober.Answer) {
	in.sign(signProbe, func() sign {
		text := "asked for " + a.Addr.String() + ", " + net.HardwareAddr(a.MAC[:]).String() + " answers"
		return sign{text: text, addr: a.Addr, mac: a.MAC}
	})
}

// answered takes in who answers. On a goroutine of the prober.
func (d *Daemon) answered(a prober.Answer) {
	if d.nics.ours(a.MAC) {
		return
	}
	for _, in := range d.all() {
		asks := in.asks.Load()
		if asks == nil || !asks.on(a.IfIndex) {
			continue
		}
		if slices.Contains(in.cfg().Own.Witness, a.Addr) {
			d.engine.Do(engine.Tell{Router: in.id, At: a.At, Event: vrrp.WitnessAnswered{}})
		}
		if !in.carries(a.Addr) {
			continue
		}
		d.engine.Do(engine.Tell{Router: in.id, At: a.At, Event: in.answer(a.Addr, a.MAC)})
		if in.active.Load() {
			d.engine.Do(engine.Ask{Do: func(v engine.View) {
				if r := v.Router(in.id); r != nil && r.State() == vrrp.Active && !in.partingClaim(r.Transition(), a.MAC, a.At) {
					in.answers(a)
				}
			}})
		}
	}
}
