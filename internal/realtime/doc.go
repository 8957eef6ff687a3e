// Package realtime keeps a process punctual on a machine that has no time:
// real-time scheduling, memory that stays in place, and a garbage collector
// that chooses its moments.
//
//	p := realtime.Start(realtime.Config{Priority: 50, Lock: true})
//	defer p.Close()
//	for _, r := range p.Refused() { … say it once: we go on without … }
//	go func() { runtime.LockOSThread(); p.Engine(); loop() }() // the thread that must not wait
//	p.Settle()                                           // the start is over: collect, lock what is there
//	p.Watch(ctx, func(s realtime.Starved) { … say by what … })
//
// What was measured before this was written, and what follows from it:
//
//   - One real-time thread in a normal process is worse than none. It waits for
//     locks and for the collector's hand-shakes with threads that get no
//     processor. So every thread of the process is real-time, the engine's one
//     step above the others.
//   - The engine's is SCHED_FIFO, the others are SCHED_RR. Go's runtime spins in
//     places where it trusts that whoever it waits for gets its turn: two
//     processes whose sweepers were SCHED_FIFO held both processors of a machine
//     for minutes. For the same reason there is nobody in between: a thread that is
//     above another spins for it for ever where it holds the only processor, and
//     a keeper that was above the workers did when it woke up a goroutine whose
//     stack was just being looked through, or helped their sweeper. The engine
//     must not spin there at all, see package bell.
//   - A thread that Go makes later starts as a normal one (children of ours, such
//     as scripts, must not inherit the policy: SCHED_RESET_ON_FORK). So a pool of
//     threads is made at the start, which Go then uses again and never ends, and
//     newcomers are looked for ten times a second.
//   - A goroutine that comes back from a system call needs a free P. There are
//     more of them than processors, so that the engine's never waits for one.
//   - After the start GOGC is off below a memory limit. Garbage is collected and
//     given back when there is an eighth as much of it as of what lives, at a quiet
//     moment, and at any moment when there is as much.
//
// Whatever the system refuses (containers without CAP_SYS_NICE or CAP_IPC_LOCK)
// is told in words and is no failure.
package realtime
