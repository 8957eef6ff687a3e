package vrrp

import (
	"strings"
	"testing"
	"time"
)

// A simulator that cannot fail proves nothing. Each mutant is a node that is
// wired wrong in one way, as real daemons have been; the simulator must find
// every one, and by the property that it breaks.
var mutants = []struct {
	name string
	make maker
	// finds is part of the complaint.
	finds string
}{
	{"ignores priority 0", deafTo(func(m *mutant, i int, ad Received) bool { return ad.Priority == 0 }), "nobody took over in time"},
	{"never yields", deafTo(func(m *mutant, i int, ad Received) bool {
		return m.routers[i].State() == Active && ad.Priority > m.routers[i].Priority()
	}), "still Active"},
	{"never yields, and the audit is blind", blindly(deafTo(func(m *mutant, i int, ad Received) bool {
		return m.routers[i].State() == Active && ad.Priority >= m.routers[i].Priority()
	})), "both Active for"},
	{"does not compare addresses", deafTo(func(m *mutant, i int, ad Received) bool {
		return m.routers[i].State() == Active && ad.Priority == m.routers[i].Priority()
	}), "still Active"},
	{"hears nothing as a Backup", blindly(deafTo(func(m *mutant, i int, ad Received) bool {
		return m.routers[i].State() == Backup
	})), "for no good reason"},
	{"arms its timer when it has time to", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, _ int, ev Event) (time.Time, Event) {
			if _, ok := ev.(Received); ok {
				at = n.local(n.w.now)
			}
			return at, ev
		}
		return m
	}, "nobody took over in time"},
	{"believes a wake-up more than the clock", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if _, ok := ev.(Timeout); ok && members[0].State() == Backup {
				at, ev = later(at, m.Group.Deadline()), Timeout{}
			}
			return at, ev
		}
		return m
	}, "for no good reason"},
	{"asks the timer before the ring", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			now := n.local(n.w.now)
			if due := m.Group.Deadline(); !due.IsZero() && now.After(due.Add(time.Duration(n.w.plan.unit))) && members[0].State() == Backup {
				m.late = append(m.late, copied(m.Group.Handle(now, 0, Timeout{}))...)
			}
			return at, ev
		}
		return m
	}, "for no good reason"},
	{"lets a rejected packet move the advert timer", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			switch ev.(type) {
			case Rejected:
				if members[0].State() == Active {
					m.not = at.Add(members[0].Config().Interval)
				}
			case Timeout:
				if at.Before(m.not) {
					return at, nil
				}
			}
			return at, ev
		}
		return m
	}, "for no good reason"},
	{"keeps its addresses", losing(func(a Action) bool { return a == Action(Release{}) }), "held=true"},
	{"forgets to claim", losing(func(a Action) bool { return a == Action(Claim{}) }), "held=false"},
	{"does not say goodbye", losing(func(a Action) bool {
		ad, ok := a.(SendAdvert)
		return ok && ad.Priority == 0
	}), "nobody took over in time"},
	{"does not preempt", renaming(func(m *mutant, i int, ad Received) Received {
		if r := m.routers[i]; r.State() == Backup && ad.Priority > 0 {
			ad.Priority = max(ad.Priority, r.Priority())
		}
		return ad
	}), "may preempt"},
	{"preempts whatever is configured", renaming(func(m *mutant, i int, ad Received) Received {
		if r := m.routers[i]; r.State() == Backup && ad.Priority > 0 && ad.Priority < r.Priority() {
			ad.Priority, ad.From = 0, r.Config().Primary
		}
		return ad
	}), "too early"},
	{"does not learn the interval", renaming(func(m *mutant, i int, ad Received) Received {
		ad.Interval = m.routers[i].Config().Interval
		return ad
	}), "for no good reason"},
	{"is no group", func(n *node, members []*Router) machine {
		return apart{lonely(members)}
	}, "group divided"},
	{"never asks", losing(func(a Action) bool { _, ok := a.(Ask); return ok }), "two hosts answer"},
	{"hears no answer", without(func(m *mutant, i int, ev Event) bool { _, ok := ev.(Answered); return ok }), "two hosts answer"},
	{"hears no answer while Active", without(func(m *mutant, i int, ev Event) bool {
		_, ok := ev.(Answered)
		return ok && m.routers[i].State() == Active
	}), "two hosts answer"},
	{"takes every answer for a stranger's", without(func(m *mutant, i int, ev Event) bool {
		a, ok := ev.(Answered)
		return ok && !a.Stranger
	}), "two hosts answer"},
	{"goes on after standing still", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			for _, r := range members {
				if _, ok := ev.(Timeout); ok && r.State() == Active && r.deadline.Before(at) {
					r.deadline = at
				}
			}
			return at, ev
		}
		return m
	}, "two hosts answer"},
	{"holds longer than its limit", changingConfig(func(cfg *Config) { cfg.HoldLimit *= 100 }), "nobody"},
	{"holds for a stranger", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if r := members[i]; r.State() == Backup && !r.guard.asked.IsZero() {
				if _, ok := ev.(Timeout); ok && !at.Before(r.Due()) {
					r.guard.answer = Answer{Addr: simVIP, MAC: [6]byte{2, 9}, At: at}
				}
			}
			return at, ev
		}
		return m
	}, "nobody"},
	{"waits for a witness for ever", changingConfig(func(cfg *Config) {
		if cfg.Witness {
			cfg.WitnessWait = WaitAlways
		}
	}), "nobody"},
	{"takes deaf for normal", changingConfig(func(cfg *Config) { cfg.DeafWait = WaitAlways }), "nobody"},
	{"ignores the extra paths", without(func(m *mutant, i int, ev Event) bool { _, ok := ev.(PathHeard); return ok }), "too early"},
	{"does not yield to an extra path", without(func(m *mutant, i int, ev Event) bool {
		_, ok := ev.(PathHeard)
		return ok && m.routers[i].State() == Active
	}), "still Active"},
	{"takes an extra path for dead at once", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if p, ok := ev.(PathHeard); ok {
				p.Interval = 1
				return at, p
			}
			return at, ev
		}
		return m
	}, "too early"},
	{"believes everybody's goodbye", renaming(func(m *mutant, i int, ad Received) Received {
		if r := m.routers[i]; r.State() == Backup && ad.Priority == 0 && r.last.From.IsValid() {
			ad.From = r.last.From
		}
		return ad
	}), "for no good reason"},
	{"judges silence beyond what it knows", func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if _, ok := ev.(Timeout); ok {
				ev = Timeout{}
			}
			return at, ev
		}
		return m
	}, "for no good reason"},
	{"gives no reason", changing(func(a Action) Action {
		if t, ok := a.(Transition); ok {
			t.Reason = ReasonNone
			return t
		}
		return a
	}), "without sense"},
	{"sends with the learned interval", changing(func(a Action) Action {
		if ad, ok := a.(SendAdvert); ok {
			ad.Interval *= 2
			return ad
		}
		return a
	}), "sends"},
}

// TestMutants gives each mutant so many histories to be found in.
func TestMutants(t *testing.T) {
	const most = 20_000
	for _, mutant := range mutants {
		t.Run(strings.ReplaceAll(mutant.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(mutant.make)
			for seed := range uint64(most) {
				err := w.history(seed)
				if err != nil && strings.Contains(err.Error(), mutant.finds) {
					t.Logf("found by seed %d: %v", seed, err)
					return
				}
			}
			t.Errorf("not found in %d histories", most)
		})
	}
}

// mutant is a Group with a hook on either side.
type mutant struct {
	*Group
	n       *node
	routers []*Router
	event   func(at time.Time, member int, ev Event) (time.Time, Event)
	action  func(a Action) (Action, bool)
	late    []MemberAction
	not     time.Time
	out     []MemberAction
}

func asGroup(n *node, members []*Router) *mutant {
	return &mutant{Group: NewGroup("G", members...), n: n, routers: members}
}

func (m *mutant) Handle(at time.Time, member int, ev Event) []MemberAction {
	m.late = m.late[:0]
	if m.event != nil {
		at, ev = m.event(at, member, ev)
	}
	m.out = append(m.out[:0], m.late...)
	if ev == nil {
		return m.out
	}
	for _, a := range m.Group.Handle(at, member, ev) {
		if m.action != nil {
			changed, keep := m.action(a.Action)
			if !keep {
				continue
			}
			a.Action = changed
		}
		m.out = append(m.out, a)
	}
	return m.out
}

// Deadline respects what the mutant thinks it has to wait for.
func (m *mutant) Deadline() time.Time {
	d := m.Group.Deadline()
	if d.IsZero() {
		return d
	}
	return later(d, m.not)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func copied(a []MemberAction) []MemberAction { return append([]MemberAction(nil), a...) }

// deafTo drops adverts.
func deafTo(drop func(m *mutant, member int, ad Received) bool) maker {
	return func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if ad, ok := ev.(Received); ok && drop(m, i, ad) {
				return at, nil
			}
			return at, ev
		}
		return m
	}
}

// without drops events that are no adverts on the link.
func without(drop func(m *mutant, member int, ev Event) bool) maker {
	return func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if drop(m, i, ev) {
				return at, nil
			}
			return at, ev
		}
		return m
	}
}

// changingConfig runs the routers with other settings than the history believes.
func changingConfig(change func(cfg *Config)) maker {
	return func(n *node, members []*Router) machine {
		for _, r := range members {
			change(&r.cfg)
		}
		return asGroup(n, members)
	}
}

// renaming changes adverts on arrival.
func renaming(change func(m *mutant, member int, ad Received) Received) maker {
	return func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.event = func(at time.Time, i int, ev Event) (time.Time, Event) {
			if ad, ok := ev.(Received); ok {
				return at, change(m, i, ad)
			}
			return at, ev
		}
		return m
	}
}

// losing drops actions, changing changes them.
func losing(drop func(Action) bool) maker {
	return func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.action = func(a Action) (Action, bool) { return a, !drop(a) }
		return m
	}
}

func changing(change func(Action) Action) maker {
	return func(n *node, members []*Router) machine {
		m := asGroup(n, members)
		m.action = func(a Action) (Action, bool) { return change(a), true }
		return m
	}
}

// blindly switches off what audited checks by itself, so that the judge of the
// whole network has to find the mutant.
func blindly(make maker) maker {
	return func(n *node, members []*Router) machine {
		n.blind = true
		return make(n, members)
	}
}

// apart runs the members of a group each for itself.
type apart struct{ groups []*Group }

func lonely(members []*Router) []*Group {
	var groups []*Group
	for _, r := range members {
		groups = append(groups, NewGroup("alone", r))
	}
	return groups
}

func (a apart) Handle(at time.Time, member int, ev Event) []MemberAction {
	var out []MemberAction
	for i, g := range a.groups {
		switch ev.(type) {
		case Startup, Shutdown, HandOver, Timeout:
		default:
			if i != member {
				continue
			}
		}
		for _, action := range g.Handle(at, 0, ev) {
			out = append(out, MemberAction{Member: i, Action: action.Action})
		}
	}
	return out
}

func (a apart) Deadline() time.Time {
	var first time.Time
	for _, g := range a.groups {
		if d := g.Deadline(); !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}
