// Package notify tells scripts and FIFOs what became of instances and groups.
//
//	n, err := notify.New(config, sink)
//	n.Notify(notify.Event{Kind: notify.Instance, Name: "VI_1", State: notify.Master, Priority: 150})
//	err = n.Apply(newConfig)     // FIFOs that stay are kept open
//	n.Close(ctx)                 // waits for the STOP scripts, but not for long
//
// Notify never waits. Every instance and every group has a queue of its own,
// and of each queue one script runs at a time: the order of events is the
// order of their scripts, and a slow script delays nobody but its own
// instance's later scripts. It is stopped at its timeout, which the sink is
// told. A queue that grows too long loses its oldest entries, never the
// newest, and that is told, too.
//
// A FIFO gets one line an event, in the order of the calls, each written in
// one piece. If nobody reads, lines wait, first in the kernel and then here;
// of those that wait here, the older ones are lost first. The last line of
// every instance and group is always kept.
package notify
