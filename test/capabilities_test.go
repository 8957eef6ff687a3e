package test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// unitFile is the systemd unit that the packages install.
func unitFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "tools", "packaging", "xvrrp.service"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unitCapabilities are those of the unit, in setpriv's words: "net_raw".
func unitCapabilities(t *testing.T) []string {
	t.Helper()
	line := regexp.MustCompile(`(?m)^CapabilityBoundingSet=(.*)$`).FindStringSubmatch(unitFile(t))
	if line == nil {
		t.Fatal("the unit names no capabilities")
	}
	var list []string
	for _, c := range strings.Fields(line[1]) {
		list = append(list, strings.ToLower(strings.TrimPrefix(c, "CAP_")))
	}
	return list
}

// confined starts the daemon on a node as the unit does: root, with these
// capabilities and no others, in a group of its own.
func (n *node) confined(capabilities []string, conf string, env ...string) *testnet.Process {
	n.t.Helper()
	set := "-all"
	for _, c := range capabilities {
		set += ",+" + c
	}
	file := n.write("keepalived.conf", conf)
	own := n.write("xvrrp.conf", "xvrrp {\n  listen 127.0.0.1:9112\n}\n")
	// Limits that would grant without a capability what the capability is for.
	cmd := exec.Command("prlimit", "--rtprio=0:0", "--memlock=65536:65536",
		"setpriv", "--bounding-set="+set, "--inh-caps="+set, "--regid="+unitGroup, "--clear-groups", "--no-new-privs",
		binary, "--runtime-dir", n.runtimeDir(), "run", "-f", file, "-f", own)
	cmd.Env = append(os.Environ(), env...)
	return n.StartCmd(cmd)
}

// unitGroup stands for the unit's Group=; a number that nobody has.
const unitGroup = "61913"

// With the capabilities of the unit and nothing else the daemon receives by
// XDP, becomes master, runs a check as another user and ends it at its timeout,
// answers a member of the group, releases and leaves nothing.
func TestUnitCapabilitiesSuffice(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	notified := notifySocket(t)
	conf := `vrrp_script chk_user {
    script "/usr/bin/id -u"
    user nobody
    interval 1
    weight 2
}
vrrp_script chk_slow {
    script "/bin/sleep 60"
    user nobody
    interval 2
    timeout 1
    weight 2
}
` + strings.Replace(case1("BACKUP", "90"), "authentication {", "track_script {\n        chk_user\n        chk_slow\n    }\n    authentication {", 1)
	p := l.a.confined(unitCapabilities(t), conf, "NOTIFY_SOCKET="+notified.path)
	says(t, p, "dataplane=xdp ", patience)
	notified.says(t, "READY=1")
	l.owned(case1VIP, "a", patience)
	says(t, p, "VRRP_Script(chk_user) succeeded", patience)
	says(t, p, "VRRP_Script(chk_slow) timed_out", patience)
	if strings.Contains(p.Output(), "not permitted") || strings.Contains(p.Output(), "permission denied") || strings.Contains(p.Output(), "not granted") {
		t.Errorf("something was refused:\n%s", p.Output())
	}
	asksAs(t, l.a, unitGroup, true)
	asksAs(t, l.a, "61914", false)

	second := l.b.xvrrp(case1("BACKUP", "80")) // its adverts come in, too: none while a is master
	if err := p.Stop(patience); err != nil {
		t.Fatalf("exit after SIGTERM: %v\n%s", err, p.Output())
	}
	notified.says(t, "STOPPING=1")
	says(t, second, "priority 0", patience)
	l.owned(case1VIP, "b", patience)
	nothingLeft(t, l.a)
}

// The example of the packages starts as it is, with the unit's command line.
func TestPackagedExampleStarts(t *testing.T) {
	t.Parallel()
	l := newLAN(t, "192.0.2.%d/24")
	l.a.loopback()
	dir := filepath.Join("..", "tools", "packaging")
	files := []string{filepath.Join(dir, "keepalived.conf"), filepath.Join(dir, "xvrrp.conf")}
	l.a.tells(0, []string{"check", "--strict", "-f", files[0], "-f", files[1]}, "0 errors, 0 warnings")
	p := l.a.Start(binary, "--runtime-dir", l.a.runtimeDir(), "run", "-f", files[0], "-f", files[1])
	says(t, p, "Startup complete", patience)
	l.owned("192.0.2.100", "a", patience)
}

// asksAs asks for the status as nobody with this group, which must or must not
// be answered.
func asksAs(t *testing.T, n *node, group string, answered bool) {
	t.Helper()
	// The directories above belong to root and are made for this test.
	open := exec.Command("chmod", "a+rx", filepath.Dir(filepath.Dir(n.dir)), filepath.Dir(n.dir), n.dir, filepath.Dir(binary), binary)
	if out, err := open.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := n.Start("setpriv", "--reuid=65534", "--regid="+group, "--clear-groups", binary, "--runtime-dir", n.runtimeDir(), "status")
	err := p.Wait(patience)
	if (err == nil) != answered {
		t.Errorf("status for group %s: %v, answered should be %v:\n%s", group, err, answered, p.Output())
	}
}

// Each capability is there for a reason: without it, something is worse.
func TestUnitCapabilitiesAreNeeded(t *testing.T) {
	t.Parallel()
	all := unitCapabilities(t)
	for _, c := range []struct {
		without string
		ends    bool // the daemon does not start
		says    string
		counted string // so does a metric
	}{
		{"net_raw", true, "CAP_NET_RAW", ""},
		{"net_admin", false, "not permitted", ""},
		{"bpf", false, "dataplane=socket", ""},
		{"perfmon", false, "dataplane=socket", ""},
		{"setuid", false, "not permitted", ""},
		{"setgid", false, "not permitted", ""},
		{"sys_nice", false, `what="real-time scheduling"`, `xvrrp_realtime_granted{what="scheduling"} 0`},
		{"ipc_lock", false, `what="locked memory"`, `xvrrp_realtime_granted{what="memory"} 0`},
	} {
		t.Run(c.without, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, case1Network)
			rest := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == c.without })
			if len(rest) == len(all) {
				t.Fatalf("the unit does not have %s", c.without)
			}
			conf := strings.Replace(case1("BACKUP", "90"), "authentication {", "track_script {\n        chk\n    }\n    authentication {", 1)
			p := l.a.confined(rest, "vrrp_script chk {\n    script \"/usr/bin/id -u\"\n    user nobody\n    weight 2\n}\n"+conf)
			says(t, p, c.says, patience)
			if c.counted != "" {
				testnet.Eventually(t, patience, func() error {
					if text := l.a.scrape(9112); !strings.Contains(text, c.counted+"\n") {
						return fmt.Errorf("no %s in the metrics", c.counted)
					}
					return nil
				})
			}
			watched := time.Second
			if c.ends {
				watched = patience
			}
			select {
			case <-p.Done():
				if !c.ends {
					t.Errorf("the daemon ended:\n%s", p.Output())
				}
			case <-time.After(watched):
				if c.ends {
					t.Errorf("the daemon runs:\n%s", p.Output())
				}
			}
		})
	}
}

// notified is a socket in the place of systemd's.
type notified struct {
	path string
	conn *net.UnixConn
}

func notifySocket(t *testing.T) *notified {
	t.Helper()
	dir, err := os.MkdirTemp("", "xv") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &notified{path, conn}
}

// says reads until a message holds the word.
func (n *notified) says(t *testing.T, word string) {
	t.Helper()
	if err := n.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	var heard []string
	for {
		size, err := n.conn.Read(buf)
		if err != nil {
			t.Fatal(fmt.Errorf("systemd was not told %s, only %q: %w", word, heard, err))
		}
		if strings.Contains(string(buf[:size]), word) {
			return
		}
		heard = append(heard, string(buf[:size]))
	}
}
