package realtime

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Config is what is wanted.
type Config struct {
	// Priority of the engine's thread (SCHED_FIFO), 1..99; all others get two
	// less (SCHED_RR), but 1 at least. 0: no real-time scheduling.
	Priority int
	// Lock asks for memory that is never paged out.
	Lock bool
	// Threads is how many are started beforehand; 0 means enough.
	Threads int
	// Limit is how much memory Go may hold before it collects whatever the
	// moment, in bytes, unless much is alive; 0 means 64 MiB.
	Limit int64
	// Quiet tells whether this is a good moment to collect garbage; nil: it
	// always is. Called from one goroutine, about once a second.
	Quiet func() bool
}

const (
	defaultThreads = 20
	defaultLimit   = 64 << 20
)

// The kinds of what is asked of the system, as metrics name them.
const (
	Scheduling = "scheduling"
	Memory     = "memory"
)

// Refusal is something that the system did not grant.
type Refusal struct {
	Kind string
	What string
	Err  error
}

func (r Refusal) String() string { return r.What + ": " + r.Err.Error() }

// Process is this process, made punctual. There is one in a program.
type Process struct {
	cfg     Config
	engine  atomic.Int32 // thread id of the engine, 0 before Engine
	settled chan chan struct{}
	stop    context.CancelFunc
	done    sync.WaitGroup

	// The keeper's alone, see serve.
	threads int          // when newcomers were looked for last
	known   map[int]bool // threads that have their policy
	appetite
	garbage garbage

	mu      sync.Mutex // guards refused
	refused []Refusal
}

// Start takes hold of the process. It is called once, early: before there is
// much memory and before anything is served.
func Start(cfg Config) *Process {
	if cfg.Threads == 0 {
		cfg.Threads = defaultThreads
	}
	if cfg.Limit == 0 {
		cfg.Limit = defaultLimit
	}
	p := &Process{cfg: cfg, known: map[int]bool{}, settled: make(chan chan struct{})}
	runtime.GOMAXPROCS(max(runtime.NumCPU()+2, 4))
	if cfg.Priority > 0 {
		startThreads(cfg.Threads)
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	ready := make(chan struct{})
	p.done.Add(1)
	go p.serve(ctx, ready)
	<-ready
	return p
}

// Engine makes the calling thread the one that must not wait. The goroutine
// must be locked to it.
func (p *Process) Engine() {
	tid := threadID()
	p.engine.Store(int32(tid))
	if p.cfg.Priority > 0 {
		if err := setPolicy(tid, unix.SCHED_FIFO, p.cfg.Priority); err != nil {
			p.refuse(Scheduling, "real-time scheduling of the engine", err)
		}
	}
}

// Settle tells that the start is over: what it left behind is collected and
// given back, and what stays is locked. Not after Close.
func (p *Process) Settle() {
	answer := make(chan struct{})
	p.settled <- answer
	<-answer
}

// Refused lists what the system has not granted so far.
func (p *Process) Refused() []Refusal {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Refusal(nil), p.refused...)
}

// refuse keeps the first refusal of each kind.
func (p *Process) refuse(kind, what string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.refused {
		if r.What == what {
			return
		}
	}
	p.refused = append(p.refused, Refusal{kind, what, err})
}

const (
	sweepEvery   = 100 * time.Millisecond
	collectEvery = 10 // sweeps
)

// serve is the keeper: it looks after newcomers and garbage until Close. Its
// thread has a worker's policy, see the package documentation.
func (p *Process) serve(ctx context.Context, ready chan<- struct{}) {
	defer p.done.Done()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.garbage.take(p.cfg.Limit)
	if p.cfg.Priority > 0 {
		p.sweep()
	}
	close(ready)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case answer := <-p.settled:
			p.settle()
			close(answer)
		case <-tick.C:
		}
		if p.cfg.Priority > 0 {
			p.tend(n%collectEvery == 0)
		}
		if n%collectEvery == 0 {
			p.garbage.look(p.cfg.Quiet)
		}
	}
}

func (p *Process) settle() {
	p.garbage.settle()
	if p.cfg.Lock {
		if err := lockMemory(); err != nil {
			p.refuse(Memory, "locked memory", err)
		}
	}
}

// Close ends the looking after. The policies stay: they end with the process.
func (p *Process) Close() error {
	p.stop()
	p.done.Wait()
	return nil
}
