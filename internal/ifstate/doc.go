// Package ifstate tells which links there are, whether they are up, and which addresses they have: a full picture first, then
// every change.
//
//	w, err := ifstate.Open(ifstate.Config{Trouble: func(err error) { … }})
//	go w.Run(ctx, sink) // sink.Link, sink.Addresses, sink.Gone, sink.Synced
//	…
//	err = w.Close()
//
// Invariants:
//
//   - A link is told before its addresses. A link that is renamed, flaps, or gets another MAC or MTU is told again under its
//     index; one that vanishes is Gone, and when it returns it has another index.
//   - Nothing is told twice: a call means that something differs from what was told before.
//   - When the kernel has more to tell than we can hear, everything is asked for anew and the differences are told. The loop
//     ends with its context and with nothing else.
//   - Addresses of a socket that is ignored are told at the next Look, which its user calls; see Ignore.
//   - Whoever opens the watcher decides the network namespace.
//
// Virtual addresses are addresses to the kernel. Who looks for an interface's own address leaves them out: see Primary and
// LinkLocal.
package ifstate
