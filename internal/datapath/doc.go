// Package datapath brings the adverts in. It loads the BPF program of bpf/,
// attaches it to interfaces, and turns what the kernel saw into one stream of
// adverts, claims and wake-ups, in the order in which they happened.
//
// The program runs before any firewall, so no rule can blind the daemon. It
// stamps each advert with the arrival time, refuses what no virtual router
// could accept, and hands the rest up through a ring buffer:
//
//	d, err := datapath.Load(datapath.Config{PinDir: "/sys/fs/bpf/xvrrp", Fence: true})
//	err = d.SetRouters(routers)                    // before Attach: then no advert is missed
//	mode, err := d.Attach(ifindex, datapath.Auto)  // adopts what a predecessor pinned
//	err = d.Sweep()                                // removes what it pinned elsewhere
//	err = d.Run(ctx, sink)                         // one locked thread; calls sink
//	err = d.Close()                                // leaves nothing attached or pinned
//
// Where the kernel grants no BPF, LoadSocketOnly gives the same Datapath with
// packet sockets in place of the program.
//
// # The fence
//
// SetFence names the virtual addresses that this host holds, each with a lease.
// The loop renews the leases; when the process dies or freezes they run out,
// and the kernel falls silent for the addresses. With a PinDir that outlives
// the process. A successor finds the fence closed until its SetFence or Lift.
//
// # Virtual MACs
//
// AttachVirtualMAC makes an interface ready for virtual MACs beside its own, by
// two programs at its tc hooks; SetVirtualMACs names those of a master: frames
// for them are taken in, and what the host says of the addresses by ARP and
// neighbour discovery bears them. They obey the fence's lease and, pinned, go on
// until a successor's Sweep.
//
// # Kernels
//
// The program needs 5.18 (multi-buffer XDP); tcx and the egress part of the
// fence need 6.6, before which a clsact filter receives. Kernels without BPF
// timers get a timerfd.
//
// # Invariants
//
//   - The methods of a Sink are called on the thread of Run only, one at a time.
//   - A wake-up comes after every advert that arrived before it. A process that
//     slept reads the adverts that disprove its deadline before the deadline,
//     even when the ring was full.
//   - Nothing that wire would accept is dropped, except by the flood limits,
//     and these never stop the incumbent sender of a virtual router.
//   - What is not VRRP passes untouched, and what others attached stays.
//   - In steady state the loop allocates nothing.
package datapath
