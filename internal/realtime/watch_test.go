package realtime

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	if w, n, err := parseSchedstat("3141 2718281 42\n"); w != 2718281 || n != 42 || err != nil {
		t.Errorf("schedstat: %v, %d, %v", w, n, err)
	}
	if _, _, err := parseSchedstat("nothing"); err == nil {
		t.Error("schedstat: nonsense was read")
	}
	if got := parseSteal("cpu  1 2 3 4 5 6 7 800 9 10\ncpu0 1\n"); got <= 0 || got > 8*time.Second {
		t.Errorf("steal: %v", got)
	}
	if got := parseSteal("cpu 1 2 3"); got != 0 {
		t.Errorf("steal of an old kernel: %v", got)
	}
	if got := parseThrottled("usage_usec 7\nthrottled_usec 1500\n"); got != 1500*time.Microsecond {
		t.Errorf("throttled, version 2: %v", got)
	}
	if got := parseThrottled("nr_throttled 3\nthrottled_time 1500\n"); got != 1500 {
		t.Errorf("throttled, version 1: %v", got)
	}
}

func TestGroupDirs(t *testing.T) {
	for line, want := range map[string]string{
		"0::/system.slice/x":  "/sys/fs/cgroup/system.slice/x /sys/fs/cgroup",
		"5:cpu,cpuacct:/a":    "/sys/fs/cgroup/cpu,cpuacct/a /sys/fs/cgroup/cpu,cpuacct",
		"4:memory:/a":         "",
		"1:name=systemd:/a":   "",
		"no control group :(": "",
	} {
		if got := strings.Join(groupDirs(line), " "); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// The counters of this kernel can be read, and a second reading is not before
// the first.
func TestRead(t *testing.T) {
	w, err := openWatch(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	a, err := w.read()
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.read()
	if err != nil {
		t.Fatal(err)
	}
	if s := b.since(a); s.Waited < 0 || s.Stolen < 0 || s.Stopped < 0 || s.Span <= 0 {
		t.Errorf("since: %+v", s)
	}
	if _, err := openWatch(0); err == nil {
		t.Error("a watch without an engine")
	}
}

func TestStarvedSaysByWhat(t *testing.T) {
	s := Starved{Span: time.Second, Waited: 300 * time.Millisecond, Turns: 12}
	for want, s := range map[string]Starved{
		"the engine waited 300ms for a processor within 1s (12 turns): other processes were served first": s,
		"throttled for 200ms (cpu.max)":    {Span: time.Second, Stopped: 200 * time.Millisecond},
		"took 500ms of each processor (st": {Span: time.Second, Stolen: 500 * time.Millisecond},
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("%q does not say %q", s, want)
		}
	}
}

func TestDue(t *testing.T) {
	quiet, noise := func() bool { return true }, func() bool { return false }
	for _, c := range []struct {
		used, live uint64
		quiet      func() bool
		want       bool
	}{
		{10 << 20, 10 << 20, quiet, false},
		{11 << 20, 10 << 20, quiet, false}, // less than is worth it
		{13 << 20, 10 << 20, quiet, true},
		{44 << 20, 40 << 20, quiet, false}, // less than an eighth
		{46 << 20, 40 << 20, quiet, true},
		{16 << 20, 10 << 20, quiet, true},
		{16 << 20, 10 << 20, nil, true},
		{16 << 20, 10 << 20, noise, false},
		{5 << 20, 4 << 20, quiet, false}, // not worth it
		{60 << 20, 10 << 20, noise, true},
		{1 << 20, 10 << 20, quiet, false}, // nothing was collected yet
	} {
		if got := due(c.used, c.live, c.quiet); got != c.want {
			t.Errorf("%d MiB used, %d live: %v", c.used>>20, c.live>>20, got)
		}
	}
}

func TestIdle(t *testing.T) {
	quiet, noise := func() bool { return true }, func() bool { return false }
	for _, c := range []struct {
		spare uint64
		quiet func() bool
		want  bool
	}{
		{1 << 20, quiet, false},
		{5 << 20, quiet, true},
		{5 << 20, nil, true},
		{5 << 20, noise, false},
		{20 << 20, noise, true},
	} {
		if got := idle(c.spare, c.quiet); got != c.want {
			t.Errorf("%d MiB held and not used: %v", c.spare>>20, got)
		}
	}
}
