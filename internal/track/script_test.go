package track

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/command"
)

func shell(name, script string, r Rhythm) Script {
	return Script{Name: name, Command: command.Command{Argv: []string{"/bin/sh", "-c", script}}, Rhythm: r}
}

// often is a rhythm for tests: quick, with a timeout that is never met.
var often = Rhythm{Interval: 20 * time.Millisecond, Timeout: 10 * time.Second, Rise: 1, Fall: 1}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

func TestScriptResults(t *testing.T) {
	dir := t.TempDir()
	code := filepath.Join(dir, "code")
	put(t, code, "0")
	_, rec := run(t, Config{Scripts: []Script{
		shell("s", "c=$(cat "+code+"); echo code is $c; exit $c", Rhythm{Interval: 20 * time.Millisecond, Timeout: 10 * time.Second, Rise: 2, Fall: 2}),
	}})
	rec.wait(t, "up at the first success", func() bool { return len(rec.scripts["s"]) >= 1 })
	first := rec.script("s")[0]
	if !first.Up || !first.Known || !first.Changed || !first.Passed || first.CodeChanged || first.Duration <= 0 {
		t.Errorf("first result: %+v", first)
	}
	put(t, code, "3")
	rec.wait(t, "down", func() bool { return changes(rec.scripts["s"]) == 2 })
	put(t, code, "0")
	rec.wait(t, "up again", func() bool { return changes(rec.scripts["s"]) == 3 })

	var lines []string
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, r := range rec.scripts["s"] {
		lines = append(lines, r.Phrases("s")...)
	}
	want := []string{
		"VRRP_Script(s) succeeded",
		"Script `s` now returning 3",
		`VRRP_Script(s) failed (exited with status 3) said="code is 3"`,
		"Script `s` now returning 0",
		"VRRP_Script(s) succeeded",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("log:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func changes(list []Result) int {
	n := 0
	for _, r := range list {
		if r.Changed {
			n++
		}
	}
	return n
}

func TestScriptHangs(t *testing.T) {
	_, rec := run(t, Config{Scripts: []Script{
		shell("hang", "echo thinking; sleep 1000", Rhythm{Interval: 300 * time.Millisecond, Timeout: 100 * time.Millisecond, Rise: 1, Fall: 1}),
	}})
	rec.wait(t, "two timeouts", func() bool { return len(rec.scripts["hang"]) >= 2 })
	r := rec.script("hang")[0]
	if !r.TimedOut || r.Passed || r.Up || !r.Changed || r.Text != "thinking" ||
		r.Duration < 100*time.Millisecond {
		t.Errorf("got %+v", r)
	}
	r.Starved = false // perhaps it was, on a busy machine
	if got := fmt.Sprint(r.Phrases("hang")); got != `[VRRP_Script(hang) timed_out said="thinking"]` {
		t.Errorf("log: %s", got)
	}
}

// A script that ignores SIGTERM is down at its timeout, not when it is
// finally killed; until then no other is started.
func TestScriptIgnoresSIGTERM(t *testing.T) {
	starts := filepath.Join(t.TempDir(), "starts")
	_, rec := run(t, Config{Scripts: []Script{
		shell("stubborn", `echo $$ >>`+starts+`; trap "" TERM; while :; do sleep 0.05; done`,
			Rhythm{Interval: 100 * time.Millisecond, Timeout: 50 * time.Millisecond, Rise: 1, Fall: 1}),
	}})
	rec.wait(t, "skips while it is being killed", func() bool {
		list := rec.skips["stubborn"]
		return len(rec.scripts["stubborn"]) == 1 && len(list) > 0 && list[len(list)-1].Skipped == SkippedTimingOut
	})
	if n := strings.Count(read(t, starts), "\n"); n != 1 {
		t.Errorf("%d were started while the first still lived", n)
	}
	rec.wait(t, "the next one", func() bool { return strings.Count(read(t, starts), "\n") == 2 })
	pid, err := strconv.Atoi(strings.Fields(read(t, starts))[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("the first was not killed before the second began: %v", err)
	}
	if got := fmt.Sprint(Result{Skipped: SkippedTimingOut}.Phrases("x")); got != "[Track script x is being timed out, expect idle - skipping run]" {
		t.Errorf("log: %s", got)
	}
}

func TestScriptStillRunning(t *testing.T) {
	_, rec := run(t, Config{Scripts: []Script{
		shell("slow", "sleep 0.3", Rhythm{Interval: 50 * time.Millisecond, Timeout: 10 * time.Second, Rise: 1, Fall: 1}),
	}})
	rec.wait(t, "skips, then a success", func() bool {
		return len(rec.skips["slow"]) > 0 && len(rec.scripts["slow"]) > 0
	})
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if !rec.scripts["slow"][0].Passed {
		t.Errorf("got %+v", rec.scripts["slow"][0])
	}
	if got := fmt.Sprint(rec.skips["slow"][0].Phrases("slow")); got != "[Track script slow is already running, expect idle - skipping run]" {
		t.Errorf("log: %s", got)
	}
}

func TestScriptDies(t *testing.T) {
	_, rec := run(t, Config{Scripts: []Script{shell("dies", "kill -9 $$", often)}})
	rec.wait(t, "a result", func() bool { return len(rec.scripts["dies"]) > 0 })
	if got := fmt.Sprint(rec.script("dies")[0].Phrases("dies")); got != "[VRRP_Script(dies) failed (due to signal 9)]" {
		t.Errorf("log: %s", got)
	}
}

func TestScriptUser(t *testing.T) {
	s := shell("who", "id -u; exit $(id -u | tail -c 2)", Rhythm{Interval: 10 * time.Second, Rise: 1, Fall: 1})
	s.Command.As = &command.Identity{UID: 65534, GID: 65534}
	_, rec := run(t, Config{Scripts: []Script{s}})
	rec.wait(t, "a result", func() bool { return len(rec.scripts["who"]) > 0 })
	if r := rec.script("who")[0]; r.Text != "65534" || r.Code != 4 {
		t.Errorf("got %+v", r)
	}
}

func TestScriptOpensFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "flag")
	_, rec := run(t, Config{Scripts: []Script{{Name: "f", OpenFile: path, Rhythm: often}}})
	rec.wait(t, "down", func() bool { return changes(rec.scripts["f"]) == 1 && !rec.scripts["f"][0].Up })
	put(t, path, "")
	rec.wait(t, "up", func() bool { return changes(rec.scripts["f"]) == 2 })
}

func TestScriptInitFail(t *testing.T) {
	r := often
	r.Rise, r.InitFail = 3, true
	_, rec := run(t, Config{Scripts: []Script{shell("s", "exit 0", r)}})
	rec.wait(t, "up", func() bool { return changes(rec.scripts["s"]) == 2 })
	if list := rec.script("s"); list[0].Up || list[1].Up || !list[2].Up {
		t.Errorf("got %+v", list)
	}
}

// Stop kills what runs, at once, with its children.
func TestStopKills(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	tr, rec := run(t, Config{Scripts: []Script{
		shell("s", `trap "" TERM; echo $$ >`+file+`; while :; do sleep 0.05; done`, Rhythm{Interval: time.Hour, Rise: 1, Fall: 1}),
	}})
	rec.wait(t, "start", func() bool {
		return strings.HasSuffix(read(t, file), "\n")
	})
	tr.Stop() // would never return if it waited for the script's own end
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, file)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("the script lives: %v", err)
	}
	if len(rec.script("s")) != 0 {
		t.Errorf("a script that was stopped has a result: %+v", rec.script("s"))
	}
}

// What a reload does not change goes on; what it changes begins anew.
func TestApply(t *testing.T) {
	dir := t.TempDir()
	log := func(name string) string { return filepath.Join(dir, name) }
	hourly := Rhythm{Interval: time.Hour, Rise: 1, Fall: 1}
	same := shell("same", "echo x >>"+log("same"), hourly)
	gone := shell("gone", "echo x >>"+log("gone"), hourly)
	old := shell("other", "echo old >>"+log("other"), hourly)
	tr, rec := run(t, Config{Scripts: []Script{same, gone, old}})
	rec.wait(t, "first results", func() bool { return len(rec.scripts) == 3 })

	changed := shell("other", "echo new >>"+log("other"), hourly)
	fresh := shell("fresh", "echo x >>"+log("fresh"), hourly)
	if err := tr.Apply(Config{Scripts: []Script{fresh, changed, same}}); err != nil {
		t.Fatal(err)
	}
	rec.wait(t, "second results", func() bool { return len(rec.scripts["fresh"]) == 1 && len(rec.scripts["other"]) == 2 })
	for name, want := range map[string]string{"same": "x\n", "gone": "x\n", "other": "old\nnew\n", "fresh": "x\n"} {
		if got := read(t, log(name)); got != want {
			t.Errorf("%s ran: %q, want %q", name, got, want)
		}
	}

	if err := tr.Apply(Config{Scripts: []Script{shell("bad", "", Rhythm{})}}); err == nil {
		t.Error("a bad configuration was applied")
	}
	if len(tr.running) != 3 {
		t.Errorf("%d run after a refused configuration, want 3", len(tr.running))
	}
}

func TestUnusable(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open.sh")
	put(t, open, "#!/bin/sh\n")
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{Secure: true, Scripts: []Script{
		{Name: "missing", Command: command.Command{Argv: []string{"/no/such/script"}}, Rhythm: often},
		{Name: "insecure", Command: command.Command{Argv: []string{open}}, Rhythm: often},
		{Name: "empty", Rhythm: often},
		shell("never", "true", Rhythm{}),
		shell("twice", "true", often),
		shell("twice", "true", often),
		{Name: "fine", Command: command.Command{Argv: []string{open}, As: &command.Identity{UID: 65534}}, Rhythm: often},
	}}, newRecorder())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"vrrp_script missing: /no/such/script: no such file",
		"vrrp_script insecure: ", "insecure script path",
		"vrrp_script empty: no script",
		"vrrp_script never: interval must be above 0",
		"script twice is defined twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "script fine") {
		t.Errorf("a script that nobody can abuse was refused: %v", err)
	}
}

// A script that is not given the processor is told apart from one that hangs.
func TestScriptStarved(t *testing.T) {
	busy := "taskset -c 0 sh -c 'while :; do :; done'"
	_, rec := run(t, Config{Scripts: []Script{
		shell("starved", busy+" & taskset -c 0 chrt -i 0 sh -c 'while :; do :; done'",
			Rhythm{Interval: 10 * time.Second, Timeout: 400 * time.Millisecond, Rise: 1, Fall: 1}),
	}})
	rec.wait(t, "a timeout", func() bool { return len(rec.scripts["starved"]) > 0 })
	if r := rec.script("starved")[0]; !r.TimedOut || !r.Starved {
		t.Errorf("got %+v", r)
	}
	if got := fmt.Sprint(rec.script("starved")[0].Phrases("s")); got != "[VRRP_Script(s) timed_out starved=yes]" {
		t.Errorf("log: %s", got)
	}
}

// After a long sleep of the machine the rhythm starts anew.
func TestNextStart(t *testing.T) {
	base := time.Now()
	for _, c := range []struct{ late, want time.Duration }{
		{0, time.Second},
		{300 * time.Millisecond, time.Second},
		{time.Second, time.Second},
		{5 * time.Second, 6 * time.Second},
	} {
		if got := nextStart(base, base.Add(c.late), time.Second).Sub(base); got != c.want {
			t.Errorf("%v late: next after %v, want %v", c.late, got, c.want)
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
