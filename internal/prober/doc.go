// Package prober asks whether an address answers on a link: by ARP requests or
// neighbour solicitations, to everybody or to the station that answered last.
//
//	p, err := prober.Open(func(a prober.Answer) { … })   // from goroutines of its own
//	err = p.Prepare(eth0, 4)                             // opens the socket ahead
//	...
//	err = p.Ask(prober.Question{IfIndex: eth0, Addr: vip, Source: primary, MAC: last})
//
// Ask sends at once and waits for nothing; what answers is told with the
// kernel's time of arrival. Questions and answers go through packet sockets,
// past every firewall of this host. No question names an address that is not
// ours, so nobody's neighbour table is led astray. An IPv4 address is asked
// for twice: by the given source, as any neighbour asks, and by nobody (RFC 5227),
// since a host whose routes do not lead back to us is deaf to the first.
package prober
