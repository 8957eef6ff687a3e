// Package overhear hands over the adverts on an interface that are for no
// virtual router of this host: another VRID, or a VRID of ours in the other
// family. The kernel program counts them and lets them pass; whoever wants to know what
// they say opens a Listener.
//
//	l, err := overhear.Open(eth0, known, func(d wire.Datagram) { … })  // from a goroutine of its own
//	...
//	err = l.Tune(known)       // the host's virtual routers have changed
//
// It listens through a packet socket, below every firewall, whose filter lets
// nothing of ours through. The filter costs every packet of the interface some
// tens of nanoseconds, so a Listener is opened when the counters of the kernel
// program say that there is something to hear. A flood is thinned out: at
// most a hundred adverts a second are handed over, and not the oldest.
package overhear
