package datapath

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// TestUnicastIsNotAnswered: nobody listens to protocol 112, so the host answers
// a unicast advert with an ICMP error, unless the program consumes it.
func TestUnicastIsNotAnswered(t *testing.T) {
	for _, m := range []Mode{XDP, XDPGeneric, TC} {
		t.Run(string(m), func(t *testing.T) {
			l, d := newLAN(t), load(t, Config{})
			if err := l.Netlink().NeighAdd(&netlink.Neigh{
				LinkIndex: l.ifindex, IP: net.ParseIP(peer4), HardwareAddr: testMAC[:], State: netlink.NUD_PERMANENT,
			}); err != nil {
				t.Fatal(err)
			}
			l.Do(func() {
				r := l.router(9)
				r.Multicast, r.Local = false, netip.MustParseAddr("192.0.2.1")
				r.Peers = []wire.Peer{{Addr: netip.MustParseAddr(peer4)}}
				if err := d.SetRouters([]Router{r}); err != nil {
					t.Fatal(err)
				}
				if _, err := d.Attach(l.ifindex, m); err != nil {
					t.Fatal(err)
				}
			})
			answers := l.Capture("wire0")
			isError := func(f lab.Frame) bool {
				b := f.Data
				return len(b) > 35 && b[12] == 8 && b[13] == 0 && b[23] == 1 && b[34] == 3
			}
			l.sendUnicast(t, 9)
			sink := &recorder{}
			start(t, d, sink)
			testnet.Eventually(t, patience, sink.heardAtLeast(1))
			if n := len(answers.Matching(isError)); n != 0 {
				t.Errorf("%d ICMP errors", n)
			}
			l.sendUnicast(t, 10) // not ours: the host answers, and the test can fail
			testnet.Eventually(t, patience, func() error {
				if len(answers.Matching(isError)) == 0 {
					return errors.New("no ICMP error for an advert that is not ours")
				}
				return nil
			})
			if n := len(answers.Matching(isError)); n != 1 {
				t.Errorf("%d ICMP errors for one advert", n)
			}
		})
	}
}

// sendUnicast sends an advert for a VRID to eth0's own address.
func (l *lan) sendUnicast(t testing.TB, vrid uint8) {
	t.Helper()
	f := frame(advert(vrid, peer4, to("192.0.2.1", 0)))
	copy(f, l.Link("eth0").Attrs().HardwareAddr)
	l.send(t, f)
}
