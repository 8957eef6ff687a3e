package test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// umaskConf runs a script that notes its umask as a check and as a notification.
func (n *node) umaskConf(global string) string {
	script := n.write("umask", "#!/bin/sh\numask >> "+n.dir+"/$1\n")
	n.Run("chmod", "755", script)
	return "global_defs {\n script_user root\n " + global + "\n}\n" +
		"vrrp_script check {\n script \"" + script + " check\"\n interval 1\n}\n" +
		fast("VI_1", 100, "track_script {\n check\n }", "notify_backup \""+script+" notify\"")
}

// masked waits until the last script had this umask.
func (n *node) masked(file, want string) {
	n.t.Helper()
	testnet.Eventually(n.t, patience, func() error {
		text, err := os.ReadFile(n.dir + "/" + file)
		lines := strings.Fields(string(text))
		if err != nil || len(lines) == 0 || lines[len(lines)-1] != want {
			return fmt.Errorf("%s on %s (a: keepalived, b: xvrrp) has umask %q, %v, want %s", file, n.Name, lines, err, want)
		}
		return nil
	})
}

// What scripts inherit as their umask: the one of the file, and where the file
// names none the one that the daemon was started with; keepalived, which makes
// files of its own by it, gives them 0177 then. A reload changes it.
func TestUmaskOfScripts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, global, keepalived, xvrrp string }{
		{"named", "umask 0027", "0027", "0027"},
		{"words", "umask IWGRP|IWOTH|IROTH", "0026", "0026"},
		{"its default, named", "umask 0177", "0177", "0177"},
		{"none", "", "0177", ownUmask(t)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			l.a.keepalived(l.a.umaskConf(c.global))
			l.b.xvrrp(l.b.umaskConf(c.global))
			for _, file := range []string{"check", "notify"} {
				l.a.masked(file, c.keepalived)
				l.b.masked(file, c.xvrrp)
			}
		})
	}
	t.Run("reload", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.b.xvrrp(l.b.umaskConf(""))
		l.b.masked("check", ownUmask(t))
		for _, c := range []struct{ global, want string }{{"umask 0027", "0027"}, {"umask 0177", "0177"}, {"", ownUmask(t)}} {
			l.b.write("keepalived.conf", l.b.umaskConf(c.global))
			l.b.tells(0, words("reload"))
			l.b.masked("check", c.want)
		}
	})
}

// ownUmask is the umask of this process, and of the daemons that it starts.
func ownUmask(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if mask, ok := strings.CutPrefix(line, "Umask:"); ok {
			return strings.TrimSpace(mask)
		}
	}
	t.Fatal("the kernel tells no umask")
	return ""
}

// vrrp_startup_delay, in keepalived's words on both: the delay is told, nothing
// takes part before it is over, which is longer than a down interval, and the
// start-up script comes first.
func TestStartUpDelayIsTold(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	var logs []*testnet.Process
	for i, n := range l.nodes {
		first := n.write("first", "#!/bin/sh\necho ran > "+n.dir+"/first.ran\n")
		n.Run("chmod", "755", first)
		conf := "global_defs {\n script_user root\n startup_script " + first + "\n vrrp_startup_delay 3.5\n}\n" +
			strings.NewReplacer("advert_int 0.01", "advert_int 0.5", "virtual_router_id 99", fmt.Sprint("virtual_router_id ", i+1), fastVIP, fmt.Sprintf("10.9.1.%d", i+1)).Replace(fast("VI_1", 100))
		logs = append(logs, []func(string) *testnet.Process{n.keepalived, n.xvrrp}[i](conf))
	}
	for i, n := range l.nodes {
		says(t, logs[i], "Delaying startup for 3.5 seconds", patience)
		says(t, logs[i], "(VI_1) Entering MASTER STATE", patience)
		out := logs[i].Output()
		began, master := strings.Index(out, "Delaying startup for 3.5 seconds"), strings.Index(out, "(VI_1) Entering MASTER STATE")
		if began > master {
			t.Errorf("%s (a: keepalived, b: xvrrp) is master before the delay begins:\n%s", n.Name, out)
		}
		if _, err := os.Stat(n.dir + "/first.ran"); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
	// Ours to the letter: the script, the delay, its end, the election.
	out, at := logs[1].Output(), 0
	for _, phrase := range []string{"startup_script runs", "Delaying startup", "Delayed start completed", "(VI_1) Entering MASTER STATE"} {
		found := strings.Index(out[at:], phrase)
		if found < 0 {
			t.Fatalf("%q is not told in its place:\n%s", phrase, out)
		}
		at += found
	}
}
