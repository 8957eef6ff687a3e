// Package command runs what an operator configured to be run: checks and
// notifications. It is the one place that starts processes.
//
//	p, err := command.Command{Argv: argv, As: &who}.Start()
//	select {
//	case <-p.Done():
//	case <-time.After(timeout):
//		p.Stop(2 * time.Second) // SIGTERM to its whole group, then SIGKILL
//	}
//
// A started process
//
//   - has its own process group, /dev/null as its input, and a pipe for its
//     output, of which only the end is kept;
//   - has none of our descriptors, capabilities or scheduling: it runs at
//     normal priority although we may be SCHED_FIFO;
//   - runs as its user, with that user's group and, if wanted, supplementary
//     groups;
//   - sees our environment without what could change how programs load or
//     what they believe to be part of (see environment);
//   - gets SIGTERM if we die, unless it is to outlive us.
//
// There is no shell: arguments arrive as they were given.
//
// To run as another user it takes CAP_SETUID and CAP_SETGID, to stop what runs
// as another user CAP_KILL. A root daemon that gave those up cannot stop its
// scripts.
//
// What a fork costs: the kernel stops the forking thread until the child has
// executed its program, and Go's scheduler does not see that. Measured with
// two processors under load: half a millisecond, at worst 20. For that long
// one of GOMAXPROCS is gone, and a garbage collection would wait with the
// world stopped. A daemon with deadlines sets GOMAXPROCS to four at least, and
// collects with syscall.ForkLock held for reading.
package command
