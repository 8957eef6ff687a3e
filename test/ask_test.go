package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// F5, case 2.3: from the owner everything looks fine. The other node asks on
// its side, whatever the way of the adverts and their authentication.
func TestOperatorAsksFromOutside(t *testing.T) {
	const hmac = "auth_hmac {\nkey 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nactive_key 1\n}"
	unicast := func(own, peer *node) string {
		return fmt.Sprintf("unicast_src_ip %s\n unicast_peer {\n %s\n }", own.ip, peer.ip)
	}
	same := func(text string) func(own, peer *node) string { return func(_, _ *node) string { return text } }
	for _, c := range []struct {
		name, mode string
		lines      func(own, peer *node) string
	}{
		{"multicast", "auto", same("")},
		{"pass", "tc", same("authentication {\nauth_type PASS\nauth_pass s3cret\n}")},
		{"hmac", "socket", same("version 3\n" + hmac)},
		{"unicast", "xdp", unicast},
		{"unicast and ah", "auto", func(own, peer *node) string {
			return unicast(own, peer) + "\nauthentication {\nauth_type AH\nauth_pass s3cret\n}"
		}},
		{"virtual MAC", "auto", same("use_vmac\nvmac_xmit_base")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, case1Network)
			own := "xvrrp {\n  dataplane " + c.mode + "\n}\n"
			l.a.xvrrp(own + vrrp(51, 100, c.lines(l.a, l.b)))
			l.owned(case1VIP, "a", patience)
			says(t, l.b.xvrrp(own+vrrp(51, 90, c.lines(l.b, l.a))), "master set to "+l.a.ip, patience)
			mac := l.a.Link("eth0").Attrs().HardwareAddr.String()
			if c.name == "virtual MAC" {
				mac = "00:00:5e:00:01:33"
			}
			out := l.a.tells(0, words("status --ask-peers"), "Seen from the other nodes", "VI_1, "+case1VIP+": "+l.b.ip+" (BACKUP, priority 90) is answered by "+mac+" after")
			if strings.Contains(out, "problem") {
				t.Errorf("nothing is wrong:\n%s", out)
			}
			l.b.tells(0, words("status --ask-peers"), l.a.ip+" (MASTER, priority 100) is answered by itself, ")
			l.a.tells(0, words("status --ask-peers --json"), `"asked": [`, `"helpers": [`, `"state": "BACKUP"`, `"mac": "`+mac)

			// A network that does not carry the moved address.
			l.sw.Drop(l.a.port, l.b.port, lab.ARP)
			l.a.tells(0, words("status --ask-peers"), l.b.ip+" (BACKUP, priority 90) got no answer for the address",
				"problem: "+case1VIP+" is here, and does not answer for "+l.b.ip, "[vip_unreachable]", "why:", "allowed address pairs")
			l.a.tells(1, []string{"doctor", "-f", l.a.dir + "/keepalived.conf", "--listen", "1s"}, "[vip_unreachable]")
			l.sw.Forward()
			// Somebody else answers there.
			l.c.AddAddress("eth0", case1VIP+"/32")
			l.a.tells(0, words("status --ask-peers"), "problem: 2 MACs answer "+l.b.ip+" for "+case1VIP, "[vip_two_macs]")
			// The question disturbs nothing and is no advert.
			l.owned(case1VIP, "a", time.Second)
			if out, _ := l.b.ask("explain", "VI_1"); strings.Contains(out, "[type]") {
				t.Errorf("the question is taken for a bad advert:\n%s", out)
			}
		})
	}
}

// A node with another key gets no answer, and a forged or repeated question
// makes a node ask on its LAN once a second at most: nobody can use it against
// others.
func TestOperatorAskingIsNoWeapon(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(vrrp(51, 100, "authentication {\nauth_type PASS\nauth_pass one\n}"))
	l.owned(case1VIP, "a", patience)
	b := l.b.xvrrp(vrrp(51, 90, "authentication {\nauth_type PASS\nauth_pass one\n}"))
	says(t, b, "master set to "+l.a.ip, patience)

	wire := l.c.Capture("eth0")
	questions := func() []lab.Frame {
		return wire.Matching(func(f lab.Frame) bool {
			return len(f.Data) > 37 && f.Data[12] == 8 && f.Data[23] == 112 && f.Data[34] == 0x3e && f.Data[36] == 1
		})
	}
	answers := func() int {
		return len(wire.Matching(func(f lab.Frame) bool {
			return len(f.Data) > 37 && f.Data[12] == 8 && f.Data[23] == 112 && f.Data[34] == 0x3e && f.Data[36] == 2
		}))
	}
	l.a.tells(0, words("status --ask-peers"), l.b.ip+" (BACKUP")
	q := questions()
	if len(q) == 0 || answers() == 0 {
		t.Fatal("no question or no answer was seen on the wire")
	}
	for _, f := range append(q, wire.Matching(func(f lab.Frame) bool { return len(f.Data) > 37 && f.Data[23] == 112 })...) {
		if strings.Contains(string(f.Data[34:]), "one") && f.Data[34] == 0x3e {
			t.Error("the password is in a question")
		}
	}
	// The recorded question again and again, for two seconds.
	before, end := answers(), time.Now().Add(2*time.Second)
	sent := 0
	for time.Now().Before(end) {
		l.c.inject("eth0", q[0].Data)
		sent++
	}
	testnet.Eventually(t, patience, func() error {
		if answers() == before {
			return fmt.Errorf("no answer at all: the test says nothing")
		}
		return nil
	})
	if n := answers() - before; n > 4 || sent < 50 {
		t.Errorf("%d answers to %d repeated questions in 2 s", n, sent)
	}
	// The other way round: with another password nobody is answered.
	l.b.write("keepalived.conf", vrrp(51, 90, "authentication {\nauth_type PASS\nauth_pass two\n}"))
	l.b.tells(0, words("reload"), "reloaded")
	l.a.tells(0, words("status --ask-peers"), "no other node answered")
}

// inject sends a whole frame on a link.
func (n *node) inject(link string, frame []byte) {
	n.t.Helper()
	index := n.Index(link)
	n.Do(func() {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			n.t.Error(err)
			return
		}
		defer unix.Close(fd)
		if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: index}); err != nil {
			n.t.Error(err)
		}
	})
}

// keepalived ignores the question, goes on, and cannot answer.
func TestOperatorAskingBesideKeepalived(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	b := l.b.keepalived(case1("BACKUP", "80"))
	l.owned(case1VIP, "b", patience)
	l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	l.a.tells(0, words("status --ask-peers"), "no other node answered", "a keepalived cannot")
	before := len(b.Output())
	l.stays(case1VIP, "a", 4*time.Second)
	t.Logf("keepalived said:\n%s", b.Output()[min(before, len(b.Output())):])
	select {
	case <-b.Done():
		t.Errorf("keepalived ended:\n%s", b.Output())
	default:
	}
	// It was heard, so a hand-over is not refused.
	l.a.tells(0, words("drill VI_1"), "drill of VI_1: OK", l.b.ip+" was master after")
}

// F13: a backup is silent in VRRP. Asked, it says that it would take over, and
// no force is needed; one that would not is as good as none.
func TestOperatorReleaseAsksTheBackup(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(case1("MASTER", "90"))
	l.owned(case1VIP, "a", patience)
	l.a.tells(1, words("release VI_1"), "no other node of this virtual router answers when asked", "force it")
	gate := l.b.write("healthy", "")
	script := "vrrp_script chk {\n  script \"/usr/bin/test -e " + gate + "\"\n  interval 1\n}\n"
	b := l.b.xvrrp(script + vrrp(51, 80, "authentication {", "auth_type PASS", "auth_pass 1111", "}", "track_script {", "chk", "}"))
	says(t, b, "master set to "+l.a.ip, patience)
	l.b.Run("rm", gate)
	says(t, b, "Entering FAULT STATE", patience)
	l.a.tells(1, words("release VI_1"), "no other node would take over: "+l.b.ip+" is FAULT", "xvrrp explain VI_1")
	l.b.write("healthy", "")
	testnet.Eventually(t, patience, func() error {
		if out, _ := l.b.ask("status"); !strings.Contains(out, "BACKUP") {
			return fmt.Errorf("b is not back:\n%s", out)
		}
		return nil
	})
	l.a.tells(0, words("drill VI_1"), "drill of VI_1: OK", "with a goodbye (priority 0)", l.b.ip+" was master after", "this node was master again after")
	l.a.tells(0, words("release VI_1"), "VI_1 (was MASTER): handed over")
	l.owned(case1VIP, "b", patience)
}
