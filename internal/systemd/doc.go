// Package systemd asks systemd, over D-Bus and without a library: whether a unit is active, and what is being done with our own.
//
//	err := systemd.Active(ctx, systemd.Buses, "haproxy")          // nil: it is
//	me, err := systemd.Own(ctx, systemd.Buses)                    // the unit that this process belongs to
//	job, err := me.Job(ctx)                                       // "restart", "stop", "" for none
//
// A process that gets SIGTERM cannot tell from it whether it is stopped or restarted; the job of its unit can.
package systemd
