package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// booted is a host on which Debian's systemd is process 1 and the packages'
// unit is installed: with namespaces of its own for processes, mounts and
// control groups, and the network of the node.
type booted struct {
	*node
	init string // systemd's process id out here
	log  string // what the unit's processes write
}

// bootScript prepares the namespaces and becomes systemd. $1 is a control group.
// Nothing but the unit runs: no target of the distribution, which would set up
// the machine that we run on.
const bootScript = `set -e
echo $$ > $1/cgroup.procs
exec unshare --cgroup sh -ec '
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /run
mount -t bpf none /sys/fs/bpf
mount -t proc proc /proc
mkdir -p /run/systemd/system/xvrrp.service.d
ln -s /dev/null /run/systemd/system/network-online.target
cp $1/unit /run/systemd/system/xvrrp.service
cp $1/dropin /run/systemd/system/xvrrp.service.d/test.conf
printf "[Unit]\nDefaultDependencies=no\n" > /run/systemd/system/idle.target
exec env -i container=lxc PATH=$PATH /lib/systemd/systemd --unit=idle.target --log-target=console --show-status=no
' - $2
`

// boot starts systemd on the node, with the unit as it is packaged; only the
// paths are the test's.
func (n *node) boot() *booted {
	n.t.Helper()
	b := &booted{node: n, log: filepath.Join(n.dir, "unit.log")}
	unit, err := os.ReadFile(filepath.Join("..", "tools", "packaging", "xvrrp.service"))
	if err != nil {
		n.t.Fatal(err)
	}
	start := regexp.MustCompile(`(?m)^ExecStart=/usr/sbin/xvrrp run(.*) -f /etc/keepalived/keepalived.conf -f /etc/xvrrp/xvrrp.conf$`).FindStringSubmatch(string(unit))
	if start == nil {
		n.t.Fatal("the unit starts something else than this test knows")
	}
	n.write("unit", string(unit))
	n.write("xvrrp.conf", "xvrrp {\n  listen none\n}\n")
	n.write("dropin", fmt.Sprintf("[Unit]\nDefaultDependencies=no\nStartLimitIntervalSec=0\n[Service]\nGroup=\nExecStart=\nExecStart=%s --log-level debug run%s -f %s -f %s\n"+
		"StandardOutput=append:%s\nStandardError=append:%[5]s\n", binary, start[1], filepath.Join(n.dir, "keepalived.conf"), filepath.Join(n.dir, "xvrrp.conf"), b.log))
	var p *testnet.Process
	group := controlGroup(n.t, func() {
		if p != nil {
			p.Kill() // and with it everything in its namespace of processes
		}
	})
	p = n.StartCmd(exec.Command("unshare", "--pid", "--mount", "--uts", "--ipc", "--fork", "--kill-child", "sh", "-c", bootScript, "boot", group, n.dir))
	testnet.Eventually(n.t, patience, func() error {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.Pid(), p.Pid()))
		if err != nil {
			return err
		}
		b.init = strings.TrimSpace(string(children))
		if out, err := b.systemctl("is-system-running"); strings.TrimSpace(out) != "running" {
			return fmt.Errorf("systemd: %s %v\n%s", out, err, p.Output())
		}
		return nil
	})
	return b
}

// controlGroup makes a group in the unified hierarchy, which goes with the test
// once end has ended what is in it.
func controlGroup(t testing.TB, end func()) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`(?m)^\S+ (\S+) cgroup2 `).FindStringSubmatch(string(mounts))
	if at == nil {
		t.Fatal("no cgroup2 is mounted: mount -t cgroup2 none /sys/fs/cgroup")
	}
	group, err := os.MkdirTemp(at[1], "xvrrp-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end()
		testnet.Eventually(t, patience, func() error {
			out, err := exec.Command("find", group, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";").CombinedOutput()
			if _, gone := os.Stat(group); os.IsNotExist(gone) {
				return nil
			}
			return fmt.Errorf("%s: %v", out, err)
		})
	})
	return group
}

// inside runs a program beside systemd.
func (b *booted) inside(argv ...string) (string, error) {
	out, err := exec.Command("nsenter", append([]string{"-t", b.init, "-a"}, argv...)...).CombinedOutput()
	return string(out), err
}

func (b *booted) systemctl(words ...string) (string, error) {
	return b.inside(append([]string{"systemctl"}, words...)...)
}

// must runs a systemctl command that must succeed.
func (b *booted) must(words ...string) {
	b.t.Helper()
	if out, err := b.systemctl(words...); err != nil {
		b.t.Fatalf("systemctl %s: %v\n%s\n%s", strings.Join(words, " "), err, out, b.output())
	}
}

// show is a property of the unit.
func (b *booted) show(property string) string {
	b.t.Helper()
	out, err := b.systemctl("show", "--value", "-p", property, "xvrrp.service")
	if err != nil {
		b.t.Fatalf("systemctl show: %v: %s", err, out)
	}
	return strings.TrimSpace(out)
}

// output is what the unit's processes have logged.
func (b *booted) output() string {
	text, err := os.ReadFile(b.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// says waits until the unit's log holds a phrase so many times.
func (b *booted) says(phrase string, times int) {
	b.t.Helper()
	testnet.Eventually(b.t, patience, func() error {
		if n := strings.Count(b.output(), phrase); n < times {
			return fmt.Errorf("the log says %q %d times, want %d", phrase, n, times)
		}
		return nil
	})
}

// processes counts the daemons in the unit.
func (b *booted) processes() int {
	b.t.Helper()
	out, err := b.inside("sh", "-c", "cat /sys/fs/cgroup"+b.show("ControlGroup")+"/cgroup.procs 2>/dev/null || true")
	if err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	return len(strings.Fields(out))
}

// `systemctl restart` of the packages' unit at advert_int 0.01, many times:
// the peer sees no goodbye and misses nothing, the address stays. `systemctl
// stop` says goodbye and leaves nothing.
func TestSystemctlRestart(t *testing.T) {
	const restarts = 100
	l := newLAN(t, peersNetwork)
	a := l.a.boot()
	l.a.write("keepalived.conf", fast("VI_1", 200))
	a.must("start", "xvrrp")
	w := &watched{lan: l}
	l.owned(fastVIP, "a", patience)
	w.b = l.b.xvrrp(fast("VI_1", 100, unhurried))
	says(t, w.b, "master set to "+l.a.ip, patience)
	w.wire = l.c.Capture("eth0")
	began := time.Now()
	for i := range restarts {
		pid := a.show("MainPID")
		a.must("restart", "xvrrp")
		if now := a.show("MainPID"); now == pid || a.show("ActiveState") != "active" {
			t.Fatalf("restart %d: main process %s, then %s, state %s", i, pid, now, a.show("ActiveState"))
		}
		if n := len(advertsOf(w.wire, l.b, fastVRID)); n != 0 {
			t.Fatalf("restart %d: b advertised %d times\n%s", i, n, a.output())
		}
		if w.owners(fastVIP) != "a" {
			t.Fatalf("restart %d: %s is held by %q", i, fastVIP, w.owners(fastVIP))
		}
	}
	t.Logf("%d restarts, %.1f s each", restarts, time.Since(began).Seconds()/restarts)
	w.undisturbed(2 * restarts) // the caretaker and the new daemon announce once each, for switches that forgot
	if n := a.processes(); n != 1 {
		t.Errorf("%d processes in the unit, want the daemon alone", n)
	}
	if n := strings.Count(a.output(), "no caretaker"); n != 0 {
		t.Errorf("%d restarts without a caretaker", n)
	}
	if a.show("NRestarts") != "0" {
		t.Errorf("systemd had to help %s times", a.show("NRestarts"))
	}
	a.must("reload", "xvrrp")
	a.says("Reload complete", 1)
	a.must("stop", "xvrrp")
	l.owned(fastVIP, "b", patience)
	says(t, w.b, "priority 0", patience)
	if n := a.processes(); n != 0 {
		t.Errorf("%d processes are left after the stop", n)
	}
}

// A restart that fails is a stop like any other: the next daemon cannot read
// its file, or never comes.
func TestSystemctlRestartThatFails(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(a *booted){
		"a file with errors": func(a *booted) { a.write("keepalived.conf", fast("VI_1", 300)) },
		"nothing to start": func(a *booted) {
			if out, err := a.inside("sh", "-c", "printf '[Unit]\\nStartLimitIntervalSec=10\\n[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > /run/systemd/system/xvrrp.service.d/z.conf"); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			a.must("daemon-reload")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			a := l.a.boot()
			a.write("keepalived.conf", fast("VI_1", 200))
			a.must("start", "xvrrp")
			l.owned(fastVIP, "a", patience)
			b := l.b.xvrrp(fast("VI_1", 100, unhurried))
			says(t, b, "master set to "+l.a.ip, patience)
			breaks(a)
			if out, err := a.systemctl("restart", "xvrrp"); err == nil {
				t.Errorf("the restart did not fail: %s", out)
			}
			l.owned(fastVIP, "b", patience)
			says(t, b, "priority 0", patience)
			testnet.Eventually(t, patience, func() error {
				if n := a.processes(); n != 0 {
					return fmt.Errorf("%d processes are left", n)
				}
				return nil
			})
		})
	}
}

// A daemon that crashes is started again by systemd and goes on as master
// before any peer has missed an advert.
func TestSystemdRestartsTheCrashed(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	a := l.a.boot()
	a.write("keepalived.conf", slow("ONE", 1, 200))
	a.must("start", "xvrrp")
	l.owned("10.9.1.1", "a", patience)
	b := l.b.xvrrp(slow("ONE", 1, 100))
	says(t, b, "master set to "+l.a.ip, patience)
	wire := l.c.Capture("eth0")
	for i := range 3 {
		a.must("kill", "--signal=KILL", "--kill-who=main", "xvrrp")
		a.says("(ONE) Goes on as MASTER", i+1)
		a.says("Startup complete", i+2)
		l.owned("10.9.1.1", "a", 0)
	}
	if got := a.show("NRestarts"); got != "3" {
		t.Errorf("systemd restarted it %s times, want 3", got)
	}
	if n := len(advertsOf(wire, l.b, 1)); n != 0 || strings.Contains(b.Output(), "Entering MASTER STATE") {
		t.Errorf("b took over, %d adverts", n)
	}
	if n := len(advertsOf(wire, l.a, 1)); n < 3 {
		t.Errorf("a advertised %d times in three lives", n)
	}
	a.must("stop", "xvrrp")
	says(t, b, "priority 0", patience)
}
