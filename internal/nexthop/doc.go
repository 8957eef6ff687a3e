// Package nexthop knows where the next frame to a unicast peer has to go.
//
// Adverts leave as whole frames (package egress), so somebody else than the IP
// stack must say which interface and which Ethernet address leads to a peer.
// This package asks the kernel's own tables, the routes and the neighbours, so
// that an advert takes the way that a ping to the peer would take:
//
//	hops, err := nexthop.Open(sink)
//	...
//	hop, err := hops.Watch(nexthop.Target{Peer: peer, Source: local, IfIndex: eth0})
//	...
//	mac, ifindex, ok := hop.MAC()       // lock-free, for the thread that sends
//	err = out[ifindex].Unicast(mac, datagram)
//
// The answer stays fresh in three ways. The kernel tells every change of a
// neighbour, route, rule, address or link, and the answer follows at once. A
// neighbour entry that went stale is used again every few seconds (NTF_USE), so
// that the kernel probes it although no packet of the IP stack passes it. And
// everything is looked up anew now and then, in case a message was lost.
//
// When a neighbour stops to answer its last address stays in use: a frame to a
// dead host harms nobody, and a host that merely lost an ARP packet still hears us.
// A route that vanishes is bridged in the same way, for a few seconds.
//
// A neighbour that the kernel does not know is asked for twice at the same time:
// by the kernel, and by ourselves with an ARP request or a neighbour
// solicitation through a packet socket (see prober). The kernel's way
// waits for its configuration lock while links and containers come and go, up to
// seconds, and neighbour discovery, being ICMPv6, can be stopped by a
// firewall; ours does neither.
package nexthop
