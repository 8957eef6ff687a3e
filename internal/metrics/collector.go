package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// collector reads the tables at a scrape.
type collector struct{ m *Metrics }

var (
	rows  = slices.Concat(ours, paths, mib, keepalived)
	descs = describe(rows)
)

func describe(rows []row) []*prometheus.Desc {
	list := make([]*prometheus.Desc, len(rows))
	for n, r := range rows {
		list[n] = prometheus.NewDesc(r.name, r.help, slices.Concat(r.labels.names(), r.extra), nil)
	}
	return list
}

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range slices.Concat(descs, timingDescs, daemonDescs, hostDescs, punctualDescs) {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	c.m.collectDaemon(ch)
	c.m.collectKernel(ch)
	c.m.collectHost(ch)
	c.m.collectPunctual(ch)
	instances, unowned := c.m.list()
	for n, r := range rows {
		for _, i := range instances {
			collectRow(ch, descs[n], r, i)
		}
		if r.unowned {
			for _, i := range unowned {
				collectRow(ch, descs[n], r, i)
			}
		}
	}
	collectTimings(ch, instances)
	collectRejected(ch, instances, unowned)
}

func collectRow(ch chan<- prometheus.Metric, d *prometheus.Desc, r row, i *Instance) {
	own := r.labels.values(i)
	r.read(i, func(v float64, extra ...string) {
		constant(ch, d, r.kind, v, slices.Concat(own, extra)...)
	})
}

// rejectReasons are what an instance can refuse an advert for. An alert asks how a
// counter grew, and one that is not there before its first burst did not grow.
var rejectReasons = func() (list []string) {
	for _, r := range wire.Rejects() {
		if !r.Ignored() && r != wire.VRIDUnknown {
			list = append(list, r.String())
		}
	}
	return list
}()

// eachReject calls f for every reason, those that never happened too.
func eachReject(c *counts[string], f func(reason string, n uint64)) {
	all := c.all()
	for _, reason := range rejectReasons {
		if _, counted := all[reason]; !counted {
			f(reason, 0)
		}
	}
	for reason, n := range all {
		f(reason, n)
	}
}

// collectRejected shows the rejects of each instance and, with an empty
// instance, the sum of those that belong to none.
func collectRejected(ch chan<- prometheus.Metric, instances, unowned []*Instance) {
	for _, i := range instances {
		eachReject(&i.rejected, func(reason string, n uint64) {
			constant(ch, rejectedTotal, counter, float64(n), i.name, reason)
		})
	}
	sums := map[string]uint64{}
	for _, i := range unowned {
		i.rejected.each(func(reason string, n uint64) { sums[reason] += n })
	}
	for reason, n := range sums {
		constant(ch, rejectedTotal, counter, float64(n), "", reason)
	}
}
