package test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// lowerAnnouncing announces once at a takeover, and otherwise when it hears a worse master.
const lowerAnnouncing = `vrrp_instance VI_4 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.1
    garp_master_delay 0
    garp_master_repeat 2
    garp_lower_prio_delay 2
    garp_lower_prio_repeat 3
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
    garp_master_delay 0
    garp_master_repeat 2
    garp_lower_prio_delay 2
    garp_lower_prio_repeat 3
    virtual_ipaddress {
        fe80::100/64
        2001:db8::100/64
    }
}
`

// worseAdverts are of a stranger who believes himself master of both.
func worseAdverts() [][]byte {
	four := junkAdvert(stranger, func(a *wire.Advert) {
		a.Addresses = append(a.Addresses[:0], netip.MustParseAddr("10.9.0.100"), netip.MustParseAddr("10.9.0.101"))
	})
	six := wire.Advert{
		Version: wire.V3, VRID: 52, Priority: 50, Interval: floodInterval,
		Src: netip.MustParseAddr("fe80::66"), Dst: wire.Group(wire.IPv6),
		Addresses: []netip.Addr{netip.MustParseAddr("fe80::100"), netip.MustParseAddr("2001:db8::100")},
	}
	return [][]byte{four, six.Append([]byte{0x33, 0x33, 0, 0, 0, 0x12, 2, 0, 0, 0, 0, 0x66, 0x86, 0xdd})}
}

// TestLowerPriorityAnnouncementsAsKeepalived has a stranger of lower priority speak up before a master of each daemon, once, once
// again, and several times at one moment, and compares what a third host sees of what they announce: the frames whole, but for the
// MAC, and how often each at once and after garp_lower_prio_delay.
//
// For several adverts at one moment keepalived has as many bursts, and as many again after the delay. xvrrp announces as for one,
// which keeps a flood of adverts from becoming one of announcements, and as often as after a takeover when the second master of whom they
// speak is silent.
func TestLowerPriorityAnnouncementsAsKeepalived(t *testing.T) {
	t.Parallel()
	const crowd, repeat, heal = 5, 3, 2
	type counted [3][2]int                  // of a frame, in each round at once and after the delay
	seen := map[string]map[string]counted{} // by daemon and frame
	for name, start := range map[string]func(n *node) *testnet.Process{
		"keepalived": func(n *node) *testnet.Process { return n.keepalived(lowerAnnouncing) },
		"xvrrp":      func(n *node) *testnet.Process { return n.xvrrp(lowerAnnouncing) },
	} {
		l := newLAN(t, peersNetwork)
		l.a.Sysctl("net/ipv6/conf/all/forwarding", "1") // keepalived tells by it whether to call itself a router, which xvrrp always does
		wire := l.c.Capture("eth0")
		send := l.sender()
		p := start(l.a)
		// settled waits until everything was announced at a time after from, and for a while nothing since.
		settled := func(from time.Time) map[string][]time.Time {
			t.Helper()
			var all map[string][]time.Time
			testnet.Eventually(t, patience, func() error {
				if all = announcedAt(wire, l.a); len(all) != 5 {
					return fmt.Errorf("%s has announced %d addresses, want 5", name, len(all))
				}
				for frame, times := range all {
					if last := times[len(times)-1]; last.Before(from) || time.Since(last) < 600*time.Millisecond {
						return fmt.Errorf("%s has announced %x last at %v", name, frame, last)
					}
				}
				return nil
			})
			return all
		}
		settled(time.Time{}) // the takeover
		seen[name] = map[string]counted{}
		for round, times := range []int{1, 1, crowd} {
			began := time.Now()
			const half = time.Second // of the delay
			for range times {
				for _, frame := range worseAdverts() {
					if err := send(frame); err != nil {
						t.Fatal(err)
					}
				}
			}
			for frame, times := range settled(began.Add(half)) {
				c := seen[name][frame]
				for _, at := range times {
					switch since := at.Sub(began); {
					case since < 0:
					case since < half:
						c[round][0]++
					default:
						c[round][1]++
					}
				}
				seen[name][frame] = c
			}
		}
		if err := p.Stop(patience); err != nil {
			t.Error(err)
		}
	}
	one := [2]int{repeat, repeat}
	for frame, keepalived := range seen["keepalived"] {
		xvrrp, found := seen["xvrrp"][frame]
		if !found {
			t.Errorf("xvrrp has not sent %x", frame)
			continue
		}
		if want := (counted{one, one, {crowd * repeat, crowd * repeat}}); keepalived != want {
			t.Errorf("%x: keepalived's announcements at once and after the delay: %v, want %v", frame, keepalived, want)
		}
		late := counted{one, one, {repeat, heal + repeat}} // on a busy machine it is found silent later
		if want := (counted{one, one, {repeat + heal, repeat}}); xvrrp != want && xvrrp != late {
			t.Errorf("%x: announcements at once and after the delay: %v, want %v", frame, xvrrp, want)
		}
	}
	if t.Failed() {
		for frame := range seen["xvrrp"] {
			t.Logf("xvrrp: %x", frame)
		}
	}
}
