// Package metrics counts what the engine tells and shows it to Prometheus.
//
// The one who feeds it asks once for a handle and then calls methods that
// take no lock and allocate nothing:
//
//	m := metrics.New(metrics.Config{Version: version, KernelAdverts: ask})
//	vi := m.Instance("VI_1", "eth0", 51, wire.IPv4)
//	vi.Received(100)                              // an advert of priority 100
//	vi.Delivery(time.Since(stamp))                // kernel stamp to state machine
//	vi.Transition(metrics.Master, "no_advert", now)
//	http.Handle("/metrics", m.Handler())
//
// What a scrape shows is written down in five tables, one file each, all read
// from the same numbers: table.go has the names that xvrrp promises, timing.go
// its histograms, rfc6527.go the counters of the VRRP MIBs, exporter.go the names
// that dashboards made for keepalived-exporter use, daemon.go what is not about
// one instance. A new metric is a new line in a table.
//
// An instance that a reload removes is dropped with Retain, and with it every
// series that carries its name.
package metrics
