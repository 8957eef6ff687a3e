package realtime

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Start takes hold of the whole process, so it runs in a child: this test again,
// told by the environment.
func inChild(t *testing.T, f func() error) {
	t.Helper()
	const told = "XVRRP_REALTIME_CHILD"
	if os.Getenv(told) == t.Name() {
		if err := f(); err != nil {
			t.Fatal(err)
		}
		return
	}
	// Who hangs at a real-time priority may not even end himself.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), told+"="+t.Name())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestEveryThreadIsRealTime(t *testing.T) {
	inChild(t, func() error {
		p := Start(Config{Priority: 50})
		defer p.Close()
		engine, stop := make(chan int), make(chan struct{})
		go func() {
			runtime.LockOSThread()
			p.Engine()
			engine <- threadID()
			<-stop
		}()
		defer close(stop)
		tid := <-engine
		if r := p.Refused(); len(r) > 0 {
			return fmt.Errorf("refused: %v", r)
		}
		startThreads(40) // more than there are: newcomers, found within a few sweeps
		return within(5*time.Second, func() error { return policies(tid, 50, 48) })
	})
}

// policies fails unless the engine's thread is FIFO and all others are RR, with
// these priorities, and none hands that to its children.
func policies(engine, its, others int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	if len(tasks) < 40 {
		return fmt.Errorf("%d threads", len(tasks))
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			return err
		}
		attr, err := unix.SchedGetAttr(tid, 0)
		if err != nil {
			return fmt.Errorf("thread %d: %w", tid, err)
		}
		policy, want := uint32(unix.SCHED_RR), others
		if tid == engine {
			policy, want = unix.SCHED_FIFO, its
		}
		if attr.Policy != policy || attr.Priority != uint32(want) || attr.Flags&resetOnFork == 0 {
			return fmt.Errorf("thread %d: policy %d, priority %d, flags %#x; want %d, %d, reset on fork", tid, attr.Policy, attr.Priority, attr.Flags, policy, want)
		}
	}
	return nil
}

// On one processor nobody spins for whom he keeps from it: who waits for the keeper is just being looked through by the
// collector when the keeper wakes him.
func TestOneProcessor(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil { // the child inherits it
		t.Fatal(err)
	}
	defer func() {
		if err := unix.SchedSetaffinity(0, &all); err != nil {
			t.Error(err)
		}
	}()
	for range 10 { // in the child, too: a hundred starts
		inChild(t, func() error {
			go func() {
				for {
					runtime.GC()
				}
			}()
			done := make(chan error)
			go deep(100000, func() {
				p := Start(Config{Priority: 50})
				p.Settle()
				done <- p.Close()
			})
			return <-done
		})
	}
}

// deep calls f with a stack that takes a while to look through.
func deep(calls int, f func()) (sum int) {
	var frame [64]byte
	if calls == 0 {
		f()
		return 0
	}
	frame[calls%len(frame)] = 1
	sum = deep(calls-1, f)
	for _, b := range frame {
		sum += int(b)
	}
	return sum
}

func TestChildrenAreNormal(t *testing.T) {
	inChild(t, func() error {
		p := Start(Config{Priority: 50})
		defer p.Close()
		// Field 41 of /proc/self/stat is the policy.
		out, err := exec.Command("cat", "/proc/self/stat").Output()
		if err != nil {
			return err
		}
		if f := strings.Fields(string(out)); f[40] != "0" {
			return fmt.Errorf("a child runs with policy %s", f[40])
		}
		return nil
	})
}

func TestSettleLocksMemory(t *testing.T) {
	inChild(t, func() error {
		p := Start(Config{Lock: true})
		defer p.Close()
		p.Settle()
		if r := p.Refused(); len(r) > 0 {
			return fmt.Errorf("refused: %v", r)
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(status), "VmLck:")
		if kib, err := strconv.Atoi(strings.Fields(rest)[0]); err != nil || kib < 1024 {
			return fmt.Errorf("locked: %d KiB (%v)", kib, err)
		}
		// Go must be able to take and give back memory as before.
		for range 50 {
			b := make([]byte, 8<<20)
			b[len(b)-1] = 1
			debug.FreeOSMemory()
		}
		return nil
	})
}

// What is refused is told in words, once, and nothing else fails.
func TestRefused(t *testing.T) {
	inChild(t, func() error {
		runtime.LockOSThread()
		// Another user's thread keeps no capability.
		if err := unix.Setresuid(65534, 65534, 65534); err != nil {
			return err
		}
		p := Start(Config{Priority: 50, Lock: true})
		defer p.Close()
		p.Engine()
		p.Settle()
		got := fmt.Sprint(p.Refused())
		for _, want := range []string{"real-time scheduling: operation not permitted", "real-time scheduling of the engine"} {
			if !strings.Contains(got, want) {
				return fmt.Errorf("refused: %s; want %q", got, want)
			}
		}
		return nil
	})
}

// Workers that take a processor for seconds become normal, and real-time again
// when they have calmed down.
func TestGreed(t *testing.T) {
	var a appetite
	for i, c := range []struct {
		share   int
		changed bool
		greedy  bool
	}{
		{90, false, false}, {95, false, false}, {50, false, false}, // calmed down in time
		{90, false, false}, {190, false, false}, {100, true, true},
		{90, false, true}, {40, false, true}, {10, false, true}, {0, false, true}, {5, true, false},
		{0, false, false},
	} {
		if changed := a.digest(c.share); changed != c.changed || a.greedy != c.greedy {
			t.Errorf("look %d, %d %%: changed %v, greedy %v", i, c.share, changed, a.greedy)
		}
	}
}

func TestEngineTime(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var p Process
	if got := p.engineTime(); got != 0 {
		t.Errorf("without an engine: %v", got)
	}
	p.engine.Store(int32(threadID()))
	for p.engineTime() < time.Millisecond {
	}
	if engine, all := p.engineTime(), processTime(); engine > all {
		t.Errorf("the engine used %v of %v", engine, all)
	}
}

func within(limit time.Duration, f func() error) error {
	for deadline := time.Now().Add(limit); ; runtime.Gosched() {
		err := f()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
