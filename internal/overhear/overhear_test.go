package overhear

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

func advert(family wire.Family, vrid uint8) []byte {
	a := wire.Advert{Version: 3, VRID: vrid, Priority: 100, Interval: time.Second, Dst: wire.Group(family)}
	a.Src = netip.MustParseAddr("192.0.2.7")
	a.Addresses = []netip.Addr{netip.MustParseAddr("192.0.2.100")}
	if family == wire.IPv6 {
		a.Src, a.Addresses[0] = netip.MustParseAddr("fe80::7"), netip.MustParseAddr("fe80::100")
	}
	return a.Append(nil)
}

// The bitmap of VRIDs in the filter, for every VRID: with the part of it that
// needs no kernel.
func TestUnless(t *testing.T) {
	var set bits
	in := map[uint8]bool{}
	for _, v := range []uint8{1, 31, 32, 51, 63, 64, 127, 128, 200, 254, 255} {
		set.add(v)
		in[v] = true
	}
	vm, err := bpf.NewVM(append([]bpf.Instruction{bpf.LoadAbsolute{Off: 0, Size: 1}}, unless(set)...))
	if err != nil {
		t.Fatal(err)
	}
	for v := range 256 {
		n, err := vm.Run([]byte{byte(v)})
		if err != nil {
			t.Fatal(err)
		}
		if (n == 0) != in[uint8(v)] {
			t.Errorf("VRID %d: known %v, lets %d bytes through", v, in[uint8(v)], n)
		}
	}
}

// What is ours stays outside, in each family by itself; what is not comes in
// with its sender, also behind a firewall that drops it; and Tune changes that.
func TestOverhear(t *testing.T) {
	n := testnet.New(t)
	sw := n.Switch("lan")
	a, b := n.Host("a"), n.Host("b")
	pa := sw.Connect(a, "eth0", "192.0.2.7/24")
	sw.Connect(b, "eth0", "192.0.2.8/24")
	var mu sync.Mutex
	heard := map[string]int{}
	count := func(family wire.Family, vrid uint8) int {
		mu.Lock()
		defer mu.Unlock()
		return heard[fmt.Sprint(family, " ", vrid)]
	}
	var l *Listener
	b.Do(func() {
		var err error
		l, err = Open(b.Index("eth0"), []Key{{wire.IPv4, 51}, {wire.IPv6, 52}}, func(d wire.Datagram) {
			p, reject := wire.Open(d.IP)
			if reject != wire.None || d.SourceMAC != [6]byte(pa.MAC) || time.Since(d.At) > time.Minute {
				t.Errorf("heard %v (%v) from %x", p, reject, d.SourceMAC)
			}
			mu.Lock()
			heard[fmt.Sprint(p.Family(), " ", p.VRID())]++
			mu.Unlock()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	sends := func(h *testnet.Host, mac []byte) {
		h.Do(func() {
			fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(fd)
			for _, family := range []wire.Family{wire.IPv4, wire.IPv6} {
				head := append([]byte{1, 0, 0x5e, 0, 0, 18}, mac...)
				head = append(head, 8, 0)
				if family == wire.IPv6 {
					head = append(append([]byte{0x33, 0x33, 0, 0, 0, 0x12}, mac...), 0x86, 0xdd)
				}
				for _, vrid := range []uint8{51, 52} {
					frame := append(append([]byte{}, head...), advert(family, vrid)...)
					if err := unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: h.Index("eth0")}); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
	sends(b, []byte{2, 0, 0, 0, 0, 9}) // its own are not overheard
	sends(a, pa.MAC)
	testnet.Eventually(t, 30*time.Second, func() error {
		if count(wire.IPv4, 52) != 1 || count(wire.IPv6, 51) != 1 {
			return fmt.Errorf("heard %v", heard)
		}
		return nil
	})
	if err := l.Tune([]Key{{wire.IPv4, 52}, {wire.IPv6, 51}}); err != nil {
		t.Fatal(err)
	}
	sends(a, pa.MAC)
	testnet.Eventually(t, 30*time.Second, func() error {
		if count(wire.IPv4, 51) != 1 || count(wire.IPv6, 52) != 1 {
			return fmt.Errorf("heard %v", heard)
		}
		return nil
	})
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if len(heard) != 4 || count(wire.IPv4, 52) != 1 || count(wire.IPv6, 51) != 1 {
		t.Errorf("heard %v", heard)
	}
}
