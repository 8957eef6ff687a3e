package notify

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/command"
)

// listen opens a FIFO as a reader does; lines arrive on the channel, which
// closes at the end of file.
func listen(t *testing.T, path string) (*os.File, <-chan string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	lines := make(chan string, 10000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(f); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return f, lines
}

func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case l, more := <-lines:
		if !more {
			t.Fatal("end of file")
		}
		return l
	case <-time.After(20 * time.Second):
		t.Fatal("no line")
		return ""
	}
}

func TestFIFOLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	n, rec := begin(t, Config{
		FIFOs:     []FIFO{{Path: path, Owner: &command.Identity{UID: 65534, GID: 65533}}},
		Instances: map[string]Scripts{"VI_1": {PriorityChanges: true}},
	})
	info, err := os.Stat(path)
	if err != nil || info.Mode() != os.ModeNamedPipe|0o600 {
		t.Fatalf("FIFO: %v, %v", info.Mode(), err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 65534 || st.Gid != 65533 {
		t.Errorf("owner %d:%d", st.Uid, st.Gid)
	}
	n.Notify(Event{Instance, "VI_1", Master, 150}) // before anybody reads
	_, lines := listen(t, path)
	n.Notify(Event{Group, "G1", Backup, 77})
	n.Notify(Event{Instance, "VI_1", MasterPriority, 148})
	n.Notify(Event{Instance, "VI_2", MasterPriority, 148}) // did not ask for it
	n.Notify(Event{Instance, "VI_1", MasterRxLowerPri, 150})
	n.Notify(Event{Instance, strings.Repeat("x", pipeBuf), Master, 150})
	n.Notify(Event{Instance, "VI_1", Stop, 150})
	for _, want := range []string{
		`INSTANCE "VI_1" MASTER 150`, `GROUP "G1" BACKUP 0`, `INSTANCE "VI_1" MASTER_PRIORITY 148`,
		`INSTANCE "VI_1" MASTER_RX_LOWER_PRI 150`, `INSTANCE "VI_1" STOP 150`,
	} {
		if got := next(t, lines); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if l, more := <-lines; more {
		t.Errorf("after the end: %q", l)
	}
	if lost := rec.lost(); len(lost) != 1 || !errors.Is(lost[0].Err, ErrTooLong) {
		t.Errorf("lost: %+v", lost)
	}
}

// Readers come and go; each line goes to one that is there, or waits.
func TestFIFOReadersComeAndGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	n, rec := begin(t, Config{FIFOs: []FIFO{{Path: path}}})
	for i := range 20 {
		n.Notify(Event{Instance, "VI_1", Backup, i})
		f, lines := listen(t, path)
		if got, want := next(t, lines), fmt.Sprintf(`INSTANCE "VI_1" BACKUP %d`, i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		f.Close()
	}
	if lost := rec.lost(); len(lost) != 0 {
		t.Errorf("lost: %+v", lost)
	}
}

// A FIFO that nobody reads holds nobody up, and what it costs is counted. A
// reader that comes at last reads lines in their order, and the newest state
// of everybody.
func TestFIFOThatNobodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	n, rec := begin(t, Config{FIFOs: []FIFO{{Path: path}}})
	const events = 6000
	n.Notify(Event{Instance, "quiet", Master, 7}) // would never return if it waited for a reader
	for i := range events {
		n.Notify(Event{Instance, "noisy", Backup, i})
		if i == events-500 {
			n.Notify(Event{Instance, "late", Fault, 9})
		}
	}
	lost := rec.lost()
	if len(lost) == 0 || lost[len(lost)-1].Total != uint64(len(lost)) || !errors.Is(lost[0].Err, ErrNobodyReads) || lost[0].FIFO != path {
		t.Fatalf("%d lost: %+v", len(lost), lost[:min(3, len(lost))])
	}
	for _, l := range lost {
		if l.Event.Name != "noisy" {
			t.Errorf("lost the only line of %s", l.Event.Name)
		}
	}
	_, lines := listen(t, path)
	var got []string
	for range events + 2 - len(lost) {
		got = append(got, next(t, lines))
	}
	if !slices.Contains(got, `INSTANCE "quiet" MASTER 7`) || !slices.Contains(got, `INSTANCE "late" FAULT 9`) ||
		got[len(got)-1] != fmt.Sprintf(`INSTANCE "noisy" BACKUP %d`, events-1) {
		t.Errorf("the newest states are missing; last: %q", got[len(got)-1])
	}
	last := -1
	for _, l := range got {
		var i int
		if k, _ := fmt.Sscanf(l, `INSTANCE "noisy" BACKUP %d`, &i); k == 1 {
			if i <= last {
				t.Fatalf("%d after %d", i, last)
			}
			last = i
		}
	}
	if len(rec.lost()) != len(lost) {
		t.Error("more was lost while somebody read")
	}
}

func TestFIFOCloseWithoutReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	n, rec := begin(t, Config{FIFOs: []FIFO{{Path: path}}})
	small, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	if _, err := unix.FcntlInt(small.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	for i := range fifoLimit { // more than the pipe holds now
		n.Notify(Event{Instance, "VI_1", Backup, i})
	}
	if err := finish(n, 200*time.Millisecond); err == nil { // would never return if it waited for a reader
		t.Error("nothing said about lines that nobody will read")
	}
	if len(rec.lost()) == 0 {
		t.Error("no loss was told")
	}
}

// A reload leaves a FIFO open that stays, closes one that goes, and makes new
// ones.
func TestFIFOReload(t *testing.T) {
	dir := t.TempDir()
	a, b, c := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	n, _ := begin(t, Config{FIFOs: []FIFO{{Path: a}, {Path: b}}})
	_, linesA := listen(t, a)
	_, linesB := listen(t, b)
	if err := n.Apply(Config{FIFOs: []FIFO{{Path: a}, {Path: c}}}); err != nil {
		t.Fatal(err)
	}
	_, linesC := listen(t, c)
	n.Notify(Event{Instance, "VI_1", Master, 1})
	if next(t, linesA) != next(t, linesC) {
		t.Error("different lines")
	}
	if l, more := <-linesB; more {
		t.Errorf("the FIFO that is gone got %q", l)
	}
	if err := n.Apply(Config{FIFOs: []FIFO{{Path: a}, {Path: filepath.Join(dir, "no", "such")}}}); err == nil {
		t.Error("a FIFO in a missing directory was accepted")
	}
	n.Notify(Event{Instance, "VI_1", Backup, 1})
	if next(t, linesA) != next(t, linesC) {
		t.Error("a refused configuration changed something")
	}
}

// Somebody removes the FIFO and makes another: we follow.
func TestFIFOReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	n, _ := begin(t, Config{FIFOs: []FIFO{{Path: path}}})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	// Opened for writing, too: nobody else writes until the next event.
	hold, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	_, lines := listen(t, path)
	n.Notify(Event{Instance, "VI_1", Master, 1})
	next(t, lines)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	n.Notify(Event{Instance, "VI_1", Master, 2})
	wait(t, "a new FIFO", func() bool { _, err := os.Stat(path); return err == nil })
	_, lines = listen(t, path)
	if got := next(t, lines); got != `INSTANCE "VI_1" MASTER 2` {
		t.Errorf("got %q", got)
	}
}

func TestFIFOThatIsNone(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link, dir} {
		if _, err := New(Config{FIFOs: []FIFO{{Path: path}}}, &recorder{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if read(t, file) != "precious" {
		t.Error("the file was written to")
	}
}

// The FIFO's script gets its name last, is started again when it dies, hears
// everything up to the last STOP, and ends with us.
func TestFIFOScript(t *testing.T) {
	dir := t.TempDir()
	path, log, pid := filepath.Join(dir, "fifo"), filepath.Join(dir, "log"), filepath.Join(dir, "pid")
	script := sh(`echo $$ >`+pid+`; echo "start $1 $(basename $2)" >>`+log+`
		while read -r line; do [ "$line" = 'INSTANCE "die" FAULT 0' ] && exit 3; echo "$line" >>`+log+`; done <"$2"; echo end >>`+log, "arg")
	n, rec := begin(t, Config{FIFOs: []FIFO{{Path: path, Script: script}}})
	n.Notify(Event{Instance, "VI_1", Master, 1})
	wait(t, "a line", func() bool { return strings.HasSuffix(read(t, log), "MASTER 1\n") })
	if err := n.Apply(Config{FIFOs: []FIFO{{Path: path, Script: script}}}); err != nil { // the same: nothing happens
		t.Fatal(err)
	}
	n.Notify(Event{Instance, "die", Fault, 0})
	wait(t, "its end", func() bool { return len(rec.ran()) == 1 })
	if r := rec.ran()[0]; r.FIFO != path || r.Exit.Code != 3 || !r.Failed() || r.Argv[len(r.Argv)-1] != path {
		t.Errorf("%+v", r)
	}
	wait(t, "its new start", func() bool { return strings.Count(read(t, log), "start") == 2 })
	n.Notify(Event{Instance, "VI_1", Stop, 2})
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	want := "start arg fifo\nINSTANCE \"VI_1\" MASTER 1\nstart arg fifo\nINSTANCE \"VI_1\" STOP 2\nend\n"
	if got := read(t, log); got != want {
		t.Errorf("log:\n%swant:\n%s", got, want)
	}
	var script2 int
	if _, err := fmt.Sscan(read(t, pid), &script2); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(script2, 0); err != syscall.ESRCH {
		t.Errorf("the script lives on: %v", err)
	}
}
