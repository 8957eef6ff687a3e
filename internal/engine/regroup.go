package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Regroup puts all routers there are into other groups, each router into one.
// A group that stays as it is is not touched, and no router changes its state
// unless the rule of its new group asks for it.
type Regroup struct{ Groups []Grouping }

// Grouping is a group and its members, by name.
type Grouping struct {
	Group   string
	Members []string
}

// Resume starts the members of a group in the states in which a predecessor in
// another process left them: instead of Tell with Startup.
type Resume struct {
	Group    string
	Memories map[string]vrrp.Memory // by member; one that is missing starts
	Marks    map[string]wire.Marks  // by member; may be empty
}

func (Regroup) fact() {}
func (Resume) fact()  {}

// regroup is all or nothing: what is wrong is found before anything changes.
func (e *Engine) regroup(now time.Time, f Regroup) error {
	seen := map[string]bool{}
	for _, want := range f.Groups {
		for _, name := range want.Members {
			if e.members[name] == nil {
				return fmt.Errorf("%w: %s", ErrNoRouter, name)
			}
			if seen[name] {
				return fmt.Errorf("virtual router %s is in two groups", name)
			}
			seen[name] = true
		}
	}
	if len(seen) != len(e.members) {
		return fmt.Errorf("%d of %d virtual routers have a group", len(seen), len(e.members))
	}
	old := e.groups
	e.groups, e.order = map[string]*group{}, nil
	var made []*group
	for _, want := range f.Groups {
		g := old[want.Group]
		if g == nil || !slices.Equal(g.names(), want.Members) {
			g = &group{name: want.Group}
			e.schedule.enter(g)
			for _, name := range want.Members {
				g.members = append(g.members, e.members[name])
			}
			made = append(made, g)
		} else {
			delete(old, want.Group)
		}
		e.groups[g.name] = g
		e.order = append(e.order, g)
	}
	for _, g := range old {
		e.schedule.leave(g)
	}
	for _, g := range made {
		e.form(now, g)
	}
	return nil
}

// form makes a machine of routers that may be running.
func (e *Engine) form(now time.Time, g *group) {
	routers := make([]*vrrp.Router, 0, len(g.members))
	for i, m := range g.members {
		m.group, m.index = g, i
		routers = append(routers, m.router)
	}
	machine, actions := vrrp.Regroup(now, g.name, routers...)
	g.machine = machine
	e.act(now, g, actions)
}

func (g *group) names() []string {
	list := make([]string, 0, len(g.members))
	for _, m := range g.members {
		list = append(list, m.spec.Name)
	}
	return list
}

func (e *Engine) resume(now time.Time, f Resume) error {
	g, ok := e.groups[f.Group]
	if !ok {
		return fmt.Errorf("%w: group %s", ErrNoRouter, f.Group)
	}
	memories := make([]vrrp.Memory, 0, len(g.members))
	for _, m := range g.members {
		memories = append(memories, f.Memories[m.spec.Name])
		f.Marks[m.spec.Name].Restore(m.signer, m.rules)
	}
	e.act(now, g, g.machine.Resume(now, memories))
	return nil
}

// Freeze asks every router for what its successor needs, and lets none of
// them do anything from now on: nothing is sent, no timer ends. The loop must
// be running.
func (e *Engine) Freeze() map[string]vrrp.Memory {
	all := map[string]vrrp.Memory{}
	// An Ask has no error.
	_ = e.Settle(Ask{Do: func(View) {
		e.frozen = true
		for name, m := range e.members {
			all[name] = m.router.Memory()
		}
	}})
	return all
}

// Thaw undoes Freeze: what came meanwhile is taken in now.
func (e *Engine) Thaw() {
	// An Ask has no error.
	_ = e.Settle(Ask{Do: func(View) {
		e.frozen = false
		e.mu.Lock()
		e.inbox = append(e.held, e.inbox...)
		e.held = nil
		e.mu.Unlock()
	}})
	e.ports.Interrupt()
}

// Deafen keeps every Backup from taking over while adverts do not reach us, and
// undoes that. When it ends, each waits a whole down interval.
func (e *Engine) Deafen(deaf bool) {
	// An Ask has no error.
	_ = e.Settle(Ask{Do: func(View) { e.deaf = deaf }})
}

// Retire removes a group and waits until all its effects are done: addresses
// given up, notifications on their way. The loop must be running.
func (e *Engine) Retire(name string) error {
	var pending []*effects
	var err error
	// An Ask has no error.
	_ = e.Settle(Ask{Do: func(View) {
		if g := e.groups[name]; g != nil {
			for _, m := range g.members {
				pending = append(pending, m.effects)
			}
		}
		err = e.remove(time.Now(), name)
	}})
	for _, p := range pending {
		<-p.done
	}
	return err
}

// Rest waits until everything that the routers have asked for so far is done.
// The loop must be running.
func (e *Engine) Rest() {
	var pending []*effects
	// An Ask has no error.
	_ = e.Settle(Ask{Do: func(View) {
		for _, m := range e.members {
			pending = append(pending, m.effects)
		}
	}})
	for _, p := range pending {
		p.rest()
	}
}
