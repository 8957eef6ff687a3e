package rundir

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestMain also serves as another daemon: it opens a directory, or adopts the
// lock on descriptor 3, says so, and goes on until its input ends.
func TestMain(m *testing.M) {
	dir := os.Getenv("XVRRP_TEST_RUNDIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	var d *Dir
	var err error
	if os.Getenv("XVRRP_TEST_ADOPT") != "" {
		d, err = Adopt(dir, os.NewFile(3, "lock"))
	} else {
		d, err = Open(dir)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	bufio.NewReader(os.Stdin).ReadString('\n')
	if err := d.Close(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// other is a second daemon.
type other struct {
	*exec.Cmd
	said string
}

func startOther(t *testing.T, dir string, lock *os.File) other {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "XVRRP_TEST_RUNDIR="+dir)
	if lock != nil {
		cmd.Env = append(cmd.Env, "XVRRP_TEST_ADOPT=1")
		cmd.ExtraFiles = []*os.File{lock}
	}
	if _, err := cmd.StdinPipe(); err != nil { // stays open until the end
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return other{cmd, strings.TrimSpace(said)}
}

func pidIn(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, PIDFile))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestSecondDaemonIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if pidIn(t, dir) != os.Getpid() {
		t.Errorf("pid file holds %d", pidIn(t, dir))
	}
	second := startOther(t, dir, nil)
	if want := fmt.Sprintf("belongs to the daemon with pid %d", os.Getpid()); !strings.Contains(second.said, want) {
		t.Errorf("the second said %q, want %q", second.said, want)
	}
	var held *HeldError
	if _, err := Open(dir); !errors.As(err, &held) || held.PID != os.Getpid() || held.Dir != dir {
		t.Errorf("in the same process: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if third := startOther(t, dir, nil); third.said != "open" {
		t.Errorf("after the first had closed: %s", third.said)
	}
}

func TestDirectoryOfAKilledDaemon(t *testing.T) {
	dir := t.TempDir()
	first := startOther(t, dir, nil)
	if first.said != "open" || pidIn(t, dir) != first.Process.Pid {
		t.Fatalf("first: %s", first.said)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait() // "signal: killed"
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if pidIn(t, dir) != os.Getpid() {
		t.Errorf("pid file holds %d", pidIn(t, dir))
	}
}

// From one daemon to the next the lock is never free.
func TestHandOver(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	successor := startOther(t, dir, d.Lock())
	if successor.said != "open" {
		t.Fatal(successor.said)
	}
	if err := d.Leave(); err != nil {
		t.Fatal(err)
	}
	var held *HeldError
	if _, err := Open(dir); !errors.As(err, &held) || held.PID != successor.Process.Pid {
		t.Errorf("after the hand-over: %v", err)
	}
}

// Of many that start at once, exactly one wins, while others close.
func TestRace(t *testing.T) {
	dir := t.TempDir()
	for range 50 {
		var wg sync.WaitGroup
		won := make(chan *Dir, 8)
		for range 8 {
			wg.Go(func() {
				d, err := Open(dir)
				if err == nil {
					won <- d
				}
				var held *HeldError
				if err != nil && !errors.As(err, &held) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		close(won)
		if len(won) != 1 {
			t.Fatalf("%d won", len(won))
		}
		if err := (<-won).Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnsafeDirectories(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open")
	foreign := filepath.Join(t.TempDir(), "foreign")
	file := filepath.Join(t.TempDir(), "file")
	for _, dir := range []string{open, foreign} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(foreign, 65534, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		open:    "can be written by everybody (mode 0777)",
		foreign: "belongs to uid 65534",
		file:    "not a directory",
	} {
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
}

func TestPIDFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.pid")
	remove, err := WritePIDFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(b)) != strconv.Itoa(os.Getpid()) {
		t.Errorf("%q, %v", b, err)
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("not removed: %v", err)
	}
	if remove, err = WritePIDFile(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a successor's file was removed: %v", err)
	}
	if _, err := WritePIDFile("/no/such/dir/pid"); err == nil {
		t.Error("no error for a missing directory")
	}
}
