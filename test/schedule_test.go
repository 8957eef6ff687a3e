package test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// announcing has the whole schedule, for addresses of both families.
const announcing = `vrrp_instance VI_4 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.1
    garp_master_delay 1
    garp_master_repeat 3
    garp_master_refresh 2
    garp_master_refresh_repeat 2
    virtual_ipaddress {
        10.9.0.100/24
        10.9.0.101/24
    }
    virtual_ipaddress_excluded {
        2001:db8::101/64
    }
}
vrrp_instance VI_6 {
    interface eth0
    virtual_router_id 52
    priority 200
    advert_int 0.1
    garp_master_delay 1
    garp_master_repeat 3
    garp_master_refresh 2
    garp_master_refresh_repeat 2
    virtual_ipaddress {
        fe80::100/64
        2001:db8::100/64
    }
}
`

// TestAnnouncementsAsKeepalived takes over with both daemons and compares what a third host sees: every announcement whole, but
// for the MAC, and how often each address was announced at once, after the delay, and at each refresh.
func TestAnnouncementsAsKeepalived(t *testing.T) {
	t.Parallel()
	const rounds = 4 // takeover, delay, and two refreshes
	seen := map[string]map[string][]int{}
	for name, start := range map[string]func(n *node) *testnet.Process{
		"keepalived": func(n *node) *testnet.Process { return n.keepalived(announcing) },
		"xvrrp":      func(n *node) *testnet.Process { return n.xvrrp(announcing) },
	} {
		l := newLAN(t, peersNetwork)
		l.a.Sysctl("net/ipv6/conf/all/forwarding", "1") // keepalived tells by it whether to call itself a router, which xvrrp always does
		wire := l.c.Capture("eth0")
		p := start(l.a)
		testnet.Eventually(t, patience, func() error {
			seen[name] = bursts(wire, l.a)
			for frame, counts := range seen[name] {
				if len(counts) < rounds+1 { // so that the last is complete
					return fmt.Errorf("%s has announced %x in %d rounds", name, frame, len(counts))
				}
			}
			if len(seen[name]) != 5 {
				return fmt.Errorf("%s has announced %d addresses, want 5", name, len(seen[name]))
			}
			return nil
		})
		if err := p.Stop(patience); err != nil {
			t.Error(err)
		}
	}
	for frame, want := range seen["keepalived"] {
		got := seen["xvrrp"][frame]
		if got == nil {
			t.Errorf("xvrrp has not sent %x", frame)
			continue
		}
		if a, b := fmt.Sprint(got[:rounds]), fmt.Sprint(want[:rounds]); a != b {
			t.Errorf("%x: %s announcements, keepalived sends %s", frame, a, b)
		}
	}
	if t.Failed() {
		for frame := range seen["xvrrp"] {
			t.Logf("xvrrp: %x", frame)
		}
	}
}

// bursts counts the announcements of a host by what they are and by burst.
func bursts(wire *lab.Capture, from *node) map[string][]int {
	counts := map[string][]int{}
	for k, times := range announcedAt(wire, from) {
		var last time.Time
		for _, at := range times {
			if at.Sub(last) > 400*time.Millisecond {
				counts[k] = append(counts[k], 0)
			}
			counts[k][len(counts[k])-1]++
			last = at
		}
	}
	return counts
}

// announcedAt is when a host announced, by what it sent, its MAC and what is reckoned from it left out.
func announcedAt(wire *lab.Capture, from *node) map[string][]time.Time {
	mac := from.Link("eth0").Attrs().HardwareAddr
	times := map[string][]time.Time{}
	for _, f := range wire.Matching(func(f lab.Frame) bool {
		d := f.Data
		arp := len(d) >= 42 && d[12] == 8 && d[13] == 6 && bytes.Equal(d[28:32], d[38:42])
		na := len(d) >= 86 && d[12] == 0x86 && d[13] == 0xdd && d[20] == 58 && d[54] == 136 && d[58]&0x40 == 0
		own := na && strings.Contains(string(d[62:78]), "\xff\xfe") // the kernel's own addresses
		return !f.Out && bytes.Equal(d[6:12], mac) && (arp || na && !own)
	}) {
		d := bytes.ReplaceAll(f.Data, mac, make([]byte, 6))
		if d[12] == 0x86 {
			d[56], d[57] = 0, 0 // the checksum covers the MAC: the kernel would not have taken a wrong one
		}
		times[string(d)] = append(times[string(d)], f.At)
	}
	return times
}

// TestPacedAnnouncements: garp_interval and gna_interval keep announcements on one interface apart, a garp_group those on all of
// its interfaces together, and the adverts do not wait behind them.
func TestPacedAnnouncements(t *testing.T) {
	t.Parallel()
	const gap, least = 100 * time.Millisecond, 50 * time.Millisecond // what a busy machine makes of the first
	for _, c := range []struct {
		name, text string
		together   bool
	}{
		{"each interface", "global_defs {\n vrrp_garp_interval 0.1\n vrrp_gna_interval 0.1\n}\n", false},
		{"a group", "garp_group {\n garp_interval 0.1\n gna_interval 0.1\n interfaces {\n eth0\n eth1\n }\n}\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			other := l.Switch("lan1")
			l.a.second(other, "10.8.0.1/24")
			l.c.second(other, "10.8.0.9/24")
			wires := []*lab.Capture{l.c.Capture("eth0"), l.c.Capture("eth1")}
			l.a.xvrrp(c.text + "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n priority 200\n advert_int 0.1\n garp_master_delay 0\n garp_master_repeat 3\n" +
				" virtual_ipaddress {\n 10.9.0.100/24\n 10.9.0.101/24\n 10.8.0.100/24 dev eth1\n 10.8.0.101/24 dev eth1\n }\n" +
				" virtual_ipaddress_excluded {\n 2001:db8::100/64\n 2001:db8::101/64\n }\n}\n")
			times := map[string][]time.Time{}
			testnet.Eventually(t, patience, func() error {
				clear(times)
				all := 0
				for i, wire := range wires {
					for _, f := range wire.Matching(announcement) {
						b := f.Data
						if b[12] == 0x86 && b[62] != 0x20 || b[12] == 8 && b[31] < 100 {
							continue // the kernel's own
						}
						kind := map[byte]string{8: "GARP", 0x86: "NA"}[b[12]]
						if !c.together {
							kind += fmt.Sprint(" on eth", i)
						}
						times[kind] = append(times[kind], f.At)
						all++
					}
				}
				if all != 18 {
					return fmt.Errorf("%d announcements, want 18", all)
				}
				return nil
			})
			for kind, list := range times {
				slices.SortFunc(list, time.Time.Compare)
				for i := range list[1:] {
					if apart := list[i+1].Sub(list[i]); apart < least {
						t.Errorf("two of %s are %v apart, want about %v", kind, apart, gap)
					}
				}
				first, last := list[0], list[len(list)-1]
				n := 0
				for _, f := range advertsOf(wires[0], l.a, 51) {
					if f.At.After(first) && f.At.Before(last) {
						n++
					}
				}
				if want := int(last.Sub(first)/(100*time.Millisecond)) / 2; n < want {
					t.Errorf("%d adverts in %v of announcing %s, want at least %d", n, last.Sub(first), kind, want)
				}
			}
		})
	}
}
