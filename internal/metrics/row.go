package metrics

import "github.com/prometheus/client_golang/prometheus"

// row is one metric of the tables: how it is called and how it is read from
// an instance.
type row struct {
	name, help string
	kind       prometheus.ValueType
	labels     labels
	// extra are labels behind those of the instance.
	extra []string
	// unowned: also read from the record of adverts that belong to no
	// instance of ours.
	unowned bool
	read    func(i *Instance, put put)
}

// put emits one series, extra being the values of the row's extra labels.
type put func(value float64, extra ...string)

// labels says which labels a row's series carry for their instance.
type labels uint8

const (
	whole    labels = iota // instance, interface, vrid, family
	name                   // instance
	exporter               // iname, intf, vrid, as keepalived-exporter
	vipIntf                // iname, vrid; the row adds the address's own intf
)

func (l labels) names() []string {
	return map[labels][]string{
		whole:    {"instance", "interface", "vrid", "family"},
		name:     {"instance"},
		exporter: {"iname", "intf", "vrid"},
		vipIntf:  {"iname", "vrid"},
	}[l]
}

func (l labels) values(i *Instance) []string {
	switch l {
	case name:
		return []string{i.name}
	case exporter:
		return []string{i.name, i.iface, i.vrid}
	case vipIntf:
		return []string{i.name, i.vrid}
	}
	return []string{i.name, i.iface, i.vrid, i.family}
}

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

// one wraps a number that every instance has exactly one of.
func one(read func(*Instance) float64) func(*Instance, put) {
	return func(i *Instance, put put) { put(read(i)) }
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
