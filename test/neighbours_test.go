package test

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// A neighbour table that is nearly full is told once, with what to do, and the metrics show it. The table is the whole
// machine's: the entries that fill it here are another host's, and they leave room for the tests beside this one.
func TestNeighbourTableNearItsLimit(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	text, err := os.ReadFile("/proc/sys/net/ipv4/neigh/default/gc_thresh3")
	if err != nil {
		t.Fatal(err)
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	p := l.a.serving(conf(3, "BACKUP", 200, "0.1"))
	index := l.c.Index("eth0")
	var filled time.Time
	fill := func() { // the kernel throws old entries out when it feels crowded
		if time.Since(filled) < time.Second {
			return
		}
		filled = time.Now()
		for i := range limit * 85 / 100 {
			err := l.c.Netlink().NeighSet(&netlink.Neigh{
				LinkIndex: index, Family: netlink.FAMILY_V4, State: netlink.NUD_STALE,
				IP: net.IPv4(10, 9, byte(100+i/250), byte(1+i%250)), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, byte(i >> 8), byte(i)},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	const word = "the kernel's ipv4 neighbour table holds"
	testnet.Eventually(t, patience, func() error {
		fill()
		if !strings.Contains(p.Output(), word) {
			return fmt.Errorf("the log does not say %q", word)
		}
		return nil
	})
	says(t, p, fmt.Sprintf("gc_thresh3=%d", 4*limit), patience)
	events := l.a.Run(binary, "--runtime-dir", l.a.runtimeDir(), "events")
	if !strings.Contains(events, word) {
		t.Errorf("no event says so:\n%s", events)
	}
	page := l.a.get("http://127.0.0.1:9112/metrics")
	for _, m := range []struct {
		name  string
		least int
	}{{"xvrrp_neighbour_entries", limit / 2}, {"xvrrp_neighbour_limit", limit}} {
		if got := sample(page, m.name, `family="ipv4"`); got < float64(m.least) {
			t.Errorf("%s is %v, want at least %d", m.name, got, m.least)
		}
	}
	if n := strings.Count(p.Output(), word); n > 2 { // once, and perhaps that it is over
		t.Errorf("said %d times", n)
	}
}
