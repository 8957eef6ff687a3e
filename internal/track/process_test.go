package track

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// program makes a program of a name that nobody else has: sleep by another
// name.
func program(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), fmt.Sprintf("xvt%d", os.Getpid()))
	src, err := os.Open("/bin/sleep")
	must(t, err)
	defer src.Close()
	dst, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	must(t, err)
	_, err = io.Copy(dst, src)
	must(t, err)
	must(t, dst.Close())
	return path
}

// spawn runs it until the returned function is called.
func spawn(t *testing.T, path string, args ...string) (end func()) {
	t.Helper()
	cmd := exec.Command(path, args...)
	must(t, cmd.Start())
	end = func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	t.Cleanup(end)
	return end
}

// now is what was told last of a process.
func (r *recorder) now(name string) ProcessResult {
	list := r.processes[name]
	if len(list) == 0 {
		return ProcessResult{Count: -1}
	}
	return list[len(list)-1]
}

func TestProcess(t *testing.T) {
	path := program(t)
	name := filepath.Base(path)
	_, rec := run(t, Config{Processes: []Process{
		{Name: "one", Process: name, Quorum: 1},
		{Name: "two", Process: name, Quorum: 2, QuorumMax: 2},
		{Name: "path", Process: path, Quorum: 1},
		{Name: "full", Process: path, FullCommand: true, Quorum: 1},
		{Name: "params", Process: name, Match: ParamExact, Params: []string{"1000", "1"}, Quorum: 1},
		{Name: "self", Process: "no-such-process", Quorum: 1},
	}})
	expect := func(count int, up map[string]bool) {
		t.Helper()
		for name, want := range up {
			rec.wait(t, fmt.Sprintf("%s %v", name, want), func() bool {
				p := rec.now(name)
				return p.Up == want && (name == "params" || name == "self" || p.Count == count)
			})
		}
	}
	expect(0, map[string]bool{"one": false, "two": false, "path": false, "full": false, "params": false, "self": false})
	rec.mu.Lock()
	scanned := rec.now("one").Scanned
	rec.mu.Unlock()
	if scanned {
		t.Fatal("the kernel's events are not to be had here: this test must run as root, outside of a container")
	}
	first := spawn(t, path, "1000")
	expect(1, map[string]bool{"one": true, "two": false, "path": true, "full": true, "params": false})
	second := spawn(t, path, "1000", "1")
	expect(2, map[string]bool{"one": true, "two": true, "path": true, "full": true, "params": true})
	third := spawn(t, path, "1000")
	expect(3, map[string]bool{"one": true, "two": false})
	third()
	expect(2, map[string]bool{"two": true})
	first()
	second()
	expect(0, map[string]bool{"one": false, "two": false, "path": false, "full": false, "params": false, "self": false})
}

// In containers the kernel tells nothing: that must be noticed, not taken for
// peace and quiet.
func TestProcessEventsInNamespaces(t *testing.T) {
	exe, err := os.Executable()
	must(t, err)
	for _, flags := range [][]string{nil, {"--pid", "--fork"}, {"--net"}} {
		cmd := exec.Command("unshare", append(flags, exe)...)
		cmd.Env = append(os.Environ(), "XVRRP_TEST_EVENTS=1")
		out, err := cmd.CombinedOutput()
		must(t, err)
		if told := string(out) == "found: <nil>\n"; told != (flags == nil) {
			t.Errorf("unshare %v: %s", flags, out)
		}
	}
}

// Without events /proc is read; the facts are the same.
func TestProcessScan(t *testing.T) {
	path := program(t)
	rec := newRecorder()
	p := Process{Name: "p", Process: filepath.Base(path), Quorum: 1}
	o := &opinion{process: p, sink: rec}
	done := make(chan struct{})
	ctx, cancel := contextOf(t)
	go func() {
		defer close(done)
		p.scan(ctx, o)
	}()
	rec.wait(t, "nothing", func() bool { return rec.now("p").Count == 0 && rec.now("p").Scanned })
	end := spawn(t, path, "1000")
	rec.wait(t, "one", func() bool { return rec.now("p").Count == 1 && rec.now("p").Up })
	end()
	rec.wait(t, "none again", func() bool { return rec.now("p").Count == 0 })
	cancel()
	<-done
}

// The delays keep a restart of the watched service from being seen.
func TestOpinion(t *testing.T) {
	rec := newRecorder()
	o := &opinion{process: Process{Name: "p", Quorum: 1, ForkDelay: 50 * time.Millisecond, TerminateDelay: time.Hour}, sink: rec}
	o.set(0) // the first counts at once
	o.set(1) // waits for the fork delay
	if now := rec.now("p"); now.Up || now.Count != 1 || now.Changed {
		t.Errorf("at once: %+v", now)
	}
	<-o.due()
	o.settle()
	if now := rec.now("p"); !now.Up || !now.Changed {
		t.Errorf("after the delay: %+v", now)
	}
	o.set(0) // a restart…
	if rec.now("p").Up != true || o.due() == nil {
		t.Errorf("during a restart: %+v", rec.now("p"))
	}
	o.set(1) // …is over in time
	if o.due() != nil || !rec.now("p").Up {
		t.Errorf("after a restart: %+v", rec.now("p"))
	}
	if n := len(rec.processes["p"]); n != 5 {
		t.Errorf("%d facts told", n)
	}
	o.set(1)
	if n := len(rec.processes["p"]); n != 5 {
		t.Error("told what is no news")
	}

	at := &opinion{process: Process{Name: "q", Quorum: 1}, sink: rec}
	at.set(3)
	at.set(0)
	if now := rec.now("q"); now.Up || !now.Changed {
		t.Errorf("without delays: %+v", now)
	}
}

func TestParams(t *testing.T) {
	for _, c := range []struct {
		match  ParamMatch
		params []string
		args   []string
		want   bool
	}{
		{ParamNone, nil, []string{"a"}, true},
		{ParamExact, nil, nil, true},
		{ParamExact, nil, []string{"a"}, false},
		{ParamExact, []string{"a", "b"}, []string{"a", "b"}, true},
		{ParamExact, []string{"a", "b"}, []string{"a", "bc"}, false},
		{ParamPartial, []string{"a"}, []string{"a", "b"}, true},
		{ParamPartial, []string{"a", "b"}, []string{"a"}, false},
		{ParamPartial, []string{"a"}, []string{"ab"}, false},
		{ParamInitial, []string{"a", "b"}, []string{"a", "bc"}, true},
		{ParamInitial, []string{"a", "b"}, []string{"ab", "b"}, false},
		{ParamInitial, []string{"a", "b"}, []string{"a", "b", "c"}, false},
		{ParamInitial, nil, nil, true},
		{ParamInitial, nil, []string{"a"}, false},
	} {
		if got := (Process{Match: c.match, Params: c.params}).matchesParams(c.args); got != c.want {
			t.Errorf("%d %v on %v: %v", c.match, c.params, c.args, got)
		}
	}
}

// message builds what the kernel sends.
func message(what uint32, ids ...uint32) []byte {
	b := make([]byte, unix.SizeofNlMsghdr+cnHeaderSize+procDataAt)
	binary.NativeEndian.PutUint32(b[unix.SizeofNlMsghdr+cnHeaderSize:], what)
	for _, id := range ids {
		b = binary.NativeEndian.AppendUint32(b, id)
	}
	return b
}

func TestParseProcEvent(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want procEvent
		ok   bool
	}{
		{message(procEventFork, 1, 1, 7, 7), procEvent{pid: 7}, true},
		{message(procEventFork, 1, 1, 8, 7), procEvent{}, false}, // a thread
		{message(procEventExec, 7, 7), procEvent{pid: 7}, true},
		{message(procEventComm, 7, 7, 0, 0), procEvent{pid: 7}, true},
		{message(procEventExit, 7, 7, 0, 0), procEvent{pid: 7, exit: true}, true},
		{message(procEventExit, 8, 7, 0, 0), procEvent{}, false},
		{message(4, 7, 7), procEvent{}, false},
		{message(procEventFork, 1, 1), procEvent{}, false},
		{message(procEventExec), procEvent{}, false},
		{nil, procEvent{}, false},
	} {
		got, ok := parseProcEvent(c.b)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%x: %+v, %v", c.b, got, ok)
		}
	}
}

func TestProcessUnusable(t *testing.T) {
	for _, p := range []Process{
		{Name: "a"}, {Name: "b", Process: "x", Quorum: 3, QuorumMax: 2}, {Name: "c", Process: "x", Quorum: -1},
	} {
		if err := p.usable(); err == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
}
