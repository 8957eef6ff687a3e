package test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// across is a unicast pair in which each node is master of one virtual router.
func across(mode, own, other string, first, second int) string {
	text := "xvrrp {\n  dataplane " + mode + "\n}\n"
	for i, priority := range []int{first, second} {
		text += fmt.Sprintf(`vrrp_instance VI_%d {
  interface eth0
  virtual_router_id %d
  priority %d
  advert_int 0.1
  version 3
  unicast_src_ip %s
  unicast_peer {
    %s
  }
  virtual_ipaddress {
    10.34.0.20%d
  }
}
`, i+1, 61+i, priority, own, other, i+1)
	}
	return text
}

// sights counts the adverts that a watch told in JSON, by direction and VRID.
func sights(t *testing.T, out string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "{") {
			continue // what it says on stderr
		}
		var s struct {
			Out    bool `json:"out"`
			Advert *struct {
				Src  string `json:"src"`
				VRID int    `json:"vrid"`
			} `json:"advert"`
		}
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%v: %q", err, line)
		}
		if s.Advert != nil {
			counts[fmt.Sprintf("%s vrid %d out %v", s.Advert.Src, s.Advert.VRID, s.Out)]++
		}
	}
	return counts
}

// What the kernel program consumes in XDP reaches no packet socket, as tcpdump
// proves, and watch shows it all the same, once. At tc, tcpdump sees it before
// the program does, and watch does not see it twice.
func TestWatchShowsTheConsumed(t *testing.T) {
	for _, c := range []struct {
		mode    string
		tcpdump bool // sees what is consumed
	}{{"xdp", false}, {"xdp-generic", false}, {"tc", true}, {"socket", true}} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, "10.34.0.%d/24")
			l.a.xvrrp(across(c.mode, l.a.ip, l.b.ip, 200, 100))
			l.b.xvrrp(across(c.mode, l.b.ip, l.a.ip, 100, 200))
			l.owned("10.34.0.201", "a", patience)
			l.owned("10.34.0.202", "b", patience)

			dump := l.a.StartCmd(exec.Command("tcpdump", "-ni", "eth0", "-Ul", "ip proto 112"))
			says(t, dump, "listening on eth0", patience)
			file := filepath.Join(l.a.dir, "seen.pcap")
			out, code := l.a.ask("watch", "-i", "eth0", "--json", "--for", "3s", "-w", file)
			if code != 0 {
				t.Fatalf("watch: exit %d\n%s", code, out)
			}
			says(t, dump, l.a.ip+" > "+l.b.ip, patience)
			if err := dump.Stop(patience); err != nil && !strings.Contains(err.Error(), "exit") {
				t.Log(err)
			}
			if got := strings.Contains(dump.Output(), l.b.ip+" > "+l.a.ip); got != c.tcpdump {
				t.Errorf("tcpdump sees what comes in: %v, want %v\n%s", got, c.tcpdump, dump.Output())
			}
			counts := sights(t, out)
			sent, got := counts[l.a.ip+" vrid 61 out true"], counts[l.b.ip+" vrid 62 out false"]
			if sent < 5 || got < 5 || got > 2*sent {
				t.Errorf("watch shows %v\n%.2000s", counts, out)
			}
			if strings.Contains(out, "conflicts") {
				t.Errorf("a healthy pair in conflict:\n%s", out)
			}
			pcap := l.a.Run("tshark", "-r", file, "-Y", "vrrp", "-T", "fields", "-e", "ip.src", "-e", "vrrp.virt_rtr_id")
			if n := strings.Count(pcap, l.b.ip+"\t62\n"); n != got {
				t.Errorf("the capture file has %d of the %d adverts of %s", n, got, l.b.ip)
			}
			l.a.tells(0, words("watch -i eth0 --for 1s"), l.b.ip+" > "+l.a.ip+" VRRPv3 vrid 62 prio 200 every 100 ms")
		})
	}
}

// Without a daemon, or with one elsewhere, watch says once what it cannot see;
// a daemon that comes later is asked.
func TestWatchSaysWhatItCannotSee(t *testing.T) {
	t.Parallel()
	l := newLAN(t, "10.34.0.%d/24")
	out := l.c.tells(0, words("watch -i eth0 --for 3s"), "no daemon answers", "in XDP are not shown")
	if strings.Count(out, "no daemon answers") != 1 {
		t.Errorf("not once:\n%s", out)
	}
	l.b.xvrrp(across("xdp", l.b.ip, l.a.ip, 200, 200))
	l.owned("10.34.0.202", "b", patience)
	p := l.a.Start(binary, "--runtime-dir", l.a.runtimeDir(), "watch", "-i", "eth0", "--plain")
	says(t, p, "no daemon answers", patience)
	a := l.a.xvrrp(across("xdp", l.a.ip, l.b.ip, 100, 100))
	testnet.Eventually(t, patience, func() error {
		_, after, _ := strings.Cut(p.Output(), "no daemon answers")
		if strings.Count(after, l.b.ip+" > "+l.a.ip) < 3 {
			return fmt.Errorf("nothing of what the daemon consumes:\n%s", after)
		}
		return nil
	})
	if err := a.Stop(patience); err != nil {
		t.Error(err)
	}
	if err := p.Stop(patience); err != nil {
		t.Error(err)
	}
}
