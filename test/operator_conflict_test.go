package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// vrrp is a one-instance configuration with what a test wants to vary.
func vrrp(vrid, priority int, lines ...string) string {
	return fmt.Sprintf("vrrp_instance VI_1 {\n  interface eth0\n  virtual_router_id %d\n  priority %d\n  advert_int 1\n  %s\n  virtual_ipaddress {\n    %s\n  }\n}\n",
		vrid, priority, strings.Join(lines, "\n  "), case1VIP)
}

// F9, case 3: two hosts announce one address under two VRIDs, each believing
// itself the only router. One command shows it, on either and on a third.
func TestOperatorWatchTwoVRIDs(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(vrrp(51, 100))
	l.b.keepalived(vrrp(50, 102))
	l.owned(case1VIP, "a b", patience)
	pcap := filepath.Join(l.c.dir, "lan.pcap")
	l.c.tells(0, []string{"watch", "-i", "eth0", "--for", "3s", "-w", pcap}, "VRRPv2 vrid", "CONFLICT ipv4", case1VIP+" is announced under VRID", "[vip_two_vrids]", "remedy: give the routers")
	if b, err := os.ReadFile(pcap); err != nil || len(b) < 24+40 {
		t.Errorf("the capture file has %d bytes: %v", len(b), err)
	}
	l.a.tells(0, words("watch -i eth0 --for 3s --json"), `"vrid":5`, `"interval":1`, `"conflicts":[{"code":"vip_two_vrids"`)
	l.a.tells(0, words("explain VI_1"), "adverts on eth0 were refused: no instance here has their virtual_router_id [vrid_unknown]", "same virtual_router_id")
	l.c.tells(6, []string{"who", case1VIP, "-i", "eth0"}, "2 MACs", "SPLIT BRAIN")
	file := l.a.write("doctor.conf", vrrp(51, 100))
	l.a.tells(1, []string{"doctor", "-f", file, "--listen", "3s"}, "[lan_conflict]", "[vip_two_macs]")
}

// F2: the other node's adverts are refused, here for their password. The
// takeover is told with the reason and what to do.
func TestOperatorExplainsRefusal(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(vrrp(51, 100, "authentication {", "auth_type PASS", "auth_pass secret1", "}"))
	l.owned(case1VIP, "a", patience)
	l.b.xvrrp(vrrp(51, 90, "authentication {", "auth_type PASS", "auth_pass secret2", "}"))
	l.owned(case1VIP, "a b", patience)
	out := l.b.tells(0, words("explain VI_1"), "VI_1: MASTER since", "No advert was accepted before the deadline", "had been refused",
		"problem:", "were refused: their password", "[auth_failure]", "set the same auth_pass on all nodes")
	if strings.Contains(out, "secret") {
		t.Errorf("a password is shown:\n%s", out)
	}
	watched := l.c.tells(0, words("watch -i eth0 --for 3s"), "[password]")
	if strings.Contains(watched, "secret") {
		t.Errorf("a password is shown:\n%s", watched)
	}
}

// F11 and case 4: the network carries ARP and no adverts. Both are master; each
// says that it heard nobody, and how to find out.
func TestOperatorNetworkWithoutAdverts(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.xvrrp(vrrp(51, 100))
	l.owned(case1VIP, "a", patience)
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.b.xvrrp(vrrp(51, 90))
	l.owned(case1VIP, "a b", patience)
	l.b.tells(0, words("explain VI_1"), "MASTER since", "[never_heard]", "does not carry multicast 224.0.0.18", "unicast_peer")
	l.b.tells(6, []string{"who", case1VIP, "-i", "eth0"}, "SPLIT BRAIN")
}

// F6, case 2.4: the check fails on the master and the address does not move.
// explain says why, with the numbers.
func TestOperatorExplainsUselessCheck(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	gate := l.a.write("healthy", "")
	script := "vrrp_script chk {\n  script \"/usr/bin/test -e " + gate + "\"\n  interval 1\n  weight 2\n}\n"
	l.a.xvrrp(script + vrrp(51, 160, "track_script {", "chk", "}"))
	l.owned(case1VIP, "a", patience)
	l.a.tells(0, words("status"), "162 of 160", "script chk", "up")
	if err := os.Remove(gate); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if out, _ := l.a.ask("status"); strings.Contains(out, "down") {
			break
		}
	}
	l.a.tells(0, words("explain VI_1"), "VI_1: MASTER since", "problem: script chk is down", "[tracker_down]",
		"our priority is 160, 160 being configured", "master priority < backup priority + weight")
	l.owned(case1VIP, "a", time.Second)
}

// The page is served by the daemon, under its policy.
func TestOperatorPage(t *testing.T) {
	t.Parallel()
	l := newLAN(t, case1Network)
	l.a.serving(vrrp(51, 100))
	for path, want := range map[string]string{"/": "<title>xvrrp</title>", "/page.js": "v1/status", "/v1/status": `"VI_1"`, "/v1/events": `"transition"`, "/metrics": "xvrrp_build_info"} {
		if got := l.a.get("http://127.0.0.1:9112" + path); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%.300s", path, want, got)
		}
	}
}
