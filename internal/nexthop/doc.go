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
// ARP is not seen by iptables or by nftables chains of the families ip and inet,
// so no usual firewall stops the resolution of an IPv4 peer. Neighbour discovery
// is ICMPv6 and can be stopped: then our own solicitation, sent and answered
// through a packet socket, resolves an IPv6 peer (see prober).
package nexthop
