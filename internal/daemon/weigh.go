package daemon

import (
	"sync"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/engine"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// tracked names one thing that instances watch.
type tracked struct {
	kind config.TrackKind
	name string
}

// reading is what is known of a tracked thing.
type reading struct {
	health vrrp.Health
	value  int // of a file
}

// scale weighs what the trackers report and tells the routers what follows:
// another effective priority, a fault that came or went.
type scale struct {
	tell func(...engine.Fact)

	news chan struct{} // something has been reported that was not known

	mu       sync.Mutex // guards the rest, and keeps the tellings in order
	readings map[tracked]reading
	pans     []*pan
}

// pan is one router's side of the scale.
type pan struct {
	router     string
	configured uint8
	tracks     []config.Track
	priority   uint8               // told last
	causes     map[vrrp.Cause]bool // told last
	settled    bool                // it has once waited for no first result
	temporary  uint8               // an operator's, 0 for none
}

func newScale(tell func(...engine.Fact)) *scale {
	return &scale{tell: tell, news: make(chan struct{}, 1), readings: map[tracked]reading{}}
}

// watch makes the scale weigh for a router, with its own trackers and those
// of its sync group, and tells at once what is known so far. Called again for
// the same router it replaces what was watched.
func (s *scale) watch(router string, configured uint8, tracks []config.Track) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pans {
		if p.router == router {
			p.configured, p.tracks = configured, tracks
			p.priority = 0 // told anew: the core moved its own with the configured one
			s.weigh(p)
			return
		}
	}
	p := &pan{router: router, configured: configured, tracks: tracks, priority: configured, causes: map[vrrp.Cause]bool{}}
	s.pans = append(s.pans, p)
	s.weigh(p)
}

// override puts an operator's priority in the place of what is weighed, or ends
// that with 0. Faults count all the same.
func (s *scale) override(router string, priority uint8) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pans {
		if p.router == router {
			p.temporary = priority
			s.weigh(p)
		}
	}
}

// forget ends the weighing for a router.
func (s *scale) forget(router string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.pans[:0]
	for _, p := range s.pans {
		if p.router != router {
			kept = append(kept, p)
		}
	}
	s.pans = kept
}

// report takes in what a tracker found.
func (s *scale) report(t tracked, r reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readings[t] == r {
		return
	}
	s.readings[t] = r
	select {
	case s.news <- struct{}{}:
	default:
	}
	for _, p := range s.pans {
		s.weigh(p)
	}
}

// weigh tells the router of p what has changed since it was told last.
func (s *scale) weigh(p *pan) {
	causes := map[vrrp.Cause]bool{}
	var sum []vrrp.Contribution
	pending := false
	for _, t := range p.tracks {
		c := s.contribution(t)
		switch {
		case c.Fault:
			causes[vrrp.Cause{Kind: causeOf(t.Kind), Name: t.Name}] = true
		case c.Pending && p.settled:
			// A reload added it to a router at work, which does not stop for
			// it: it counts from its first result on.
		case c.Pending:
			pending = true
			causes[vrrp.Cause{Kind: vrrp.CausePending, Name: t.Name}] = true
		default:
			sum = append(sum, c)
		}
	}
	p.settled = p.settled || !pending
	// A new cause before an old one goes, so that a pending check that fails
	// does not let the router out for a moment.
	for c := range causes {
		if !p.causes[c] {
			s.tell(engine.Tell{Router: p.router, Event: vrrp.FaultRaised{Cause: c}})
		}
	}
	for c := range p.causes {
		if !causes[c] {
			s.tell(engine.Tell{Router: p.router, Event: vrrp.FaultCleared{Cause: c}})
		}
	}
	p.causes = causes
	now := vrrp.Effective(p.configured, sum...)
	if p.temporary > 0 {
		now = p.temporary
	}
	if now != p.priority {
		p.priority = now
		s.tell(engine.Tell{Router: p.router, Event: vrrp.PriorityChanged{Priority: now}})
	}
}

// expect notes what counts as failed until its first result (init_fail). What
// is known of a script of that name stays.
func (s *scale) expect(cfg *config.Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fail := func(t tracked) {
		if _, known := s.readings[t]; !known {
			s.readings[t] = reading{health: vrrp.Down}
		}
	}
	for _, one := range cfg.Scripts {
		if one.InitFail && one.Used {
			fail(tracked{config.TrackScript, one.Name})
		}
	}
	for _, one := range cfg.Own.Checks {
		if one.InitFail && one.Used {
			fail(tracked{config.TrackCheck, one.Name})
		}
	}
}

// forgetInterface drops what is known of an interface that is gone for good.
func (s *scale) forgetInterface(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.readings, tracked{config.TrackInterface, name})
}

// forgetOthers drops what is known of things that nobody tracks any more.
// Interfaces are always known.
func (s *scale) forgetOthers(cfg *config.Settings) {
	wanted := map[tracked]bool{}
	for i := range cfg.Instances {
		for _, t := range tracksOf(cfg, &cfg.Instances[i]) {
			wanted[tracked{t.Kind, t.Name}] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.readings {
		if t.kind != config.TrackInterface && !wanted[t] {
			delete(s.readings, t)
		}
	}
}

func (s *scale) contribution(t config.Track) vrrp.Contribution {
	r := s.readings[tracked{t.Kind, t.Name}]
	if t.Kind == config.TrackFileValue {
		return vrrp.WeighFile(t.Weight, t.Reverse, r.value)
	}
	return vrrp.Weigh(t.Weight, t.Reverse, r.health)
}

func causeOf(k config.TrackKind) vrrp.CauseKind {
	switch k {
	case config.TrackInterface:
		return vrrp.CauseTracked
	case config.TrackFileValue:
		return vrrp.CauseFile
	case config.TrackProcessQuorum:
		return vrrp.CauseProcess
	case config.TrackBFD:
		return vrrp.CauseBFD
	}
	return vrrp.CauseScript
}

// tracksOf are an instance's trackers and those of its sync group.
func tracksOf(s *config.Settings, in *config.Instance) []config.Track {
	all := append([]config.Track(nil), in.Tracks...)
	for _, g := range s.SyncGroups {
		for _, m := range g.Members {
			if m == in.Name {
				all = append(all, g.Tracks...)
			}
		}
	}
	return all
}
