package testnet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
)

// vrrpFrame is a frame that looks like an IPv4 advert to a switch: protocol 112 for 224.0.0.18.
func vrrpFrame(from net.HardwareAddr) []byte {
	f := append([]byte{0x01, 0x00, 0x5e, 0, 0, 18}, from...)
	f = append(f, 0x08, 0x00)
	ip := make([]byte, 40)
	ip[0], ip[3], ip[8], ip[9] = 0x45, 40, 255, 112
	copy(ip[12:], []byte{192, 0, 2, 1, 224, 0, 0, 18})
	return append(f, ip...)
}

// inject sends a frame out of a host's link.
func inject(t *testing.T, h *Host, link string, frame []byte) {
	t.Helper()
	h.Do(func() {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		must(t, unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: h.Index(link)}))
	})
}

// seen waits until the capture holds n frames equal to frame.
func seen(c *lab.Capture, frame []byte, n int) func() error {
	return func() error {
		got := c.Matching(func(f lab.Frame) bool { return !f.Out && bytes.Equal(f.Data, frame) })
		return want("frames", len(got), n)
	}
}

func TestCaptureAndPcap(t *testing.T) {
	_, a, b, pa, _ := lan(t)
	c := b.Capture("eth0")
	frame := vrrpFrame(pa.MAC)
	before := time.Now()
	inject(t, a, "eth0", frame)
	Eventually(t, 5*time.Second, seen(c, frame, 1))
	for _, f := range c.Matching(func(f lab.Frame) bool { return bytes.Equal(f.Data, frame) }) {
		if f.At.Before(before.Add(-time.Millisecond)) || f.At.After(time.Now()) {
			t.Errorf("stamp %v, sent %v", f.At, before)
		}
	}
	must(t, c.SavePcap(filepath.Join(t.TempDir(), "b.pcap")))
	var file bytes.Buffer
	must(t, c.WritePcap(&file))
	b24 := file.Bytes()
	if len(b24) < 24+16+len(frame) || binary.NativeEndian.Uint32(b24) != 0xa1b23c4d || !bytes.Contains(b24, frame) {
		t.Errorf("pcap of %d bytes: % x", len(b24), b24[:min(len(b24), 24)])
	}
	// The capture outlives its link being down.
	b.Down("eth0")
	b.Up("eth0")
	Eventually(t, 5*time.Second, func() error {
		inject(t, a, "eth0", frame)
		if err := seen(c, frame, 1)(); err == nil {
			return fmt.Errorf("nothing after the flap")
		}
		return nil
	})
	must(t, c.Close())
}

// One direction falls silent for protocol 112 while the other, and ARP, go on.
func TestDropOneWay(t *testing.T) {
	sw, a, b, pa, pb := lan(t)
	atA, atB := a.Capture("eth0"), b.Capture("eth0")
	fromA, fromB := vrrpFrame(pa.MAC), vrrpFrame(pb.MAC)

	sw.Drop(pa, pb, lab.VRRP)
	inject(t, a, "eth0", fromA)
	inject(t, b, "eth0", fromB)
	Eventually(t, 5*time.Second, seen(atA, fromB, 1))
	answers(t, a, "192.0.2.2")
	must(t, seen(atB, fromA, 0)())

	sw.Drop(nil, pb, lab.ARP)
	if n := len(a.WhoHas("eth0", "192.0.2.2", 100*time.Millisecond)); n != 0 {
		t.Errorf("%d ARP answers past the drop", n)
	}
	sw.Forward()
	inject(t, a, "eth0", fromA)
	Eventually(t, 5*time.Second, seen(atB, fromA, 1))

	// Questions are broadcast and pass, answers are for one host.
	sw.Drop(pb, nil, lab.Unicast)
	if n := len(a.WhoHas("eth0", "192.0.2.2", 100*time.Millisecond)); n != 0 {
		t.Errorf("%d ARP answers past the drop of unicast", n)
	}
	inject(t, b, "eth0", fromB)
	Eventually(t, 5*time.Second, seen(atA, fromB, 2))

	for _, what := range []lab.Traffic{lab.Multicast, lab.Everything} {
		sw.Forward()
		sw.Drop(pa, nil, what)
		inject(t, a, "eth0", fromA)
		inject(t, b, "eth0", fromB)
		must(t, seen(atB, fromA, 1)())
	}
}

// A cable is pulled for a while: the asker notes when, and nothing else.
func TestPingSeesAnOutage(t *testing.T) {
	_, a, _, _, pb := lan(t)
	for _, target := range []string{"192.0.2.2", "2001:db8::2"} {
		p := a.Ping(target, 5*time.Millisecond)
		answered := func(n int) func() error {
			return func() error {
				got := 0
				for _, e := range p.Echoes() {
					if !e.Answered.IsZero() {
						got++
					}
				}
				if got < n {
					return fmt.Errorf("%d answers from %s, want %d", got, target, n)
				}
				return nil
			}
		}
		Eventually(t, 10*time.Second, answered(10))
		must(t, pb.Unplug())
		pulled := time.Now()
		Eventually(t, 10*time.Second, func() error {
			if len(p.Outages(50*time.Millisecond)) == 0 {
				return fmt.Errorf("no outage of %s", target)
			}
			return nil
		})
		must(t, pb.Plug())
		Eventually(t, 10*time.Second, func() error {
			list := p.Outages(50 * time.Millisecond)
			if last := list[len(list)-1]; last.Until.IsZero() || last.Until.Sub(pulled) < 50*time.Millisecond {
				return fmt.Errorf("outages of %s: %+v", target, list)
			}
			return nil
		})
		must(t, p.Close())
	}
}

// The three firewalls keep an AF_INET advert out or in, and leave ARP alone.
func TestFirewalls(t *testing.T) {
	for _, tc := range []struct {
		name     string
		kind     lab.Firewall
		out, in  bool // does protocol 112 get through on sending, on receiving?
		tcp22, x bool // is tcp/22 reachable, is tcp/80?
	}{
		{"distribution default", lab.DistributionDefault, true, false, true, false},
		{"established only", lab.EstablishedOnly, false, false, false, false},
		{"no vrrp out", lab.NoVRRPOut, false, true, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, a, b, _, _ := lan(t)
			a.Firewall(tc.kind)
			answers(t, b, "192.0.2.1")
			// In before out: what went out opens a connection, and then answers would be established.
			if got := rawPasses(t, b, a, "192.0.2.1", tc.in); got != tc.in {
				t.Errorf("protocol 112 in: %v, want %v", got, tc.in)
			}
			if got := rawPasses(t, a, b, "192.0.2.2", tc.out); got != tc.out {
				t.Errorf("protocol 112 out: %v, want %v", got, tc.out)
			}
			for port, wanted := range map[int]bool{22: tc.tcp22, 80: tc.x} {
				if got := tcpPasses(t, b, a, port, wanted); got != wanted {
					t.Errorf("tcp/%d in: %v, want %v", port, got, wanted)
				}
			}
			a.Firewall()
			if !rawPasses(t, b, a, "192.0.2.1", true) || !rawPasses(t, a, b, "192.0.2.2", true) {
				t.Error("the firewall is still there after its removal")
			}
		})
	}
}

// answers waits for one ARP answer.
func answers(t *testing.T, h *Host, ip string) {
	t.Helper()
	Eventually(t, 5*time.Second, func() error {
		return want("ARP answers", len(h.WhoHas("eth0", ip, 100*time.Millisecond)), 1)
	})
}

// patience is how long to wait for what shall come, or shall not.
func patience(comes bool) time.Duration {
	if comes {
		return 5 * time.Second
	}
	return 150 * time.Millisecond
}

// rawPasses sends protocol 112 through a raw IPv4 socket and tells whether a raw socket at the other end got it.
func rawPasses(t *testing.T, from, to *Host, ip string, expected bool) bool {
	t.Helper()
	var in net.PacketConn
	to.Do(func() {
		var err error
		in, err = net.ListenPacket("ip4:112", "0.0.0.0")
		must(t, err)
	})
	defer in.Close()
	from.Do(func() {
		out, err := net.ListenPacket("ip4:112", "0.0.0.0")
		must(t, err)
		defer out.Close()
		if _, err := out.WriteTo([]byte("advert"), &net.IPAddr{IP: net.ParseIP(ip)}); err != nil {
			t.Logf("send from %s: %v", from.Name, err)
		}
	})
	must(t, in.SetReadDeadline(time.Now().Add(patience(expected))))
	_, _, err := in.ReadFrom(make([]byte, 100))
	return err == nil
}

func tcpPasses(t *testing.T, from, to *Host, port int, expected bool) bool {
	t.Helper()
	to.Do(func() {
		l, err := net.Listen("tcp4", fmt.Sprintf("192.0.2.1:%d", port))
		must(t, err)
		t.Cleanup(func() { must(t, l.Close()) })
	})
	ok := false
	from.Do(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		tv := unix.NsecToTimeval(int64(patience(expected)))
		must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &tv))
		ok = unix.Connect(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{192, 0, 2, 1}}) == nil
	})
	return ok
}
