// Package rundir is the directory in which one daemon lives while it runs.
//
// Whoever holds the lock on its pid file is the daemon of that directory; a
// second one is refused and told the number of the first. The kernel drops
// the lock when the process dies, however it dies, so that nothing stale can
// keep a daemon from starting.
//
//	dir, err := rundir.Open("/run/xvrrp")    // *HeldError names who has it
//	defer dir.Close()
//	socket := dir.Path("xvrrp.sock")
//
// For a restart without a gap the lock is handed to the successor as an open
// file (Lock, Adopt) and is at no time free.
package rundir
