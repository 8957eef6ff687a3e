package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// NeighbourTable is how full one of the kernel's neighbour tables is.
type NeighbourTable struct {
	Family  string // ipv4, ipv6
	Entries int
	Limit   int
	Full    uint64 // entries that found no room since the machine started
}

// SetNeighbours tells how full the neighbour tables are.
func (m *Metrics) SetNeighbours(list []NeighbourTable) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.neighbours = slices.Clone(list)
}

// Holdings is what happened to the addresses, routes or rules that the daemon holds.
type Holdings struct {
	Kind     string // address, route, rule
	Restored uint64 // put back after somebody else took them away
	Refused  uint64 // requests that the kernel refused
	Strays   uint64 // virtual addresses that somebody else added while nobody here held them
}

var (
	neighbourEntries = prometheus.NewDesc("xvrrp_neighbour_entries",
		"Entries of the kernel's neighbour table, of all network namespaces.", []string{"family"}, nil)
	neighbourLimit = prometheus.NewDesc("xvrrp_neighbour_limit",
		"How many entries the kernel's neighbour table takes (gc_thresh3).", []string{"family"}, nil)
	neighbourFull = prometheus.NewDesc("xvrrp_neighbour_overflows_total",
		"Entries that found no room in the kernel's neighbour table since the machine started.", []string{"family"}, nil)
	holdingsRestored = prometheus.NewDesc("xvrrp_holdings_restored_total",
		"Addresses, routes and rules that were put back after somebody else took them away.", []string{"kind"}, nil)
	holdingsRefused = prometheus.NewDesc("xvrrp_holdings_refused_total",
		"Requests to add or delete an address, route or rule that the kernel refused.", []string{"kind"}, nil)
	straysTotal = prometheus.NewDesc("xvrrp_vip_strays_total",
		"Virtual addresses that somebody else added while no instance held them.", nil, nil)

	hostDescs = []*prometheus.Desc{neighbourEntries, neighbourLimit, neighbourFull, holdingsRestored, holdingsRefused, straysTotal}
)

func (m *Metrics) collectHost(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	tables := m.neighbours
	m.mu.Unlock()
	for _, t := range tables {
		constant(ch, neighbourEntries, gauge, float64(t.Entries), t.Family)
		constant(ch, neighbourLimit, gauge, float64(t.Limit), t.Family)
		constant(ch, neighbourFull, counter, float64(t.Full), t.Family)
	}
	if m.cfg.Holdings == nil {
		return
	}
	strays := uint64(0)
	for _, h := range m.cfg.Holdings() {
		constant(ch, holdingsRestored, counter, float64(h.Restored), h.Kind)
		constant(ch, holdingsRefused, counter, float64(h.Refused), h.Kind)
		strays += h.Strays
	}
	constant(ch, straysTotal, counter, float64(strays))
}
