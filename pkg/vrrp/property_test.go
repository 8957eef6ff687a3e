package vrrp

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// TestActiveMeansClaimed feeds random events to random routers and groups, in
// any order and at any time: 20,000 histories of forty events. Addresses are held by
// Active routers and by nobody else, and what else audit knows is true.
func TestActiveMeansClaimed(t *testing.T) {
	for seed := range uint64(20_000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		a := newAuditor(t, func() byte { return byte(rng.Uint32()) })
		for range 40 {
			a.step()
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzElection does the same with the fuzzer's bytes.
func FuzzElection(f *testing.F) {
	f.Add([]byte("goodbye"))
	f.Add([]byte{3, 100, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
	f.Fuzz(func(t *testing.T, data []byte) {
		a := newAuditor(t, func() byte {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return b
		})
		for len(data) > 0 {
			a.step()
		}
	})
}

// auditor feeds a group by bytes and checks what it does.
type auditor struct {
	t     testing.TB
	byte  func() byte
	g     *Group
	now   time.Time
	state []State
	held  []bool
	steps int
}

func newAuditor(t testing.TB, next func() byte) *auditor {
	a := &auditor{t: t, byte: next, now: epoch}
	var members []*Router
	for range 1 + next()%3 {
		r, err := New(a.config())
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, r)
	}
	a.g = NewGroup("G", members...)
	a.state, a.held = make([]State, len(members)), make([]bool, len(members))
	return a
}

func (a *auditor) bit() bool { return a.byte()&1 == 1 }

func (a *auditor) config() Config {
	cfg := Config{
		Version: 2 + a.byte()&1, Family: wire.IPv4, Priority: max(1, a.byte()),
		Interval: time.Duration(1+a.byte()%4) * time.Second, Primary: a.address(),
		DownAdverts: int(a.byte() % 5), PreemptDelay: time.Duration(a.byte()%4) * time.Second,
		StartupDelay: time.Duration(a.byte()%3) * time.Second, IntervalFloor: time.Duration(a.byte()%2) * time.Second,
	}
	flags := a.byte()
	cfg.NoPreempt, cfg.LowerPriorityAdvert, cfg.HigherPriorityAdvert = flags&1 != 0, flags&2 != 0, flags&4 != 0
	cfg.OwnerIgnoresAdverts, cfg.OwnerWaits = flags&8 != 0, flags&16 != 0
	if cfg.NoPreempt && flags&32 != 0 {
		cfg.TimerExpiredBackup = 200
	}
	if b := a.byte(); b&1 != 0 {
		cfg.Guard, cfg.DeafWait, cfg.Witness = Guard(b>>1%3), Wait(b>>3%3), b&64 != 0
		if cfg.Witness {
			cfg.WitnessWait = Wait(b >> 5 % 3)
		}
		cfg.Paths, cfg.HoldLimit = b>>4%3, time.Duration(b%4)*time.Second
	}
	return cfg
}

// address returns one of a few, or none.
func (a *auditor) address() netip.Addr {
	b := a.byte() % 5
	if b == 0 {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{192, 0, 2, b})
}

func (a *auditor) cause() Cause { return Cause{Kind: 1 + CauseKind(a.byte()%3), Name: "x"} }

func (a *auditor) event() Event {
	switch a.byte() % 20 {
	case 16:
		return Answered{Addr: a.address(), MAC: [6]byte{a.byte()}, Stranger: a.bit(), Outranks: a.bit()}
	case 17:
		return FrameHeard{At: a.now.Add(-time.Duration(a.byte()) * 20 * time.Millisecond)}
	case 18:
		return WitnessAnswered{}
	case 19:
		return PathHeard{
			Path: a.byte() % 6, From: a.address(), Local: a.address(), Priority: a.byte(),
			Interval: time.Duration(a.byte()) * 100 * time.Millisecond,
		}
	case 0, 1:
		return Startup{}
	case 2:
		return Shutdown{}
	case 3, 4, 5:
		if a.bit() {
			return Timeout{Known: a.now.Add(-time.Duration(a.byte()) * 10 * time.Millisecond)}
		}
		return Timeout{}
	case 6, 7, 8, 9:
		return Received{From: a.address(), Priority: a.byte(), Interval: time.Duration(a.byte()) * 100 * time.Millisecond, Mismatch: a.bit()}
	case 10:
		return Rejected{Reason: wire.Reject(a.byte()), From: a.address(), TTL: a.byte()}
	case 11:
		return FaultRaised{a.cause()}
	case 12:
		return FaultCleared{a.cause()}
	case 13:
		return PriorityChanged{a.byte()}
	case 14:
		if a.bit() {
			return PrimaryChanged{a.address()}
		}
		return Reconfigured{Config: a.config(), Addresses: a.bit()}
	}
	return HandOver{Hold: time.Duration(a.byte()) * 100 * time.Millisecond}
}

// step lets some time pass, sometimes backwards (an arrival that was stamped
// before a control event), often up to the deadline.
func (a *auditor) step() {
	switch b := a.byte(); {
	case b < 100 && !a.g.Deadline().IsZero():
		a.now = later(a.now, a.g.Deadline())
	case b < 240:
		a.now = a.now.Add(time.Duration(a.byte()) * 20 * time.Millisecond)
	default:
		a.now = a.now.Add(-time.Millisecond)
	}
	a.feed(int(a.byte())%a.g.Len(), a.event())
}

func (a *auditor) feed(member int, ev Event) {
	due := make([]time.Time, a.g.Len())
	before := *a.g.Member(member)
	for i := range due {
		due[i] = a.g.Member(i).Deadline()
	}
	a.steps++
	sampled := a.steps%8 == 0 // it takes longer than all the rest
	var foreseen []string
	if sampled {
		foreseen = a.foresee(member, ev)
	}
	actions := a.g.Handle(a.now, member, ev)
	if got := formatActions(actions); sampled && !slices.Equal(got, foreseen) {
		a.t.Errorf("after %+v: %q, foreseen were %q", ev, got, foreseen)
	}
	for _, action := range actions {
		a.check(action.Member, action.Action, ev)
	}
	a.checkGoodbye(&before, a.g.Member(member), ev)
	actives := 0
	for i := range due {
		r := a.g.Member(i)
		if r.State() == Active {
			actives++
		}
		if a.held[i] != (r.State() == Active) || a.state[i] != r.State() {
			a.t.Errorf("after %+v: %v, told %v, held=%v", ev, r.State(), a.state[i], a.held[i])
		}
		now := r.Deadline()
		if now.IsZero() && r.State() != Initialize || !now.IsZero() && !now.Equal(due[i]) && now.Before(a.now) && !due[i].Before(a.now) {
			a.t.Errorf("after %+v at %v: deadline %v in %v", ev, a.now, now, r.State())
		}
		if p := r.Priority(); p == 0 || (p == PriorityOwner) != (r.Config().Priority == PriorityOwner) {
			a.t.Errorf("after %+v: priority %d", ev, p)
		}
		if st := r.Status(); st.State != Initialize && len(st.Causes) > 0 || st.Fault && st.State != Initialize {
			a.t.Errorf("after %+v: %v with %v", ev, st.State, st.Causes)
		}
	}
	if actives != 0 && actives != len(due) {
		a.t.Errorf("after %+v: group divided", ev)
	}
	if t, ok := ev.(Timeout); ok && !a.g.Deadline().IsZero() && !a.g.Deadline().After(a.now) && t.Known.IsZero() {
		a.t.Errorf("Timeout at %v left the deadline %v", a.now, a.g.Deadline())
	}
}

// foresee asks what an event would do, and checks that asking does nothing.
func (a *auditor) foresee(member int, ev Event) []string {
	before := make([]Router, a.g.Len())
	for i := range before {
		before[i] = *a.g.Member(i).clone()
	}
	list := formatActions(a.g.Foresee(a.now, member, ev))
	for i := range before {
		if after := *a.g.Member(i).clone(); !reflect.DeepEqual(before[i], after) {
			a.t.Errorf("foreseeing %+v changed a router from %+v to %+v", ev, before[i], after)
		}
	}
	return list
}

func formatActions(actions []MemberAction) []string {
	var list []string
	for _, action := range actions {
		list = append(list, fmt.Sprintf("%d: %s", action.Member, formatAction(action.Action)))
	}
	return list
}

// checkGoodbye: an advert of priority 0, however many there are, puts nothing
// off that is still to come.
func (a *auditor) checkGoodbye(before, after *Router, ev Event) {
	ad, direct := ev.(Received)
	beat, onPath := ev.(PathHeard)
	if before.state != Backup || after.state != Backup || !(direct && ad.Priority == 0) && !(onPath && beat.Priority == 0) {
		return
	}
	if end := before.waysEnd(); !end.Before(a.now) && after.waysEnd().After(end) {
		a.t.Errorf("%+v at %v put the takeover off from %v to %v", ev, a.now, end, after.waysEnd())
	}
	if before.released && after.deadline.After(before.deadline) {
		a.t.Errorf("another goodbye %+v at %v put the takeover off from %v to %v", ev, a.now, before.deadline, after.deadline)
	}
}

func (a *auditor) check(member int, action Action, ev Event) {
	switch action := action.(type) {
	case Transition:
		if action.Reason == ReasonNone || action.From != a.state[member] || !action.Evidence.At.Equal(a.now) {
			a.t.Errorf("after %+v in %v: %s", ev, a.state[member], formatAction(action))
		}
		if (action.Evidence.Cause.Kind == CauseNone) && (action.Reason == ReasonFault) {
			a.t.Errorf("after %+v: fault without a cause", ev)
		}
		if action.Fault && action.To != Initialize {
			a.t.Errorf("after %+v: fault in %v", ev, action.To)
		}
		a.state[member] = action.To
	case Claim:
		a.held[member] = true
	case Release:
		a.held[member] = false
	}
}
