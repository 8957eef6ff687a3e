// Package vmac holds virtual MAC interfaces (use_vmac): for each virtual router a macvlan on its own interface, with the
// virtual router's MAC, on which its addresses live.
//
//	h, err := vmac.Open(vmac.Config{Journal: dir + "/vmacs", Guard: filter})
//	link, err := h.Ensure("VI_1", vmac.VMAC{Parent: "eth0", VRID: 51}) // at start, and whenever the parent changed
//	err = h.RemoveInherited()                                          // once, when everything wanted is ensured
//	err = h.Remove("VI_1")                                             // at the end
//	err = h.Close()
//
// Invariants:
//
//   - The interface is up in every state; what tells a master from a backup is its addresses, and the Guard, which keeps a
//     backup's interface silent. It is silenced before it is raised: no IGMP or MLD report, router solicitation or duplicate
//     address detection ever leaves with the virtual MAC of a backup, so no switch moves it to the wrong port.
//   - It is in private mode, as keepalived's: frames from the virtual MAC, which are another master's, go to it and not to
//     the parent's stack. Adverts are taken off the parent before that split, see package datapath.
//   - Settings of the host that it needs are put back when the last interface that needs them goes. The journal names them,
//     and the interfaces, so a killed daemon's successor adopts the one and restores the other.
//   - An interface without a journal is recognised by name, parent and MAC. One that is merely called the same is left alone.
//   - It does not watch. An interface vanishes with its parent, and the caller, who hears of that, calls Ensure again. One that somebody
//     renamed, or gave another MAC, is made anew; it is known by its index and parent.
//   - Whoever opens the holder decides the network namespace. Methods must be called from threads in it, since some settings
//     are to be had under /proc/sys only.
package vmac
