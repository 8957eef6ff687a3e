package command

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestMain also serves as the daemon that some tests need to see die or run
// under another policy.
func TestMain(m *testing.M) {
	switch os.Getenv("XVRRP_TEST_DAEMON") {
	case "":
		os.Exit(m.Run())
	case "start": // start what the arguments say, tell its number, wait to be killed
		p, err := Command{Argv: os.Args[1:], Outlive: os.Getenv("XVRRP_TEST_OUTLIVE") != ""}.Start()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(p.PID())
		hold := make(chan os.Signal, 1)
		signal.Notify(hold, syscall.SIGTERM)
		<-hold
	case "run": // run it and tell the last line
		if on := os.Getenv("XVRRP_TEST_CONFINED"); on != "" {
			if err := confine(on); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		p, err := Command{Argv: os.Args[1:]}.Start()
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		<-p.Done()
		fmt.Println(p.Exit().Text)
	}
}

func start(t *testing.T, c Command) *Process {
	t.Helper()
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func finish(t *testing.T, p *Process) Exit {
	t.Helper()
	select {
	case <-p.Done():
		return p.Exit()
	case <-time.After(20 * time.Second):
		t.Fatal("process did not end")
		return Exit{}
	}
}

func sh(script string) Command { return Command{Argv: []string{"/bin/sh", "-c", script}} }

// gone waits until a process is no more, or a zombie that its new parent has
// not yet collected.
func gone(t *testing.T, pid int) {
	t.Helper()
	testnet.Eventually(t, 10*time.Second, func() error {
		if alive(pid) {
			return fmt.Errorf("process %d still lives", pid)
		}
		return nil
	})
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	state, _ := parseStat(stat)
	return state != 'Z' && state != 'X'
}

func TestExit(t *testing.T) {
	for _, c := range []struct {
		script string
		code   int
		signal syscall.Signal
		text   string
	}{
		{"exit 0", 0, 0, ""},
		{"echo one; echo two; exit 3", 3, 0, "two"},
		{"echo out; echo err >&2; echo; exit 1", 1, 0, "err"},
		{"kill -9 $$", -1, syscall.SIGKILL, ""},
		{"kill -SEGV $$", -1, syscall.SIGSEGV, ""},
		{`printf 'a\033[31mb\377c'`, 0, 0, "a?[31mb?c"},
		{"cat", 0, 0, ""}, // its input is empty, not a terminal
		{"head -c 3000 /dev/zero | tr '\\0' x", 0, 0, strings.Repeat("x", textSize)},
	} {
		e := finish(t, start(t, sh(c.script)))
		if e.Code != c.code || e.Signal != c.signal || e.Text != c.text {
			t.Errorf("%s: got code %d, signal %v, text %q; want %d, %v, %q",
				c.script, e.Code, e.Signal, e.Text, c.code, c.signal, c.text)
		}
	}
}

func TestNoShell(t *testing.T) {
	e := finish(t, start(t, Command{Argv: []string{"echo", "a b", "$HOME", ";", "*"}}))
	if e.Text != "a b $HOME ; *" {
		t.Errorf("arguments arrived as %q", e.Text)
	}
}

func TestSpewedOutputIsBounded(t *testing.T) {
	e := finish(t, start(t, sh("head -c 50000000 /dev/zero; echo; echo end")))
	if e.Code != 0 || e.Text != "end" {
		t.Errorf("got %+v", e)
	}
}

func TestStopTakesTheWholeGroup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "child")
	p := start(t, sh(`trap "" TERM; (trap "" TERM; echo $$ >`+file+`; while :; do sleep 0.1; done) & echo $! >`+file+`.2; wait`))
	child := readPID(t, file+".2")
	p.Stop(300 * time.Millisecond)
	e := finish(t, p)
	if e.Signal != syscall.SIGKILL {
		t.Errorf("leader that ignores SIGTERM ended by %v", e.Signal)
	}
	gone(t, child)
}

// A leader that obeys must not take from its child the time to tidy up, and a
// child that does not obey must not survive.
func TestStopGivesChildrenTheGrace(t *testing.T) {
	dir := t.TempDir()
	tidy, stubborn, ready := filepath.Join(dir, "tidy"), filepath.Join(dir, "stubborn"), filepath.Join(dir, "ready")
	p := start(t, sh(`
		sh -c 'trap "sleep 0.2; echo done >`+tidy+`; exit" TERM; : >`+ready+`; while :; do sleep 0.05; done' &
		sh -c 'trap "" TERM; while :; do sleep 0.05; done' & echo $! >`+stubborn+`
		wait`))
	child := readPID(t, stubborn)
	await(t, ready)
	p.Stop(time.Second)
	if e := finish(t, p); e.Signal != syscall.SIGTERM {
		t.Errorf("leader ended by %v", e.Signal)
	}
	if _, err := os.Stat(tidy); err != nil {
		t.Error("the child was killed before it had tidied up")
	}
	gone(t, child)
}

func TestBackgroundChildDoesNotHoldUsUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "child")
	p := start(t, sh("sleep 100 & echo $! >"+file+"; echo started"))
	e := finish(t, p)
	child := readPID(t, file)
	defer syscall.Kill(child, syscall.SIGKILL)
	if e.Text != "started" || !alive(child) {
		t.Errorf("text %q, child alive: %v", e.Text, alive(child))
	}
}

func TestIdentity(t *testing.T) {
	c := sh("echo $(id -u) $(id -g) $(id -G)")
	c.As = &Identity{UID: 65534, GID: 65533}
	if e := finish(t, start(t, c)); e.Text != "65534 65533 65533" {
		t.Errorf("without groups: %q", e.Text)
	}
	c.As.Groups = []uint32{7, 9}
	if e := finish(t, start(t, c)); e.Text != "65534 65533 65533 7 9" {
		t.Errorf("with groups: %q", e.Text)
	}
}

func TestNoCapabilitiesForAnotherUser(t *testing.T) {
	c := sh("echo $(grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status | cut -f2)")
	c.As = &Identity{UID: 65534, GID: 65534}
	zero := "0000000000000000"
	if e := finish(t, start(t, c)); e.Text != strings.Join([]string{zero, zero, zero, zero}, " ") {
		t.Errorf("capabilities: %s", e.Text)
	}
}

func TestNoForeignDescriptors(t *testing.T) {
	fd, err := unix.Open("/dev/null", unix.O_RDONLY, 0) // not close-on-exec
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	// ls itself has one for the directory.
	if e := finish(t, start(t, sh("echo $(ls /proc/self/fd | wc -l) $(readlink /proc/self/fd/0)"))); e.Text != "4 /dev/null" {
		t.Errorf("descriptors: %s", e.Text)
	}
}

func TestOwnProcessGroup(t *testing.T) {
	e := finish(t, start(t, sh(`read -r pid name state ppid pgrp rest </proc/self/stat; [ $pgrp = $$ ] && echo own`)))
	if e.Text != "own" {
		t.Errorf("group: %q", e.Text)
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"IFS=x", "LD_PRELOAD=a", "LD_LIBRARY_PATH=b", "NOTIFY_SOCKET=/x", "HOME=/h", "LDX=1"})
	want := []string{"HOME=/h", "LDX=1", "PATH=" + systemPath}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The child of a SCHED_FIFO daemon must not be able to starve it.
func TestRealtimeIsNotInherited(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("chrt", "-f", "10", exe, "/bin/cat", "/proc/self/stat")
	cmd.Env = append(os.Environ(), "XVRRP_TEST_DAEMON=run")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	fields := strings.Fields(string(out[strings.LastIndexByte(string(out), ')')+1:]))
	// proc(5): field 40 is rt_priority, 41 the policy; state is field 3.
	if rt, policy := fields[40-3], fields[41-3]; rt != "0" || policy != "0" {
		t.Errorf("child has policy %s, priority %s", policy, rt)
	}
}

// confine leaves one processor to every thread of this process.
func confine(on string) error {
	n, err := strconv.Atoi(on)
	if err != nil {
		return err
	}
	var set unix.CPUSet
	set.Set(n)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(tid, &set); err != nil {
			return err
		}
	}
	return nil
}

// A daemon divides its own threads over the processors; a script may use all
// that the daemon was started on.
func TestProcessorsAreNotDivided(t *testing.T) {
	allowed := func(status string) string {
		_, rest, _ := strings.Cut(status, "Cpus_allowed_list:")
		return strings.Fields(rest)[0]
	}
	before, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	want := allowed(string(before))
	first := strings.FieldsFunc(want, func(r rune) bool { return r == '-' || r == ',' })
	if len(first) < 2 {
		t.Fatal("one processor: this test needs two")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "/bin/grep", "Cpus_allowed_list", "/proc/self/status")
	cmd.Env = append(os.Environ(), "XVRRP_TEST_DAEMON=run", "XVRRP_TEST_CONFINED="+first[0])
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := allowed(string(out)); got != want {
		t.Errorf("a script may run on %s, want %s", got, want)
	}
}

// A daemon that the out-of-memory killer must spare has children that it need
// not spare. Protecting a process takes a capability that tests may lack, so
// that files stand for the kernel's.
func TestProtectionIsNotInherited(t *testing.T) {
	for ours, want := range map[string]string{"-1000": "0", "-1": "0", "0": "inherited", "200": "inherited"} {
		parent, child := t.TempDir(), t.TempDir()
		write(t, parent+"/oom_score_adj", ours+"\n", 0o644)
		write(t, child+"/oom_score_adj", "inherited", 0o644)
		forgetProtection(parent, child)
		if got, err := os.ReadFile(child + "/oom_score_adj"); err != nil || string(got) != want {
			t.Errorf("ours is %s: the child's is %q, want %q (%v)", ours, got, want, err)
		}
	}
	forgetProtection("/no/such/process", "/no/such/process")
}

func TestParentDeath(t *testing.T) {
	for _, outlive := range []string{"", "yes"} {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		daemon := exec.Command(exe, "/bin/sleep", "1000")
		daemon.Env = append(os.Environ(), "XVRRP_TEST_DAEMON=start", "XVRRP_TEST_OUTLIVE="+outlive)
		out, err := daemon.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := daemon.Start(); err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Fscan(out, &pid); err != nil {
			t.Fatal(err)
		}
		if err := daemon.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = daemon.Wait() // "signal: killed", as it should
		if outlive == "" {
			gone(t, pid)
			continue
		}
		if !alive(pid) {
			t.Error("a process that may outlive us died")
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}
}

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	write(t, plain, "x", 0o644)
	bad := filepath.Join(dir, "bad")
	write(t, bad, "#!/no/such/shell\n", 0o755)
	binary := filepath.Join(dir, "binary")
	write(t, binary, "\x00\x01garbage", 0o755)
	for _, c := range []struct{ program, want string }{
		{"/no/such", "/no/such: no such file"},
		{"no-such-program", "no-such-program: not found in PATH"},
		{dir + "/", "not a regular file"},
		{plain, "not executable (mode 0644)"},
		{bad, "its interpreter /no/such/shell: no such file"},
		{binary, "exec format error"},
	} {
		_, err := Command{Argv: []string{c.program}}.Start()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.program, err, c.want)
		}
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// await waits for a file to be there.
func await(t *testing.T, path string) {
	t.Helper()
	testnet.Eventually(t, 10*time.Second, func() error {
		_, err := os.Stat(path)
		return err
	})
}

// readPID waits for a number to stand in a file.
func readPID(t *testing.T, path string) (pid int) {
	t.Helper()
	testnet.Eventually(t, 10*time.Second, func() error {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
		return err
	})
	return pid
}
