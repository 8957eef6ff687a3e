package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// recorder is a Sink that keeps everything.
type recorder struct {
	mu     sync.Mutex
	runs   []Run
	losses []Loss
}

func (r *recorder) Ran(run Run) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs = append(r.runs, run)
}

func (r *recorder) Lost(l Loss) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.losses = append(r.losses, l)
}

func (r *recorder) ran() []Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.runs)
}

func (r *recorder) lost() []Loss {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.losses)
}

// wait returns as soon as something holds.
func wait(t *testing.T, what string, holds func() bool) {
	t.Helper()
	testnet.Eventually(t, 20*time.Second, func() error {
		if holds() {
			return nil
		}
		return errors.New("never happened: " + what)
	})
}

func begin(t *testing.T, cfg Config) (*Notifier, *recorder) {
	t.Helper()
	rec := &recorder{}
	n, err := New(cfg, rec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { finish(n, 5*time.Second) })
	return n, rec
}

// finish closes and returns what Close said.
func finish(n *Notifier, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return n.Close(ctx)
}

func sh(script string, args ...string) *command.Command {
	return &command.Command{Argv: append([]string{"/bin/sh", "-c", script, "sh"}, args...)}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// The arguments of keepalived, byte for byte: none for the specific scripts,
// four for the general one, which comes second.
func TestArguments(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	note := func(word string) *command.Command {
		return sh(`w=$1; shift; printf '%s %s:' "$w" $# >>`+log+`; printf ' <%s>' "$@" >>`+log+`; echo >>`+log, word, "own arg")
	}
	all := Scripts{
		Master: note("m"), Backup: note("b"), Fault: note("f"), Stop: note("s"),
		Deleted: note("d"), MasterRxLowerPri: note("l"), Any: note("any"), PriorityChanges: true,
	}
	n, rec := begin(t, Config{Instances: map[string]Scripts{"VI 1": all}, Groups: map[string]Scripts{"G": {Backup: note("gb"), Any: note("gany")}}})
	for _, s := range []State{Master, Backup, Fault, Stop, Deleted, MasterRxLowerPri, MasterPriority, BackupPriority} {
		n.Notify(Event{Instance, "VI 1", s, 150})
	}
	n.Notify(Event{Instance, "other", Master, 1}) // no scripts
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	want := `m 1: <own arg>
any 5: <own arg> <INSTANCE> <VI 1> <MASTER> <150>
b 1: <own arg>
any 5: <own arg> <INSTANCE> <VI 1> <BACKUP> <150>
f 1: <own arg>
any 5: <own arg> <INSTANCE> <VI 1> <FAULT> <150>
s 1: <own arg>
any 5: <own arg> <INSTANCE> <VI 1> <STOP> <150>
d 1: <own arg>
any 5: <own arg> <INSTANCE> <VI 1> <DELETED> <150>
l 1: <own arg>
any 5: <own arg> <INSTANCE> <VI 1> <MASTER_RX_LOWER_PRI> <150>
any 5: <own arg> <INSTANCE> <VI 1> <MASTER_PRIORITY> <150>
any 5: <own arg> <INSTANCE> <VI 1> <BACKUP_PRIORITY> <150>
`
	if got := read(t, log); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	for _, r := range rec.ran() {
		if r.Failed() {
			t.Errorf("%+v", r)
		}
	}
}

func TestGroupArguments(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	any := sh(`echo "$@" >>` + log)
	n, _ := begin(t, Config{Groups: map[string]Scripts{"G1": {Any: any}}, Instances: map[string]Scripts{"G1": {}}})
	n.Notify(Event{Group, "G1", Backup, 99})
	n.Notify(Event{Group, "G1", MasterPriority, 0}) // nobody asked for priorities
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := read(t, log); got != "GROUP G1 BACKUP 0\n" {
		t.Errorf("got %q", got)
	}
}

func TestDeletedFallsBackToFault(t *testing.T) {
	f, d := sh("f"), sh("d")
	if (Scripts{Fault: f}).specific(Deleted) != f || (Scripts{Fault: f, Deleted: d}).specific(Deleted) != d {
		t.Error("wrong script for a deleted instance")
	}
}

// However long each script takes, their order is the order of the events.
func TestOrder(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	any := sh(`[ $(($4 % 3)) = 0 ] && sleep 0.05; echo $4 >>` + log)
	n, _ := begin(t, Config{Instances: map[string]Scripts{"VI_1": {Any: any}}})
	var want strings.Builder
	for i := range 30 {
		n.Notify(Event{Instance, "VI_1", Master, i})
		fmt.Fprintln(&want, i)
	}
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := read(t, log); got != want.String() {
		t.Errorf("order:\n%s", got)
	}
}

// A script that hangs delays its own instance until its timeout, nobody else,
// and never the caller.
func TestSlowScript(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	const hangs = 3 * time.Second
	hang := sh(`trap "" TERM; while :; do sleep 0.05; done`)
	quick := sh(`echo quick >>` + log)
	n, rec := begin(t, Config{
		Timeout: hangs,
		Instances: map[string]Scripts{
			"slow":  {Master: hang, Backup: quick},
			"quick": {Master: quick},
		},
		Groups: map[string]Scripts{"slow": {Master: quick}},
	})
	began := time.Now()
	n.Notify(Event{Instance, "slow", Master, 1})
	n.Notify(Event{Instance, "slow", Backup, 1})
	n.Notify(Event{Instance, "quick", Master, 1})
	n.Notify(Event{Group, "slow", Master, 0})
	if took := time.Since(began); took >= hangs {
		t.Errorf("Notify took %v", took)
	}
	wait(t, "the others", func() bool { return read(t, log) == "quick\nquick\n" })
	if len(rec.ran()) > 2 {
		t.Errorf("the slow one is done already: %+v", rec.ran())
	}
	wait(t, "the slow one's second event", func() bool { return read(t, log) == "quick\nquick\nquick\n" && len(rec.ran()) == 4 })
	for _, r := range rec.ran() {
		if slow := r.Event.Name == "slow" && r.Event.State == Master && r.Event.Kind == Instance; r.TimedOut != slow || r.Failed() != slow {
			t.Errorf("%+v", r)
		}
	}
}

// When events come faster than scripts end, the oldest that wait are lost, and
// the newest state is told.
func TestTooManyEvents(t *testing.T) {
	dir := t.TempDir()
	gate, log := filepath.Join(dir, "gate"), filepath.Join(dir, "log")
	any := sh(`while [ ! -e ` + gate + ` ]; do sleep 0.02; done; echo $4 >>` + log)
	n, rec := begin(t, Config{Instances: map[string]Scripts{"VI_1": {Any: any}}})
	const events = queueLimit + 20
	for i := range events {
		n.Notify(Event{Instance, "VI_1", Master, i})
		if i == 0 { // the first is at work, not waiting
			wait(t, "the first to begin", func() bool {
				n.mu.Lock()
				defer n.mu.Unlock()
				return len(n.queues[key{Instance, "VI_1"}].waiting) == 0
			})
		}
	}
	if err := os.WriteFile(gate, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(read(t, log))
	if len(lines) != queueLimit+1 || lines[0] != "0" || lines[1] != fmt.Sprint(events-queueLimit) || lines[len(lines)-1] != fmt.Sprint(events-1) {
		t.Errorf("told: %v", lines)
	}
	lost := rec.lost()
	if len(lost) != 19 || lost[18].Total != 19 || lost[0].Event.Priority != 1 || !errors.Is(lost[0].Err, ErrSlow) {
		t.Errorf("lost: %+v", lost)
	}
}

// Close waits for STOP scripts, but not for ever; what runs then goes on.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	dir := t.TempDir()
	pid, log := filepath.Join(dir, "pid"), filepath.Join(dir, "log")
	n, rec := begin(t, Config{Instances: map[string]Scripts{
		"VI_1": {Stop: sh(`echo $$ >` + pid + `; sleep 100`), Any: sh(`echo ended >>` + log)},
	}})
	n.Notify(Event{Instance, "VI_1", Stop, 1})
	n.Notify(Event{Instance, "VI_1", Stop, 2})
	wait(t, "start", func() bool { return strings.HasSuffix(read(t, pid), "\n") })
	if err := finish(n, 200*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	n.Notify(Event{Instance, "VI_1", Master, 3}) // too late: nothing happens
	var script int
	if _, err := fmt.Sscan(read(t, pid), &script); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(-script, syscall.SIGKILL); err != nil {
		t.Errorf("the script that ran was not left alone: %v", err)
	}
	if lost := rec.lost(); len(lost) != 1 || lost[0].Event.Priority != 2 || !errors.Is(lost[0].Err, ErrClosing) {
		t.Errorf("lost: %+v", lost)
	}
	// What was begun ends when the script that hung is gone; a daemon has ended by then.
	wait(t, "the event's second script", func() bool { return read(t, log) != "" })
}

func TestUser(t *testing.T) {
	c := sh("id -u")
	c.As = &command.Identity{UID: 65534, GID: 65534}
	n, rec := begin(t, Config{Instances: map[string]Scripts{"VI_1": {Master: c}}})
	n.Notify(Event{Instance, "VI_1", Master, 1})
	if err := finish(n, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if runs := rec.ran(); len(runs) != 1 || runs[0].Exit.Text != "65534" {
		t.Errorf("%+v", runs)
	}
}

func TestScriptThatDisappears(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	n, rec := begin(t, Config{Instances: map[string]Scripts{"VI_1": {Master: &command.Command{Argv: []string{script}}}}})
	if err := os.Remove(script); err != nil {
		t.Fatal(err)
	}
	n.Notify(Event{Instance, "VI_1", Master, 1})
	wait(t, "a failed run", func() bool { return len(rec.ran()) == 1 })
	if r := rec.ran()[0]; !r.Failed() || !strings.Contains(r.Err.Error(), script) {
		t.Errorf("%+v", r)
	}
}

func TestUnusable(t *testing.T) {
	dir := t.TempDir()
	plain, open := filepath.Join(dir, "plain"), filepath.Join(dir, "open")
	for path, mode := range map[string]os.FileMode{plain: 0o644, open: 0o777} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	one := func(path string) *command.Command { return &command.Command{Argv: []string{path}} }
	_, err := New(Config{
		Secure: true,
		Instances: map[string]Scripts{
			"VI_1": {Master: one("/no/such/script"), Any: one(open)},
		},
		Groups: map[string]Scripts{"G": {Fault: one(plain)}},
		FIFOs:  []FIFO{{Path: plain}, {Path: filepath.Join(dir, "f"), Script: &command.Command{}}},
	}, &recorder{})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"vrrp_instance VI_1: notify_master: /no/such/script: no such file",
		"vrrp_instance VI_1: notify: ", "insecure script path",
		"vrrp_sync_group G: notify_fault: " + plain + ": not executable",
		"FIFO " + plain + ": something else has that name",
		"FIFO " + filepath.Join(dir, "f") + ": no command",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "f")); !os.IsNotExist(err) {
		t.Error("a refused configuration left a FIFO behind")
	}
}
