package test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

const (
	fastVRID = 99
	fastVIP  = "10.9.0.99"
)

// unhurried makes an instance at advert_int 0.01 wait for thirty adverts. It is
// for tests that judge what a change does, not how long this machine lets a
// process wait.
const unhurried = "down_timer_adverts 30"

// fast is an instance at a hundred adverts a second, with further lines.
func fast(name string, priority int, lines ...string) string {
	return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority %d\n advert_int 0.01\n garp_master_delay 0\n"+
		" virtual_ipaddress {\n  %s/32\n }\n %s\n}\n", name, fastVRID, priority, fastVIP, strings.Join(lines, "\n "))
}

// advertsOf are the frames of a virtual router that a capture received from a
// host, in order.
func advertsOf(c *lab.Capture, from *node, vrid byte) []lab.Frame {
	mac := from.Link("eth0").Attrs().HardwareAddr
	return c.Matching(func(f lab.Frame) bool {
		return len(f.Data) > 35 && !f.Out && string(f.Data[6:12]) == string(mac) && f.Data[12] == 8 && f.Data[23] == 112 && f.Data[35] == vrid
	})
}

// watched is a pair at advert_int 0.01 in which a is master, and what the
// client hears.
type watched struct {
	*lan
	a, b *testnet.Process
	wire *lab.Capture
	also string // what a's file has beside the fast instance
}

func newWatched(t *testing.T, also string) *watched {
	t.Helper()
	w := &watched{lan: newLAN(t, peersNetwork), also: also}
	w.a = w.lan.a.xvrrp(fast("VI_1", 200) + also)
	w.owned(fastVIP, "a", patience)
	w.b = w.lan.b.xvrrp(fast("VI_1", 100, unhurried))
	says(t, w.b, "master set to "+w.lan.a.ip, patience)
	w.wire = w.c.Capture("eth0")
	return w
}

// undisturbed: the master said no goodbye and its peer never took over; its
// address was never announced anew.
func (w *watched) undisturbed(announcements int) {
	w.t.Helper()
	sent := advertsOf(w.wire, w.lan.a, fastVRID)
	if len(sent) == 0 {
		w.t.Error("a advertises nothing")
	}
	for _, f := range sent {
		if priorityOf(f.Data) == 0 {
			w.t.Error("a said goodbye")
		}
	}
	if n := len(advertsOf(w.wire, w.lan.b, fastVRID)); n != 0 {
		w.t.Errorf("b advertised %d times", n)
	}
	if n := strings.Count(w.b.Output(), "Entering MASTER STATE"); n != 0 {
		w.t.Errorf("b took over %d times", n)
	}
	arps := w.wire.Matching(func(f lab.Frame) bool { // a question for the address, as a master puts one now and then, is none
		vip := string([]byte{10, 9, 0, 99})
		return f.Data[12] == 8 && f.Data[13] == 6 && string(f.Data[28:32]) == vip && string(f.Data[38:42]) == vip
	})
	if len(arps) != announcements {
		w.t.Errorf("%d announcements of %s, want %d", len(arps), fastVIP, announcements)
	}
	w.owned(fastVIP, "a", 0)
}

// reload gives a another file and asks it to read that; it returns the answer.
func (w *watched) reload(code int, conf string, phrases ...string) string {
	w.t.Helper()
	w.lan.a.write("keepalived.conf", conf)
	return w.lan.a.tells(code, words("reload"), phrases...)
}

// What is not in the plan is not touched: a master at 0.01 goes on through
// every sort of change, its own included.
func TestReloadDisturbsNothing(t *testing.T) {
	t.Parallel()
	other := func(name string, vrid int, lines ...string) string {
		return fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n version 3\n priority 50\n advert_int 0.1\n %s\n}\n",
			name, vrid, strings.Join(lines, "\n "))
	}
	vip := func(list ...string) string { return "virtual_ipaddress {\n" + strings.Join(list, "\n") + "\n}" }
	w := newWatched(t, other("VI_2", 2, vip("10.9.0.20")))
	w.owned("10.9.0.20", "a", patience)
	base := fast("VI_1", 200)

	w.reload(0, base+w.also, "no changes")
	w.reload(0, "# a comment more\n\n"+base+w.also, "no changes")
	w.reload(0, base, "remove VI_2")
	w.owned("10.9.0.20", "", 0)
	w.reload(0, base+other("VI_2", 2, vip("10.9.0.20")), "add VI_2")
	w.owned("10.9.0.20", "a", patience)
	w.reload(0, base+other("VI_2", 2, vip("10.9.0.20", "10.9.0.21")), "change VI_2, which keeps its state")
	w.owned("10.9.0.21", "a", 0)
	w.reload(0, base+other("VI_2", 2, vip("10.9.0.21")), "change VI_2")
	w.owned("10.9.0.20", "", 0)
	w.reload(0, base+other("VI_3", 3, vip("10.9.0.21")), "remove VI_2", "add VI_3")
	w.owned("10.9.0.21", "a", patience)
	script := "vrrp_script yes {\n script /bin/true\n interval 1\n weight 5\n}\nvrrp_script no {\n script /bin/false\n interval 1\n}\n"
	w.reload(0, script+fast("VI_1", 200, "track_script {\n yes\n }")+other("VI_3", 3, vip("10.9.0.21")), "change VI_1, which keeps its state")
	says(t, w.a, "Changing effective priority from 200 to 205", patience)
	w.reload(0, script+fast("VI_1", 200, "notify /bin/true")+other("VI_3", 3, vip("10.9.0.21"), "track_script {\n no\n }"), "change VI_1", "change VI_3")
	w.owned("10.9.0.21", "", patience) // the check that failed
	w.reload(0, fast("VI_1", 180)+other("VI_3", 3, vip("10.9.0.21")), "change VI_1")
	w.owned("10.9.0.21", "a", patience)
	w.reload(0, fast("renamed", 180)+other("VI_1", 3, vip("10.9.0.21")), "rename VI_1 to renamed, which keeps its state", "rename VI_3 to VI_1")
	group := "vrrp_sync_group G {\n group {\n renamed\n VI_1\n }\n}\n"
	w.reload(0, group+fast("renamed", 180)+other("VI_1", 3, vip("10.9.0.21")), "add sync group G of renamed, VI_1")
	w.lan.a.tells(0, words("status"), "renamed", "MASTER", "180", "VI_1", "MASTER", "50")
	w.reload(0, fast("renamed", 180)+other("VI_1", 3, vip("10.9.0.21")), "remove sync group G")
	w.reload(0, fast("renamed", 180), "remove VI_1")
	w.undisturbed(0)
	// And its own list: the new address is announced, the old one stays.
	w.reload(0, strings.Replace(fast("VI_1", 180), fastVIP+"/32", fastVIP+"/32\n  10.9.0.98/32", 1), "rename renamed to VI_1")
	w.owned("10.9.0.98", "a", 0)
	w.reload(0, fast("VI_1", 180), "change VI_1")
	w.owned("10.9.0.98", "", 0)
	w.owned(fastVIP, "a", 0)
	if n := len(advertsOf(w.wire, w.lan.b, fastVRID)); n != 0 {
		t.Errorf("b advertised %d times", n)
	}
}

// A file with errors, one whose notifications cannot work, a dry run: nothing
// changes, and the daemon says so.
func TestReloadRefused(t *testing.T) {
	t.Parallel()
	w := newWatched(t, "")
	cases := []struct{ name, conf, says string }{
		{"a number", fast("VI_1", 300), "keepalived.conf:5:11: error"},
		{"no file at all", "", "error"},
		{"a script that is not there", "vrrp_script s {\n script /no/such\n}\n" + fast("VI_1", 200, "track_script {\n s\n }"), "/no/such"},
		{"a FIFO where none can be", "global_defs {\n vrrp_notify_fifo /no/such/dir/fifo\n}\n" + fast("VI_1", 150), "/no/such/dir/fifo"},
		{"a table that has no number", "static_routes {\n 10.1.0.0/16 dev eth0 table nosuch\n}\n" + fast("VI_1", 150), "nosuch"},
		{"a notification that is not there", fast("VI_1", 150, "notify /no/such"), "/no/such"},
	}
	for _, c := range cases {
		if out := w.reload(1, c.conf, "not reloaded, nothing has changed"); !strings.Contains(out, c.says) {
			t.Errorf("%s: no %q in %s", c.name, c.says, out)
		}
		w.lan.a.tells(0, words("status"), "VI_1", "MASTER", "200")
	}
	if out := w.a.Output(); !strings.Contains(out, "level=ERROR msg=\""+w.lan.a.dir+"/keepalived.conf:5:11: error: ") {
		t.Errorf("what is wrong is not in the log, each in its line:\n%s", out)
	}
	w.lan.a.tells(0, words("events"), "configuration not reloaded: "+w.lan.a.dir+"/keepalived.conf:5:11: error")
	// SIGHUP does the same as the command, and the daemon lives.
	if err := os.WriteFile(w.lan.a.dir+"/keepalived.conf", []byte("vrrp_instance {"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := strings.Count(w.a.Output(), "New config failed validation")
	w.a.Signal(syscall.SIGHUP)
	testnet.Eventually(t, patience, func() error {
		if strings.Count(w.a.Output(), "New config failed validation") != before+1 {
			return fmt.Errorf("SIGHUP is not refused")
		}
		return nil
	})
	w.lan.a.write("keepalived.conf", fast("VI_1", 201))
	w.lan.a.tells(0, words("reload --dry-run"), "change VI_1", "dry run: nothing has changed")
	w.lan.a.tells(0, words("status"), "The last reload", "failed and changed nothing", "VI_1", "MASTER", "200")
	w.lan.a.write("keepalived.conf", fast("VI_1", 201, "smtp_alert"))
	w.a.Signal(syscall.SIGHUP)
	says(t, w.a, "Changing effective priority from 200 to 201", patience)
	says(t, w.a, "smtp_alert has no effect yet", patience) // a warning of a file that is taken is worth a line, too
	w.undisturbed(0)
}

// A router that joins the sync group of a master takes the whole group through
// BACKUP, with keepalived and with us: the group is master only as a whole.
func TestReloadJoinsGroup(t *testing.T) {
	t.Parallel()
	conf := func(members ...string) string {
		text := "vrrp_sync_group G {\n group {\n " + strings.Join(members, "\n ") + "\n }\n}\n"
		for i, name := range members {
			text += fmt.Sprintf("vrrp_instance %s {\n interface eth0\n virtual_router_id %d\n priority 100\n advert_int 1\n virtual_ipaddress {\n 10.9.1.%d/32\n }\n}\n", name, i+1, i+1)
		}
		return text
	}
	for name, start := range map[string]func(*node, string) *testnet.Process{"xvrrp": (*node).xvrrp, "keepalived": (*node).keepalived} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			p := start(l.a, conf("A"))
			l.owned("10.9.1.1", "a", patience)
			says(t, p, "Entering MASTER STATE", patience)
			before := strings.Count(p.Output(), "(A) Entering BACKUP STATE")
			l.a.write("keepalived.conf", conf("A", "B"))
			p.Signal(syscall.SIGHUP)
			says(t, p, "(B) Entering BACKUP STATE (init)", patience)
			l.owned("10.9.1.1", "", patience)
			l.owned("10.9.1.1", "a", patience)
			l.owned("10.9.1.2", "a", patience)
			if n := strings.Count(p.Output(), "(A) Entering BACKUP STATE"); n != before+1 {
				t.Errorf("A went through BACKUP %d times", n-before)
			}
		})
	}
}
