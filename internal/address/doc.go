// Package address holds virtual addresses, routes and rules, and virtual MAC interfaces, in the kernel: what is claimed is
// there, what is released is gone, and what was there before us is left alone.
//
//	h, err := address.Open(address.Config{Journal: dir + "/addresses", Notify: func(n address.Note) { … }})
//	res, err := h.Claim("VI_1", addrs) // Active: all at once, in one pipelined batch
//	err = h.Release("VI_1")            // no longer Active
//	err = h.RemoveInherited()          // once, when everybody who starts as Active has claimed
//	err = h.Close()                    // ends the watching; addresses stay
//
// Invariants:
//
//   - The claimed set is the wanted state. A watcher compares it with the kernel's: an address that somebody else takes
//     away is put back, one whose interface is missing is added when the interface comes, one that the kernel refused is
//     tried again. Claim and Release may be called at any time, with the same arguments as often as one likes.
//   - An address that stood before us is never deleted: it is Foreign, held but not ours.
//   - The journal names what is ours. It is written before an address is added and after it is deleted, so whatever a
//     killed predecessor left is in it, and the next Open adopts or removes exactly that. Addresses live in the kernel's
//     memory, so a journal of another boot or another network namespace says nothing and is ignored.
//   - Whoever opens the holder decides the network namespace: its sockets are made in Open and nowhere else.
//
// Routes and Rules follow the same words; claim addresses first, then routes, then rules, and release backwards.
//
// IPv4 deletion has a trap: with the first (primary) address of a subnet, the kernel deletes all secondary ones, whoever
// added them. Release therefore has the kernel promote secondaries while it works.
package address
