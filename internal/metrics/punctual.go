package metrics

import (
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// SetRealtime tells which of the means of being punctual were asked for, and
// whether the system granted each.
func (m *Metrics) SetRealtime(granted map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.realtime = maps.Clone(granted)
}

// Starved counts for how long the engine was kept from running: it waited in the
// run queue, its control group was throttled, the hypervisor ran somebody else.
func (m *Metrics) Starved(waited, throttled, stolen time.Duration) {
	m.waited.Add(int64(waited))
	m.throttled.Add(int64(throttled))
	m.stolen.Add(int64(stolen))
}

var (
	realtimeGranted = prometheus.NewDesc("xvrrp_realtime_granted",
		"Whether the system granted what makes the daemon punctual: 1, or 0 where it goes on without.", []string{"what"}, nil)
	engineStarved = prometheus.NewDesc("xvrrp_engine_starved_seconds_total",
		"How long the engine's thread was kept from running, by cause.", []string{"cause"}, nil)

	punctualDescs = []*prometheus.Desc{realtimeGranted, engineStarved}
)

func (m *Metrics) collectPunctual(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	granted := m.realtime
	m.mu.Unlock()
	for what, yes := range granted {
		value := 0.0
		if yes {
			value = 1
		}
		constant(ch, realtimeGranted, gauge, value, what)
	}
	for cause, d := range map[string]int64{
		"run_queue": m.waited.Load(), "throttled": m.throttled.Load(), "stolen": m.stolen.Load(),
	} {
		constant(ch, engineStarved, counter, time.Duration(d).Seconds(), cause)
	}
}
