package engine

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/xvrrp/xvrrp/internal/bell"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Engine owns every virtual router. See the package documentation for which
// goroutine may call what.
type Engine struct {
	ports Ports

	mu    sync.Mutex // guards inbox and closed
	inbox []letter
	spare []letter // the inbox before, for reuse; loop thread only

	// The rest belongs to the loop thread.
	groups   map[string]*group
	order    []*group // groups in the order of their adding
	members  map[string]*member
	wires    map[int]*port
	schedule schedule
	alarm    time.Time // what Wake was last asked for
	round    uint64    // counts Wakeups
	packet   wire.Packet
	frozen   bool // see Freeze
	held     []letter
	post     post
	claiming *group // which took over in this Wakeup, see stay
	deaf     bool   // see Deafen
	alone    bool   // there is but one processor

	// What is waited for awake, see approach.
	awaited   *group
	awaitedAt time.Time
	still     func() bool
	rehearsed time.Time // for which deadline, last
}

// letter is a fact on its way to the loop thread.
type letter struct {
	fact  Fact
	reply *reply // may be nil
}

// reply is what came of a fact. The cord tells who waits for it.
type reply struct {
	err  error
	cord *bell.Cord
}

// New makes an engine without routers.
func New(ports Ports) *Engine {
	return &Engine{
		ports:   ports,
		groups:  map[string]*group{},
		members: map[string]*member{},
		wires:   map[int]*port{},
		alone:   runtime.NumCPU() == 1,
	}
}

// Do queues facts for the loop thread, in order, and returns at once. What is
// wrong with a fact is lost: use Settle where an answer matters.
func (e *Engine) Do(facts ...Fact) {
	e.mu.Lock()
	for _, f := range facts {
		e.inbox = append(e.inbox, letter{fact: f})
	}
	e.mu.Unlock()
	e.ports.Interrupt()
}

// Settle queues one fact and waits until the loop thread has taken it in.
// The loop must be running.
func (e *Engine) Settle(f Fact) error {
	answer := &reply{}
	told := make(chan struct{})
	answer.cord = e.ports.Bell.Cord(func() { close(told) })
	e.mu.Lock()
	e.inbox = append(e.inbox, letter{fact: f, reply: answer})
	e.mu.Unlock()
	e.ports.Interrupt()
	<-told
	return answer.err
}

// Interrupted takes in what was queued with Do and Settle. Loop thread only.
func (e *Engine) Interrupted() {
	e.mu.Lock()
	letters := e.inbox
	e.inbox = e.spare[:0]
	e.mu.Unlock()
	for i, l := range letters {
		if _, ask := l.fact.(Ask); e.frozen && !ask {
			e.held = append(e.held, l) // for Thaw
			letters[i] = letter{}
			continue
		}
		err := e.take(l.fact)
		if l.reply != nil {
			l.reply.err = err
			l.reply.cord.Pull()
		}
		letters[i] = letter{}
	}
	e.spare = letters
	e.setAlarm()
}

// take handles one fact.
func (e *Engine) take(f Fact) error {
	now := time.Now()
	switch f := f.(type) {
	case Add:
		return e.add(f)
	case Remove:
		return e.remove(now, f.Group)
	case Change:
		return e.change(now, f)
	case Bind:
		return e.bind(now, f)
	case BindPath:
		return e.bindPath(f)
	case UnbindPath:
		return e.unbindPath(f)
	case Unbind:
		return e.with(f.Router, func(m *member) { e.unbind(m) })
	case Tell:
		if !f.At.IsZero() {
			now = f.At
		}
		return e.with(f.Router, func(m *member) { e.handle(now, m, f.Event) })
	case Regroup:
		return e.regroup(now, f)
	case Resume:
		return e.resume(now, f)
	case Ask:
		f.Do(View{e})
		return nil
	}
	return fmt.Errorf("engine: unknown fact %T", f)
}

// ErrNoRouter is wrapped when a fact names a router or group that is not there.
var ErrNoRouter = errors.New("no such virtual router")

func (e *Engine) with(name string, f func(*member)) error {
	m, ok := e.members[name]
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoRouter, name)
	}
	f(m)
	return nil
}

func (e *Engine) add(f Add) error {
	if _, ok := e.groups[f.Group]; ok {
		return fmt.Errorf("group %s is there already", f.Group)
	}
	g := &group{name: f.Group}
	routers := make([]*vrrp.Router, 0, len(f.Members))
	for _, spec := range f.Members {
		if _, ok := e.members[spec.Name]; ok {
			return fmt.Errorf("virtual router %s is there already", spec.Name)
		}
		m, err := newMember(spec)
		if err != nil {
			return fmt.Errorf("virtual router %s: %w", spec.Name, err)
		}
		m.group, m.index = g, len(g.members)
		g.members = append(g.members, m)
		routers = append(routers, m.router)
	}
	g.machine = vrrp.NewGroup(f.Group, routers...)
	for _, m := range g.members {
		m.effects = startEffects(&m.spec, e.ports.Bell)
		e.members[m.spec.Name] = m
	}
	e.schedule.enter(g)
	e.groups[f.Group] = g
	e.order = append(e.order, g)
	return nil
}

func (e *Engine) remove(now time.Time, name string) error {
	g, ok := e.groups[name]
	if !ok {
		return fmt.Errorf("%w: group %s", ErrNoRouter, name)
	}
	e.handle(now, g.members[0], vrrp.Shutdown{}) // reaches every member
	for _, m := range g.members {
		e.unbind(m)
		for _, w := range m.ways {
			if w != nil {
				e.unbindWay(w)
			}
		}
		m.effects.close()
		delete(e.members, m.spec.Name)
	}
	e.schedule.leave(g)
	delete(e.groups, name)
	e.order = slices.DeleteFunc(e.order, func(o *group) bool { return o == g })
	return nil
}

// Stop removes every group and waits until all their effects are done: the
// last adverts have left, the addresses are given up, the notifications are
// on their way. The loop must be running.
func (e *Engine) Stop() {
	var pending []*effects
	ask := Ask{Do: func(View) {
		for len(e.order) > 0 {
			g := e.order[0]
			for _, m := range g.members {
				pending = append(pending, m.effects)
			}
			// The group is there, so there is no error to have.
			_ = e.remove(time.Now(), g.name)
		}
	}}
	// An Ask has no error.
	_ = e.Settle(ask)
	for _, p := range pending {
		<-p.done
	}
}

// deafFor is how long a Backup's timer is put off while we are deaf.
const deafFor = 100 * time.Millisecond

// setAlarm asks for a wake-up at the earliest deadline, if none comes before.
// A deadline that moves away, as a Backup's does with every advert, leaves the
// alarm where it is: when that rings there is nothing to do but to set it again,
// a few times a second instead of once for each advert.
func (e *Engine) setAlarm() {
	var next time.Time
	if g := e.schedule.first(); g != nil {
		if !e.alarm.IsZero() && !g.deadline.Add(-lead).Before(e.alarm) {
			return // without a look at the clock: this comes with every advert
		}
		next = e.alarmOf(g)
	}
	switch {
	case next.IsZero() && e.alarm.IsZero():
		return
	case next.IsZero(), e.alarm.IsZero(), next.Before(e.alarm):
		e.alarm = next
		e.ports.Wake(next)
	}
}

// Wakeup tells every group whose deadline has come. Loop thread only.
func (e *Engine) Wakeup(now time.Time) {
	e.round++
	// All that arrived before the alarm rang has been told. What came since may
	// stand behind it, if we read it late.
	known := e.alarm
	e.alarm = time.Time{} // it has rung
	if e.frozen {
		return
	}
	e.post.open = true
	for g := e.schedule.first(); g != nil; g = e.schedule.first() {
		late := now.Sub(g.deadline)
		if g.warning {
			if late < 0 {
				break
			}
			e.warn(g)
			continue
		}
		if !e.deaf && e.near(g, -late) {
			e.post.deliver() // it does not wait with us
			known = e.approach(g)
			now = time.Now()
			continue // with whoever is first now
		}
		if late < -g.slack() || g.round == e.round {
			break // not yet, or its deadline does not move: never spin here
		}
		now := now // of this group: what is sent a little early is sent as if on time
		if late < 0 {
			now = g.deadline
		}
		g.round = e.round
		if e.deaf && g.machine.State() == vrrp.Backup {
			e.schedule.set(g, now.Add(deafFor))
			continue
		}
		for _, m := range g.members {
			if d := m.router.Deadline(); !d.IsZero() && !d.After(now) {
				m.spec.Probe.Woken(now.Sub(d))
			}
		}
		e.handle(now, g.members[0], vrrp.Timeout{Known: known}) // reaches every member that is due
	}
	e.post.open = false
	e.post.deliver()
	e.stay()
	e.setAlarm()
}
