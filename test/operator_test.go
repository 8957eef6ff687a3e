package test

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// ask runs a command of xvrrp on the node and returns what it printed and its
// exit code.
func (n *node) ask(args ...string) (string, int) {
	n.t.Helper()
	// The lab's own Start: a test that asks often shall not log every answer.
	p, err := n.Host.Host.Start(binary, append([]string{"--runtime-dir", n.runtimeDir()}, args...)...)
	if err != nil {
		n.t.Fatal(err)
	}
	err = p.Wait(20 * time.Second)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return p.Output(), 0
	case errors.As(err, &exit):
		return p.Output(), exit.ExitCode()
	}
	n.t.Fatalf("xvrrp %s: %v\n%s", strings.Join(args, " "), err, p.Output())
	return "", 0
}

// tells checks that a command ends with a code and says every phrase, in this
// order, whatever the line breaks; it returns the output.
func (n *node) tells(code int, args []string, phrases ...string) string {
	n.t.Helper()
	out, got := n.ask(args...)
	if got != code {
		n.t.Errorf("xvrrp %v on %s: exit %d, want %d:\n%s", args, n.Name, got, code, out)
	}
	rest := strings.Join(strings.Fields(out), " ")
	for _, p := range phrases {
		_, after, found := strings.Cut(rest, p)
		if !found {
			n.t.Errorf("xvrrp %v on %s does not say %q (in this order):\n%s", args, n.Name, p, out)
			return out
		}
		rest = after
	}
	for _, line := range strings.Split(out, "\n") {
		// Errors and findings are one line each, for grep.
		grepped := args[0] == "reload" || slices.Contains(args, "--json") || strings.HasPrefix(line, "xvrrp: ")
		if len([]rune(line)) > 100 && !grepped {
			n.t.Errorf("xvrrp %v: a line of %d columns: %q", args, len([]rune(line)), line)
		}
	}
	if strings.Contains(out, "\x1b") {
		n.t.Errorf("xvrrp %v: escape sequences in a pipe", args)
	}
	return out
}

func words(s string) []string { return strings.Fields(s) }

// Without a daemon and without an instance the exit codes are 3 and 4.
func TestOperatorExitCodes(t *testing.T) {
	t.Parallel()
	l := newLAN(t, "10.31.0.%d/24")
	for _, args := range []string{"status", "explain VI_1", "events", "config", "reload", "drill VI_1", "advise"} {
		l.a.tells(3, words(args), "no daemon answers")
	}
	l.a.xvrrp(case1("MASTER", "90"))
	l.a.tells(4, words("explain VI_9"), `"VI_9"`, "no such instance", "VI_1")
	l.a.tells(2, words("explain"), "needs the name of an instance")
	l.a.tells(2, words("status now"), "takes no argument")
}

// F2: the backup says why it took over, with the last advert and its age by
// the kernel's clock; before that, who is master.
func TestOperatorExplainsTakeover(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	for _, n := range l.nodes {
		n.Firewall(lab.DistributionDefault)
	}
	a := l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	says(t, l.b.xvrrp(case1("BACKUP", "80")), "master set to "+l.a.ip, patience)
	l.a.tells(0, words("status"), "VI_1", "MASTER", "90", "this node", "eth0/51", "holds "+case1VIP+"/32", "keepalived.conf")
	l.b.tells(0, words("status"), "VI_1", "BACKUP", "80", l.a.ip, "ago", "eth0/51", "vips "+case1VIP+"/32")
	l.b.tells(0, words("explain VI_1"), "VI_1: BACKUP since", "The master is "+l.a.ip+" ("+l.a.Link("eth0").Attrs().HardwareAddr.String()+", priority 90); its last advert is", "old by the kernel's clock")

	a.Kill()
	l.owned(case1VIP, "a b", patience)
	l.b.tells(0, words("explain VI_1"), "VI_1: MASTER since", "no advert within the down interval",
		"Last advert from "+l.a.ip+" ("+l.a.Link("eth0").Attrs().HardwareAddr.String()+", priority 90) was", "old at the deadline (limit",
		"Since then the kernel refused nothing of protocol 112 on eth0: no advert reached this host.", "silence", "xvrrp who "+case1VIP,
		"note: this host's firewall stops protocol 112: table inet xvrrp-lab, chain input0 (hook input), rule 7: reject [firewall]", "irrelevant here")
	l.b.tells(0, words("events"), "VI_1", "BACKUP -> MASTER", l.a.ip+" silent for")
	l.b.tells(0, words("events --json --instance VI_1 --last 3"), `"to":"MASTER"`, `"last_advert_age"`)
	l.b.tells(0, words("explain VI_1 --json"), `"state": "MASTER"`, `"findings"`, `"code": "silence"`)
}

// F8: which node has the address, asked from the client, from the backup, and
// with two owners.
func TestOperatorWho(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.c.tells(5, []string{"who", case1VIP, "-i", "eth0"}, "nobody on eth0 answers for "+case1VIP)
	l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	mac := l.a.Link("eth0").Attrs().HardwareAddr.String()
	l.c.tells(0, []string{"who", case1VIP, "-i", "eth0"}, "one MAC on eth0 answers for "+case1VIP, mac)
	l.b.tells(0, []string{"who", case1VIP, "--json"}, `"mac": "`+mac)
	l.b.AddAddress("eth0", case1VIP+"/32")
	l.c.tells(6, []string{"who", "-i", "eth0", case1VIP}, "2 MACs", "SPLIT BRAIN", "FIRST ANSWER")
	l.a.tells(6, []string{"who", case1VIP, "-i", "eth0"}, "SPLIT BRAIN", "this host")
	l.c.tells(2, words("who nonsense -i eth0"), "not an IP address")
	l.c.tells(2, words("who 10.0.0.1 -i none0"), "none0")
}

// F13: a rehearsal is refused while nobody is known who would take over; else
// the other node takes over, the times are told, and the first is master again.
func TestOperatorDrill(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.b.xvrrp(case1("BACKUP", "80"))
	l.owned(case1VIP, "b", patience)
	l.b.tells(1, words("drill VI_1"), "no other node")
	says(t, l.a.xvrrp(case1("MASTER", "90")), "Entering MASTER STATE", patience)
	l.owned(case1VIP, "a", patience)
	l.b.tells(1, words("drill VI_1"), "VI_1 is BACKUP here: drill the master, which is "+l.a.ip)
	l.a.tells(0, words("drill VI_1"), "drill of VI_1: OK", "released "+case1VIP, "with a goodbye (priority 0)", l.b.ip+" was master after",
		"its priority 80 wait 687.5 ms", "the LAN was told of the new owner after", l.b.Link("eth0").Attrs().HardwareAddr.String()+" answered",
		"this node was master again after")
	l.owned(case1VIP, "a", time.Second)
	l.a.tells(0, words("advise VI_1"), "VI_1: no advice: only")
}

// The same for a node that nobody backs up: forced, it says so, and is master
// again at once.
func TestOperatorDrillAlone(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	l.a.tells(1, words("drill --force VI_1"), "drill of VI_1: FAILED: nobody took over", "this node was master again after")
	l.owned(case1VIP, "a", time.Second)
}

// An operator keeps a node away, and explain says so.
func TestOperatorDrain(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	l.a.tells(1, words("release --drain VI_1"), "nobody may take over")
	l.a.tells(0, words("release VI_1 --drain --force"), "stays away until resumed")
	l.owned(case1VIP, "", patience)
	l.a.tells(0, words("explain VI_1"), "VI_1: FAULT since", "problem: an operator drained it [drained]", "xvrrp release --resume")
	l.a.tells(0, words("release --resume VI_1"), "takes part again")
	l.owned(case1VIP, "a", patience)

	// The word that people look for, options in front and behind.
	l.a.tells(1, words("drain VI_1"), "nobody may take over")
	l.a.tells(0, words("drain --force VI_1"), "stays away until resumed")
	l.owned(case1VIP, "", patience)
	l.a.tells(0, words("drain VI_1 --resume"), "takes part again")
	l.owned(case1VIP, "a", patience)
}

// Reload and config ask the daemon; a bad file changes nothing and is exit 1.
func TestOperatorReload(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(case1("MASTER", "90"))
	l.a.tells(0, words("config"), "vrrp_instance VI_1", "priority 90")
	l.a.tells(0, words("reload"), "no changes")
	l.a.write("keepalived.conf", case1("MASTER", "95"))
	l.a.tells(0, words("reload --dry-run"), "dry run: nothing has changed")
	l.a.tells(0, words("status"), "VI_1", " 90 ")
	l.a.tells(0, words("reload"), "reloaded")
	l.a.tells(0, words("status"), "VI_1", " 95 ")
	l.a.write("keepalived.conf", case1("MASTER", "300"))
	l.a.tells(1, words("reload"), "keepalived.conf:10:14: error", "300", "not reloaded, nothing has changed")
	l.a.tells(0, words("status"), "The last reload", "failed and changed nothing", "VI_1", " 95 ")
	l.a.tells(0, words("explain VI_1"), "reload_failed")
}

// Whatever names and addresses there are, what is meant for people fits into
// 100 columns; tells measures. Findings that name file, line and column are one
// line each, for grep, and config prints a file.
func TestOperatorOutputFits(t *testing.T) {
	t.Parallel()
	l := newLAN(t, "10.35.0.%d/24")
	name := "VI_" + strings.Repeat("a_long_name_", 7)
	check := "chk_" + strings.Repeat("something_", 6)
	var addresses []string
	for n := range 40 {
		addresses = append(addresses, fmt.Sprintf("2001:db8:aaaa:bbbb:cccc:dddd:eeee:%x/64", 0x1000+n))
	}
	text := "vrrp_script " + check + " {\n script \"/bin/sh -c 'echo " + strings.Repeat("word ", 40) + "; exit 1'\"\n interval 1\n weight -10\n}\n" +
		"vrrp_instance " + name + " {\n interface eth0\n virtual_router_id 255\n priority 100\n advert_int 0.5\n track_script {\n " + check + "\n }\n virtual_ipaddress {\n fe80::1234:5678:9abc:def0/64\n " +
		strings.Join(addresses, "\n ") + "\n }\n}\n"
	a := l.a.xvrrp(text)
	says(t, a, "Entering MASTER STATE", patience)
	says(t, a, "failed", patience)
	for _, args := range [][]string{
		{"status"}, {"status", "--ask-peers"}, {"explain", name}, {"events"}, {"advise"}, {"reload", "--dry-run"}, {"priority", name, "90", "--for", "1h"}, {"status"},
		{"explain", name}, {"priority", name, "reset"}, {"watch", "-i", "eth0", "--for", "2s"}, {"release", name, "--force"}, {"explain", name}, {"release", name, "--resume"},
	} {
		if out := l.a.tells(0, args); len(out) < 5 {
			t.Errorf("%v says %q", args, out)
		}
	}
	testnet.Eventually(t, patience, func() error {
		if out, _ := l.a.ask("status"); !strings.Contains(out, "holds") {
			return errors.New("it is not master again")
		}
		return nil
	})
	l.a.tells(1, []string{"release", name, "--drain"}, "no other node")
	for _, args := range [][]string{{"who", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1000", "-i", "eth0"}, {"doctor", "-f", l.a.dir + "/keepalived.conf", "--listen", "1s"}} {
		out, _ := l.a.ask(args...)
		for line := range strings.Lines(out) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
				t.Errorf("%v: a line of %d columns: %q", args, n, line)
			}
		}
	}
	l.a.tells(1, []string{"drill", "--force", name}, "FAILED: nobody took over")
}
