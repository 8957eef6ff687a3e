package survey

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// send puts a frame on a link of a host.
func send(t *testing.T, h *testnet.Host, link string, frame []byte) {
	t.Helper()
	h.Do(func() {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		must(t, err)
		defer unix.Close(fd)
		must(t, unix.Sendto(fd, frame, 0, &unix.SockaddrLinklayer{Ifindex: h.Index(link)}))
	})
}

func captures(t *testing.T, h *testnet.Host, link string) (c *Capture) {
	t.Helper()
	h.Do(func() {
		var err error
		c, err = Open(h.Index(link))
		must(t, err)
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// adverts makes one frame of each form.
func adverts(t *testing.T) (frames [][]byte) {
	t.Helper()
	key, err := wire.NewKey(3, bytes.Repeat([]byte{7}, 32))
	must(t, err)
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fe80::1")
	for _, c := range []struct {
		advert wire.Advert
		auth   wire.Auth
	}{
		{wire.Advert{Version: 2, Src: v4, Dst: wire.Group4}, wire.Auth{}},
		{wire.Advert{Version: 2, Src: v4, Dst: wire.Group4}, wire.Auth{Type: wire.AuthPass, Password: wire.NewPassword("1111")}},
		{wire.Advert{Version: 2, Src: v4, Dst: wire.Group4}, wire.Auth{Type: wire.AuthAH, Password: wire.NewPassword("1111")}},
		{wire.Advert{Version: 3, Src: v4, Dst: wire.Group4}, wire.Auth{}},
		{wire.Advert{Version: 3, Src: v6, Dst: wire.Group6}, wire.Auth{}},
		{wire.Advert{Version: 3, Src: v6, Dst: wire.Group6}, wire.Auth{HMAC: wire.HMAC{Keys: []wire.Key{key}, Active: 3, Window: 5 * time.Second}}},
	} {
		a := c.advert
		a.VRID, a.Priority, a.Interval = 51, 100, time.Second
		a.Addresses = []netip.Addr{netip.MustParseAddr("192.0.2.100")}
		if a.Src.Is6() {
			a.Addresses = []netip.Addr{netip.MustParseAddr("fe80::100")}
		}
		if a.Signer, err = wire.NewSigner(c.auth); err != nil {
			t.Fatal(err)
		}
		a.Signer.Next(time.Now())
		must(t, a.Validate())
		frames = append(frames, frameOf(MAC{2, 0, 0, 0, 0, 1}, a.Append(nil)))
	}
	return frames
}

// tagged puts a VLAN tag into a frame.
func tagged(frame []byte, id byte) []byte {
	f := append([]byte(nil), frame[:12]...)
	return append(append(f, 0x81, 0, 0, id), frame[12:]...)
}

// Of everything on the wire the capture hands over what can matter, and the
// pcap file that is written of it is what tshark reads.
func TestCapture(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Sysctl("net/ipv6/conf/all/disable_ipv6", "1") // silence on the wire
	h.Sysctl("net/ipv6/conf/default/disable_ipv6", "1")
	h.Veth("eth0", "wire0")
	c := captures(t, h, "eth0")

	all := adverts(t)
	udp := append([]byte(nil), all[0]...)
	udp[14+9] = 17
	begun := time.Now()
	for _, f := range [][]byte{udp, tagged(all[0], 7), bytes.Repeat([]byte{1}, 60)} {
		send(t, h, "wire0", f) // not wanted
	}
	for _, f := range all {
		send(t, h, "wire0", f)
	}
	send(t, h, "wire0", tagged(all[3], 0))
	send(t, h, "eth0", all[3]) // our own

	file := filepath.Join(t.TempDir(), "watch.pcap")
	out, err := os.Create(file)
	must(t, err)
	defer out.Close()
	pcap, err := NewPcap(out)
	must(t, err)
	auths := []string{"none", "pass", "ah", "none", "none", "hmac", "none", "none"}
	for i, auth := range auths {
		f, err := c.Next()
		must(t, err)
		must(t, pcap.Write(f))
		e, ok := Decode(f)
		if !ok || e.Advert == nil || e.Advert.Fault != "" || e.Advert.Auth != auth || e.Advert.VRID != 51 {
			t.Fatalf("frame %d: %v, %+v, want %s", i, ok, e.Advert, auth)
		}
		if e.Out != (i == len(auths)-1) {
			t.Errorf("frame %d: out is %v", i, e.Out)
		}
		if e.At.Before(begun.Add(-time.Millisecond)) || time.Since(e.At) < 0 {
			t.Errorf("frame %d: stamped %v, sent after %v", i, e.At, begun)
		}
	}
	text, err := exec.Command("tshark", "-n", "-r", file, "-Y", "vrrp", "-T", "fields", "-e", "vrrp.virt_rtr_id").Output()
	must(t, err)
	if got := strings.Fields(string(text)); len(got) != len(auths) {
		t.Errorf("tshark reads %q", text)
	}
}

func TestCaptureEnds(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	for _, c := range []struct {
		end  func(*Capture)
		want error
	}{
		{func(c *Capture) { c.Close() }, net.ErrClosed},
		{func(*Capture) { must(t, h.Netlink().LinkDel(h.Link("eth0"))) }, unix.ENODEV},
	} {
		capture := captures(t, h, "eth0")
		ended := make(chan error, 1)
		go func() {
			var err error
			for err == nil {
				_, err = capture.Next()
			}
			ended <- err
		}()
		c.end(capture)
		select {
		case err := <-ended:
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("Next does not return, want %v", c.want)
		}
	}
}

// The field's mistake, seen live: one address under two VRIDs.
func TestWatch(t *testing.T) {
	h := testnet.New(t).Host("a")
	h.Veth("eth0", "wire0")
	frame := adverts(t)[3]
	other := &wire.Advert{Version: 3, VRID: 52, Priority: 90, Interval: time.Second, Dst: wire.Group4,
		Src: netip.MustParseAddr("192.0.2.2"), Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.100")}}
	ctx, cancel := context.WithCancel(t.Context())
	watching := make(chan error, 1)
	conflicts := make(chan Conflict, 1)
	judge := NewJudge()
	go func() {
		watching <- h.Host.Do(func() error {
			return Watch(ctx, h.Index("eth0"), judge, func(_ Frame, _ Event, fresh []Conflict) error {
				for _, c := range fresh {
					conflicts <- c
				}
				return nil
			})
		})
	}()
	deadline := time.After(5 * time.Second)
	for seen := false; !seen; { // until the capture is open
		send(t, h, "wire0", frame)
		send(t, h, "wire0", frameOf(MAC{2, 0, 0, 0, 0, 2}, other.Append(nil)))
		select {
		case c := <-conflicts:
			if seen = true; c.Code != TwoRouters || c.VRID != 51 || c.Address != other.Addresses[0] {
				t.Errorf("%+v", c)
			}
		case <-deadline:
			t.Fatal("no conflict seen")
		case <-time.After(20 * time.Millisecond):
		}
	}
	cancel()
	if err := <-watching; err != nil {
		t.Error(err)
	}
	if n := len(judge.Senders()); n != 2 {
		t.Errorf("%d senders", n)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
