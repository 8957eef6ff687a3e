package daemon

import (
	"time"

	"github.com/xvrrp/xvrrp/internal/config"
	"github.com/xvrrp/xvrrp/internal/metrics"
	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// legacyFormat counts the ways to write a legacy. A successor that reads
// another one is refused, and the predecessor goes on.
const legacyFormat = 1

// legacy is what a daemon leaves to its successor in another process.
type legacy struct {
	Format   int
	PID      int
	Opinions []opinion
	Routers  map[string]vrrp.Memory // by handle
	// What follows may be missing: then counting begins anew.
	Marks   map[string]wire.Marks     // by handle
	Counts  map[string]metrics.Legacy // by handle
	Counted time.Time                 // when counting began
}

// opinion is what is known of a tracked thing.
type opinion struct {
	Kind   string // the metric label
	Name   string
	Health vrrp.Health
	Value  int
}

// handle names a virtual router in both processes, whatever their files call it.
func handle(in *config.Instance) string { return identity(in) + path(in) }

// rebase brings the times of a memory, which crossed as wall clock times, back
// onto this process's monotonic clock.
func rebase(m vrrp.Memory, now time.Time) vrrp.Memory {
	for _, t := range []*time.Time{&m.Deadline, &m.Since, &m.Up, &m.Last.At, &m.Discarded.At, &m.PreemptAfter, &m.LastSent} {
		if !t.IsZero() {
			*t = now.Add(t.Sub(now))
		}
	}
	return m
}

// opinions are what the scale knows, but for interfaces: those the successor
// sees by itself.
func (s *scale) opinions() []opinion {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []opinion
	for t, r := range s.readings {
		if t.kind != config.TrackInterface {
			list = append(list, opinion{t.kind.String(), t.name, r.health, r.value})
		}
	}
	return list
}

// resume takes in a predecessor's opinions.
func (s *scale) resume(list []opinion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range list {
		for kind := config.TrackScript; kind <= config.TrackCheck; kind++ {
			if kind.String() == o.Kind {
				s.readings[tracked{kind, o.Name}] = reading{o.Health, o.Value}
			}
		}
	}
	for _, p := range s.pans {
		s.weigh(p)
	}
}
