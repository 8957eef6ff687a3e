// Package egress sends adverts as whole Ethernet frames.
//
// A frame that leaves through a packet socket enters the kernel below the IP
// stack: no rule in an output or postrouting chain of iptables or nftables ever
// sees it, no route is looked up for it and no neighbour is waited for. So a
// host whose firewall denies everything still tells its peers that it lives.
//
//	out, err := egress.Open(link.Index, link.HardwareAddr)
//	...
//	member, err := egress.Join(link.Index, netip.MustParseAddr("224.0.0.18"))
//	...
//	datagram, err = advert.Append(datagram[:0])  // pkg/vrrp/wire builds header and all
//	err = out.Multicast(datagram)                // never blocks, never allocates
//
// What is true of every send:
//
//   - It never waits. A full queue is an error (ErrBusy) at once, because an
//     advert that leaves late is worth less than the next one in time.
//   - It allocates nothing, not even when it fails.
//   - It goes through the queueing discipline of the interface, marked
//     TC_PRIO_CONTROL. PACKET_QDISC_BYPASS would save about 100 ns, but then
//     neither tc and tcx programs (our own virtual MAC, a user's accounting)
//     nor tcpdump would see the advert, and a driver whose queue is stopped
//     for a moment would drop it where a discipline would hold it.
//
// Two places can still stop a frame, and both are deliberate acts of an
// administrator: a netdev egress chain of nftables and a tc egress filter on
// this very interface. The first shows as ErrBusy (ENOBUFS), the second is silent.
//
// A multicast group must also be joined, or a switch that snoops on IGMP or MLD
// does not forward the adverts of others to us: see Membership.
package egress
