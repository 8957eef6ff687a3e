package realtime

import (
	"os"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// resetOnFork keeps the policy from children and from new threads.
const resetOnFork = 1 // SCHED_FLAG_RESET_ON_FORK

func threadID() int { return unix.Gettid() }

// setPolicy gives a thread of this process a policy: unix.SCHED_FIFO and
// SCHED_RR with a priority, SCHED_NORMAL without.
func setPolicy(tid int, policy uint32, priority int) error {
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: policy, Flags: resetOnFork, Priority: uint32(priority)}
	return unix.SchedSetAttr(tid, &attr, 0)
}

// threadCount is how many threads Go has made so far; it allocates nothing.
func threadCount() int {
	n, _ := runtime.ThreadCreateProfile(nil)
	return n
}

// tend looks for newcomers, and now and then for greed.
func (p *Process) tend(second bool) {
	if second && p.judge() {
		p.known, p.threads = map[int]bool{}, 0 // all of them have to change
	}
	if threadCount() != p.threads {
		p.sweep()
	}
}

// sweep gives every thread its policy that has not got it yet. The count is
// taken first: a thread that comes in between is found the next time.
func (p *Process) sweep() {
	p.threads = threadCount()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		p.refuse(Scheduling, "real-time scheduling", err)
		return
	}
	alive := make(map[int]bool, len(tasks))
	for _, t := range tasks {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue // not a thread
		}
		alive[tid] = true
		if p.known[tid] || int32(tid) == p.engine.Load() {
			continue
		}
		if err := p.assign(tid); err != nil && err != unix.ESRCH {
			p.refuse(Scheduling, "real-time scheduling", err)
			return
		}
	}
	p.known = alive
}

// assign gives a thread its policy: a worker's, or that of workers who took too
// much.
func (p *Process) assign(tid int) error {
	if p.greedy {
		return setPolicy(tid, unix.SCHED_NORMAL, 0)
	}
	return setPolicy(tid, unix.SCHED_RR, max(p.cfg.Priority-2, 1))
}

// startThreads has n goroutines hold a thread each at the same time. Go keeps
// the threads when they are let go.
func startThreads(n int) {
	var ready, gone sync.WaitGroup
	ready.Add(n)
	gone.Add(n)
	release := make(chan struct{})
	for range n {
		go func() {
			defer gone.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			<-release
		}()
	}
	ready.Wait()
	close(release)
	gone.Wait()
}
