package metrics

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Tracker is one tracked object: a script, check, file, process or interface.
type Tracker struct {
	kind, name string
	up         atomic.Bool
	running    atomic.Bool
	weight     atomic.Int64
	duration   prometheus.Observer // nil unless it runs something
}

type trackerKey struct{ kind, name string }

// Tracker returns the handle of a tracked object and makes it if need be.
// Kind is script, check, file, process or interface.
func (m *Metrics) Tracker(kind, name string) *Tracker {
	m.mu.Lock()
	defer m.mu.Unlock()
	name = strings.ToValidUTF8(name, "\uFFFD")
	key := trackerKey{kind, name}
	t := m.trackers[key]
	if t == nil {
		t = &Tracker{kind: kind, name: name}
		if kind == "script" || kind == "check" {
			t.duration = m.script.WithLabelValues(name)
		}
		m.trackers[key] = t
	}
	return t
}

// RetainTrackers drops every tracker that keep does not want.
func (m *Metrics) RetainTrackers(keep func(kind, name string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.trackers {
		if !keep(key.kind, key.name) {
			delete(m.trackers, key)
			m.script.DeleteLabelValues(key.name)
		}
	}
}

// SetUp tells whether the tracked object is up.
func (t *Tracker) SetUp(up bool) { t.up.Store(up) }

// SetRunning tells whether a script is running now.
func (t *Tracker) SetRunning(running bool) { t.running.Store(running) }

// SetWeight sets the configured weight of the object.
func (t *Tracker) SetWeight(weight int) { t.weight.Store(int64(weight)) }

// Ran tells how long a script or check took.
func (t *Tracker) Ran(d time.Duration) {
	if t.duration != nil {
		t.duration.Observe(d.Seconds())
	}
}
