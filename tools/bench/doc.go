// Bench compares xvrrp with keepalived and FRR in one run and writes what came
// of it to docs/benchmarks.md.
//
//	go run ./tools/bench -out docs/benchmarks.md            # everything, about half an hour
//	go run ./tools/bench -only failover,jitter              # some of it again
//	go run ./tools/bench -only failover -rows "10ms, idle"  # some of its rows
//	go run ./tools/bench -report                            # only the page, from the data that is there
//	go run ./tools/bench -only split                        # who answers while networks and nodes break, about ten minutes
//	go run ./tools/bench -only split -rows '100ms.*dies'    # some of its rows
//	go run ./tools/bench -only addresses                    # a takeover of 1 to 1000 addresses, about three minutes
//	go run ./tools/bench -long                              # false failovers for ten minutes each
//
// Every scenario runs in the namespaces of internal/lab: two directors and a
// judge on one switch. What counts is what crossed the wire: adverts, gratuitous
// ARPs and the answers that the judge's own probes got, all with the kernel's
// receive stamps of one interface. What a daemon says of itself counts nowhere.
//
// Raw data goes to one file of JSON lines for each scenario in docs/benchmarks,
// which the scenario's next run replaces; the page and its plots are made from
// those files alone.
package main
