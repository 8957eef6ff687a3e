package test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// story is what was told to one node's scripts and FIFO.
type story struct {
	*node
	p *testnet.Process
}

// storyConf is a lone instance and a sync group of two, which run a script for
// everything, with a FIFO besides.
func (n *node) storyConf(global string) string {
	script := n.write("told", "#!/bin/sh\necho \"$@\" >> "+n.dir+"/args\n")
	n.Run("chmod", "755", script)
	n.Run("mkfifo", n.dir+"/fifo")
	n.Start("sh", "-c", fmt.Sprintf("exec cat %[1]s/fifo >> %[1]s/lines", n.dir))
	notify := func(name string) string {
		var b strings.Builder
		for _, event := range []string{"master", "backup", "fault", "stop"} {
			fmt.Fprintf(&b, " notify_%s \"%s %s of %s\"\n", event, script, event, name)
		}
		return b.String() + fmt.Sprintf(" notify \"%s any\"\n", script)
	}
	instance := func(name string, vrid int, track, more string) string {
		return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority 100\n advert_int 0.2\n"+
			" virtual_ipaddress {\n 10.9.1.%d/32\n }\n track_script {\n %s\n }\n%s%s}\n", name, vrid, vrid, track, notify(name), more)
	}
	return "global_defs {\n script_user root\n vrrp_notify_fifo " + n.dir + "/fifo\n" + global + "}\n" +
		"vrrp_script must {\n script \"/usr/bin/test -e " + n.dir + "/must\"\n interval 1\n}\n" +
		"vrrp_script good {\n script \"/usr/bin/test -e " + n.dir + "/good\"\n interval 1\n weight 30\n}\n" +
		"vrrp_sync_group G {\n group {\n ONE\n TWO\n }\n" + notify("G") + "}\n" +
		instance("ONE", 1, "must", "") + instance("TWO", 2, "", "") + instance("LONE", 3, "good", " notify_priority_changes\n")
}

// told are the lines of a file that speak of a name, in order.
func (n *node) told(file, name string) []string {
	text, err := os.ReadFile(n.dir + "/" + file)
	if err != nil && !os.IsNotExist(err) {
		n.t.Fatal(err)
	}
	var list []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if slices.Contains(strings.Fields(strings.ReplaceAll(line, "\"", "")), name) {
			list = append(list, line)
		}
	}
	return list
}

// One story, keepalived and xvrrp: the scripts get the same arguments and the
// FIFO the same lines, of each instance and group in the same order.
func TestNotificationsAsKeepalived(t *testing.T) {
	t.Parallel()
	l := &lan{Net: testnet.New(t), t: t}
	var stories []story
	for _, name := range []string{"k", "x"} { // each alone on its switch
		l.sw = l.Switch(name)
		n := l.node(name, peersNetwork, 1)
		n.write("must", "")
		stories = append(stories, story{node: n})
	}
	stories[0].p = stories[0].keepalived(stories[0].storyConf(""))
	stories[1].p = stories[1].xvrrp(stories[1].storyConf(""))
	names := []string{"ONE", "TWO", "LONE", "G"}
	reached := func(name, state string) {
		t.Helper()
		for _, s := range stories {
			testnet.Eventually(t, patience, func() error {
				if list := s.told("lines", name); len(list) == 0 || !strings.Contains(list[len(list)-1], state) {
					return fmt.Errorf("%s: %s is not told to be %s: %q", s.Name, name, state, list)
				}
				return nil
			})
		}
	}
	each := func(do func(s story)) {
		for _, s := range stories {
			do(s)
		}
	}
	for _, n := range names {
		reached(n, "MASTER")
	}
	each(func(s story) { s.write("good", "") })
	reached("LONE", "MASTER_PRIORITY 130")
	each(func(s story) { s.Run("rm", s.dir+"/must") })
	for _, n := range names[:2] {
		reached(n, "FAULT")
	}
	reached("G", "FAULT")
	each(func(s story) { s.Run("rm", s.dir+"/good") })
	reached("LONE", "MASTER_PRIORITY 100")
	each(func(s story) { s.write("must", "") })
	for _, n := range []string{"ONE", "TWO", "G"} {
		reached(n, "MASTER")
	}
	each(func(s story) { s.p.Signal(syscall.SIGTERM) })
	for _, n := range names {
		reached(n, "STOP")
	}
	for _, s := range stories {
		select {
		case <-s.p.Done():
		case <-time.After(patience):
			t.Fatalf("%s does not stop", s.Name)
		}
	}
	for _, file := range []string{"lines", "args"} {
		for _, name := range names {
			var got [2][]string
			for i, s := range stories {
				got[i] = s.told(file, name)
				if file == "args" {
					slices.Sort(got[i]) // keepalived's scripts overlap
					// Debian's keepalived tells priorities to the FIFO only; later ones, and we,
					// tell scripts as well.
					got[i] = slices.DeleteFunc(got[i], func(line string) bool { return strings.Contains(line, "_PRIORITY ") })
				}
			}
			if !slices.Equal(got[0], got[1]) {
				t.Errorf("%s of %s:\nkeepalived %q\nxvrrp      %q", file, name, got[0], got[1])
			}
		}
	}
}

// The FIFO tells every state again after a reload where that is asked for, and
// its reader sees no end of file.
func TestFIFOAfterReload(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	n := l.a
	n.write("must", "")
	n.write("good", "")
	conf := n.storyConf(" fifo_write_vrrp_states_on_reload\n")
	n.xvrrp(conf)
	l.owned("10.9.1.1", "a", patience)
	l.owned("10.9.1.3", "a", patience)
	testnet.Eventually(t, patience, func() error {
		if list := n.told("lines", "G"); len(list) != 2 {
			return fmt.Errorf("G: %q", list)
		}
		return nil
	})
	const before = 4 // of BACKUP and of MASTER, the specific script and the general one
	testnet.Eventually(t, patience, func() error {
		if got := len(n.told("args", "ONE")); got != before {
			return fmt.Errorf("%d script runs", got)
		}
		return nil
	})
	n.tells(0, words("reload"), "no changes")
	for name, want := range map[string]string{"ONE": `INSTANCE "ONE" MASTER 100`, "LONE": `INSTANCE "LONE" MASTER 130`, "G": `GROUP "G" MASTER 0`} {
		testnet.Eventually(t, patience, func() error {
			list := n.told("lines", name)
			count := 0
			for _, line := range list {
				if line == want {
					count++
				}
			}
			if count < 2 {
				return fmt.Errorf("%s: %q", name, list)
			}
			return nil
		})
	}
	if after := len(n.told("args", "ONE")); after != before {
		t.Errorf("%d script runs more", after-before)
	}
}

// Scripts that hang and a FIFO that nobody reads delay no takeover, no advert
// and no stop. The script of the next event waits until the first one is over.
func TestHangingNotificationsDelayNothing(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	conf := func(n *node, priority string) string {
		script := n.write("hang", "#!/bin/sh\necho \"$3\" >> "+n.dir+"/began\nexec sleep 1000\n")
		n.Run("chmod", "755", script)
		return "global_defs {\n script_user root\n vrrp_notify_fifo " + n.dir + "/fifo\n}\n" +
			strings.NewReplacer("advert_int 0.01", "advert_int 0.1", "priority 100", "priority "+priority).Replace(fast("VI_1", 100, "notify "+script))
	}
	began := func(n *node, want string) {
		t.Helper()
		testnet.Eventually(t, patience, func() error {
			if text, err := os.ReadFile(n.dir + "/began"); err != nil || string(text) != want {
				return fmt.Errorf("%s began %q, %v, want %q", n.Name, text, err, want)
			}
			return nil
		})
	}
	a := l.a.xvrrp(conf(l.a, "100"))
	l.owned(fastVIP, "a", patience)
	b := l.b.xvrrp(conf(l.b, "90"))
	began(l.b, "BACKUP\n")
	wire := l.c.Capture("eth0")
	a.Kill()
	l.answers(fastVIP, l.b, patience)
	testnet.Eventually(t, patience, func() error {
		if n := len(advertsOf(wire, l.b, fastVRID)); n < 20 {
			return fmt.Errorf("b has advertised %d times", n)
		}
		return nil
	})
	l.a.again(a)
	l.owned(fastVIP, "a", patience)
	l.answers(fastVIP, l.a, patience)
	began(l.b, "BACKUP\n") // MASTER and BACKUP wait for it
	b.Signal(syscall.SIGTERM)
	select {
	case <-b.Done():
	case <-time.After(patience):
		t.Fatal("b does not stop")
	}
	says(t, b, "notifications not finished", 0)
	if n := strings.Count(b.Output(), "a notification was lost"); n != 3 { // MASTER, BACKUP and STOP
		t.Errorf("%d notifications are told to be lost, want 3", n)
	}
}
