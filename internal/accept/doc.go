// Package accept says what this host takes in, and gives out, in the name of its virtual routers: packets for the addresses
// of a master that does not accept them are dropped, and the virtual MAC of a backup stays silent. It does so with one
// nftables table, by netlink, without iptables or nft being installed.
//
//	f := accept.New("xvrrp-run", nil)
//	err := f.Refuse("VI_1", vips) // no_accept
//	err = f.Start()               // one transaction, which replaces what a killed predecessor left
//	err = f.Silence(ifindex)      // a virtual MAC interface, before it is raised
//	err = f.Speak(ifindex)        // master: before its addresses are added
//	err = f.Silence(ifindex)      // backup again: before they are removed
//	err = f.Close()               // the table is gone
//
// Invariants:
//
//   - Only what is asked for stands: with nothing to refuse and nobody to silence there is no table.
//   - Everything that changes at one moment goes in one transaction. Callers that come while one is under way are served
//     together by the next, so 250 routers that become master at once need two or three.
//   - A table that somebody flushed (`nft flush ruleset`) is back at once.
//   - Whoever calls Start decides the network namespace.
//
// What is dropped:
//
//   - Refused addresses: everything that is addressed to them and arrives at the input hook, that is while the kernel holds
//     the address. Neighbour solicitations and advertisements pass (RFC 9568 §6.1, Accept_Mode), ARP is never seen here, and
//     what a program of this host sends to itself is nobody else's business.
//   - Silent interfaces: what IP sends (IGMP and MLD reports, neighbour and router discovery would move the virtual MAC to
//     the wrong switch port) and what IP receives (a backup discards frames for the virtual MAC, RFC 9568 §6.4.2).
//   - Copies: solicitations for a link-local address that a virtual MAC interface borrows from its parent. The parent answers.
package accept
