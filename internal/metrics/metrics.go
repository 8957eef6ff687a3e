package metrics

import (
	"cmp"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// Config is what Metrics needs to know of the daemon.
type Config struct {
	// Version is the daemon's, for xvrrp_build_info.
	Version string
	// KernelAdverts is asked at every scrape for the BPF program's counters;
	// nil or an empty answer shows none. An error is shown as the absence of
	// the series and counted.
	KernelAdverts func() ([]KernelCount, error)
	// Holdings is asked at every scrape; nil shows none.
	Holdings func() []Holdings
}

// KernelCount is what the kernel program did with packets of protocol 112 on
// one interface.
type KernelCount struct {
	Interface string
	Verdict   string
	Packets   uint64
}

// Metrics holds every number of one daemon.
type Metrics struct {
	cfg      Config
	registry *prometheus.Registry

	mu         sync.Mutex
	instances  map[string]*Instance // by name
	unowned    map[unownedKey]*Instance
	trackers   map[trackerKey]*Tracker
	planes     map[string]string // interface → mode
	neighbours []NeighbourTable
	reload     reload
	started    time.Time

	realtime                  map[string]bool // asked for → granted
	waited, throttled, stolen atomic.Int64    // nanoseconds
	kernelErrors              atomic.Uint64   // scrapes without the kernel's counters

	script *prometheus.HistogramVec
}

type unownedKey struct {
	iface  string
	family wire.Family
}

// New makes an empty set of metrics with a registry of its own.
func New(cfg Config) *Metrics {
	m := &Metrics{
		cfg:       cfg,
		started:   time.Now(),
		registry:  prometheus.NewPedanticRegistry(),
		instances: map[string]*Instance{},
		unowned:   map[unownedKey]*Instance{},
		trackers:  map[trackerKey]*Tracker{},
		planes:    map[string]string{},
		script: histogram("xvrrp_script_duration_seconds",
			"Run time of a tracked script or check.", "script"),
	}
	m.registry.MustRegister(
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewGoCollector(collectors.WithGoCollectorMemStatsMetricsDisabled()),
	)
	m.registry.MustRegister(m.script, collector{m})
	return m
}

func histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: bucketBounds}, labels)
}

// Registry is where further collectors (of the Go runtime, of the process)
// may be registered.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 8,
		EnableOpenMetrics:   true,
	})
}

// Instance returns the handle of the named instance and makes it if need be.
// An instance that changed its interface, VRID or family starts from zero.
func (m *Metrics) Instance(name, iface string, vrid uint8, family wire.Family) *Instance {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := newInstance(name, iface, vrid, family)
	if old, ok := m.instances[name]; ok {
		if slices.Equal(whole.values(old), whole.values(i)) {
			return old
		}
	}
	i.timings = &timings{}
	m.instances[name] = i
	return i
}

// Unowned returns the handle for adverts on an interface that belong to no
// instance of ours; only Rejected makes sense on it.
func (m *Metrics) Unowned(iface string, family wire.Family) *Instance {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := unownedKey{iface, family}
	if m.unowned[key] == nil {
		m.unowned[key] = newInstance("", iface, 0, family)
	}
	return m.unowned[key]
}

// Retain drops every instance that keep does not want, with all its series.
// A handle of a dropped instance stays usable and is shown nowhere.
func (m *Metrics) Retain(keep func(name string) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.instances {
		if !keep(name) {
			delete(m.instances, name)
		}
	}
}

// list returns the instances by name and the unowned records by interface.
func (m *Metrics) list() (instances, unowned []*Instance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range m.instances {
		instances = append(instances, i)
	}
	for _, i := range m.unowned {
		unowned = append(unowned, i)
	}
	slices.SortFunc(instances, func(a, b *Instance) int { return cmp.Compare(a.name, b.name) })
	slices.SortFunc(unowned, func(a, b *Instance) int {
		return cmp.Or(cmp.Compare(a.iface, b.iface), cmp.Compare(a.family, b.family))
	})
	return instances, unowned
}

func goVersion() string { return runtime.Version() }
