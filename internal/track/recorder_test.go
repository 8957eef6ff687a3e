package track

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder is a Sink that keeps everything and lets tests wait for a fact.
type recorder struct {
	mu        sync.Mutex
	scripts   map[string][]Result // runs
	skips     map[string][]Result // runs left out, which happens on a busy machine
	files     map[string][]FileResult
	processes map[string][]ProcessResult
	closed    bool // calls from now on are an error
	late      bool
	news      chan struct{}
}

func newRecorder() *recorder {
	return &recorder{
		scripts: map[string][]Result{}, skips: map[string][]Result{}, files: map[string][]FileResult{},
		processes: map[string][]ProcessResult{}, news: make(chan struct{}, 1),
	}
}

func (r *recorder) record(f func()) {
	r.mu.Lock()
	f()
	r.late = r.late || r.closed
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *recorder) Script(name string, s Result) {
	r.record(func() {
		if s.Skipped != NotSkipped {
			r.skips[name] = append(r.skips[name], s)
			return
		}
		r.scripts[name] = append(r.scripts[name], s)
	})
}

func (r *recorder) File(name string, f FileResult) {
	r.record(func() { r.files[name] = append(r.files[name], f) })
}

func (r *recorder) Process(name string, p ProcessResult) {
	r.record(func() { r.processes[name] = append(r.processes[name], p) })
}

// wait returns as soon as what holds holds.
func (r *recorder) wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		ok := holds()
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-r.news:
		case <-time.After(10 * time.Millisecond): // for facts that the sink is not told
		case <-deadline:
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("never happened: %s\nscripts %+v\nfiles %+v\nprocesses %+v", what, r.scripts, r.files, r.processes)
		}
	}
}

// script returns what was told of a script so far.
func (r *recorder) script(name string) []Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.scripts[name])
}

// run starts trackers and stops them at the end, when nothing of them may be
// left.
func run(t *testing.T, cfg Config) (*Trackers, *recorder) {
	t.Helper()
	before := goroutines()
	rec := newRecorder()
	tr, err := New(cfg, rec)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.Stop()
		rec.mu.Lock()
		rec.closed = true
		rec.mu.Unlock()
		for end := time.Now().Add(10 * time.Second); goroutines() > before; {
			if time.Now().After(end) {
				buf := make([]byte, 1<<20)
				t.Fatalf("goroutines left behind:\n%s", buf[:runtime.Stack(buf, true)])
			}
			runtime.Gosched()
		}
		rec.mu.Lock()
		defer rec.mu.Unlock()
		if rec.late {
			t.Error("the sink was called after Stop")
		}
	})
	return tr, rec
}

// goroutines counts those that run code of this package or of command, the
// caller's own among them.
func goroutines() int {
	buf := make([]byte, 1<<20)
	n := 0
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "internal/track.") || strings.Contains(g, "internal/command.") {
			n++
		}
	}
	return n
}
