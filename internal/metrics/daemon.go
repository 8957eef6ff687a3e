package metrics

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// reload is the outcome of the last attempt to load a configuration.
type reload struct {
	ok bool
	at time.Time // of the last success
}

// Reloaded tells how an attempt to load a configuration ended. The first
// load counts as one.
func (m *Metrics) Reloaded(ok bool, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reload.ok = ok
	if ok {
		m.reload.at = at
	}
}

// SetDataplanes tells how adverts come in on each interface: xdp,
// xdp-generic, tc or socket. Interfaces that are not named are dropped.
func (m *Metrics) SetDataplanes(modes map[string]string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.planes = maps.Clone(modes)
}

var (
	buildInfo = prometheus.NewDesc("xvrrp_build_info",
		"Always 1; which build this is.", []string{"version", "goversion"}, nil)
	startTime = prometheus.NewDesc("xvrrp_start_time_seconds",
		"When counting began, seconds since 1970 (vrrpv3GlobalStatisticsDiscontinuityTime).", nil, nil)
	dataplaneInfo = prometheus.NewDesc("xvrrp_dataplane_info",
		"Always 1; how adverts come in on an interface.", []string{"interface", "mode"}, nil)
	rejectedTotal = prometheus.NewDesc("xvrrp_adverts_rejected_total",
		"Adverts dropped, by reason; instance is empty where the VRID is none of ours.", []string{"instance", "reason"}, nil)
	kernelTotal = prometheus.NewDesc("xvrrp_kernel_adverts_total",
		"What the kernel program did with every packet of protocol 112.", []string{"interface", "verdict"}, nil)
	kernelErrors = prometheus.NewDesc("xvrrp_kernel_counters_errors_total",
		"Scrapes at which the kernel's counters could not be read.", nil, nil)
	trackerUp = prometheus.NewDesc("xvrrp_tracker_up",
		"Whether a tracked object is up.", []string{"kind", "name"}, nil)
	trackerWeight = prometheus.NewDesc("xvrrp_tracker_weight",
		"Configured weight of a tracked object.", []string{"kind", "name"}, nil)
	reloadOK = prometheus.NewDesc("xvrrp_config_last_reload_successful",
		"Whether the last attempt to load a configuration succeeded.", nil, nil)
	reloadTime = prometheus.NewDesc("xvrrp_config_last_reload_success_timestamp_seconds",
		"When a configuration was last loaded with success, seconds since 1970.", nil, nil)
	exporterUp = prometheus.NewDesc("keepalived_up",
		"Always 1: the daemon answers for itself.", nil, nil)
	exporterScriptStatus = prometheus.NewDesc("keepalived_script_status",
		"Last result of a tracked script: 1 good, 0 bad.", []string{"name"}, nil)
	exporterScriptState = prometheus.NewDesc("keepalived_script_state",
		"What a tracked script does: 0 idle, 1 running.", []string{"name"}, nil)
)

var daemonDescs = []*prometheus.Desc{
	buildInfo, startTime, dataplaneInfo, rejectedTotal, kernelTotal, kernelErrors, trackerUp, trackerWeight,
	reloadOK, reloadTime, exporterUp, exporterScriptStatus, exporterScriptState,
}

// constant emits one series; the labels come from this package's own tables,
// so that a mistake in their number is shown as a failed scrape.
func constant(ch chan<- prometheus.Metric, d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
	metric, err := prometheus.NewConstMetric(d, kind, v, labels...)
	if err != nil {
		metric = prometheus.NewInvalidMetric(d, err)
	}
	ch <- metric
}

func (m *Metrics) collectDaemon(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	constant(ch, buildInfo, gauge, 1, m.cfg.Version, goVersion())
	constant(ch, startTime, gauge, float64(m.started.UnixNano())/1e9)
	for _, iface := range slices.Sorted(maps.Keys(m.planes)) {
		constant(ch, dataplaneInfo, gauge, 1, iface, m.planes[iface])
	}
	constant(ch, reloadOK, gauge, truth(m.reload.ok))
	if !m.reload.at.IsZero() {
		constant(ch, reloadTime, gauge, float64(m.reload.at.UnixNano())/1e9)
	}
	constant(ch, exporterUp, gauge, 1)
	for _, t := range m.trackers {
		constant(ch, trackerUp, gauge, truth(t.up.Load()), t.kind, t.name)
		constant(ch, trackerWeight, gauge, float64(t.weight.Load()), t.kind, t.name)
		if t.kind == "script" {
			constant(ch, exporterScriptStatus, gauge, truth(t.up.Load()), t.name)
			constant(ch, exporterScriptState, gauge, truth(t.running.Load()), t.name)
		}
	}
}

// collectKernel asks the BPF program's counters. They cannot be had while the
// daemon starts or stops; the scrape goes on without them.
func (m *Metrics) collectKernel(ch chan<- prometheus.Metric) {
	var list []KernelCount
	if m.cfg.KernelAdverts != nil {
		var err error
		if list, err = m.cfg.KernelAdverts(); err != nil {
			m.kernelErrors.Add(1)
		}
	}
	sums := map[KernelCount]uint64{}
	for _, c := range list {
		sums[KernelCount{Interface: c.Interface, Verdict: c.Verdict}] += c.Packets
	}
	for key, n := range sums {
		constant(ch, kernelTotal, counter, float64(n), key.Interface, key.Verdict)
	}
	constant(ch, kernelErrors, counter, float64(m.kernelErrors.Load()))
}
