package survey

import (
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// A datagram that comes by another way is told in its place, as the frame that
// it was.
func TestFramed(t *testing.T) {
	at := time.Now().Add(-time.Hour).Round(0)
	from, to := MAC{2, 0, 0, 0, 0, 1}, MAC{2, 0, 0, 0, 0, 2}
	for _, c := range []struct {
		src, dst string
		want     MAC
	}{
		{"192.0.2.1", "192.0.2.2", to},
		{"192.0.2.1", "224.0.0.18", MAC{0x01, 0x00, 0x5e, 0, 0, 18}},
		{"fe80::1", "ff02::12", MAC{0x33, 0x33, 0, 0, 0, 0x12}},
		{"2001:db8::1", "2001:db8::2", to},
	} {
		a := wire.Advert{Version: 3, VRID: 7, Priority: 100, Interval: time.Second, Src: netip.MustParseAddr(c.src), Dst: netip.MustParseAddr(c.dst),
			Addresses: []netip.Addr{netip.MustParseAddr(c.src)}}
		template, err := wire.NewTemplate(&a)
		if err != nil {
			t.Fatal(err)
		}
		f := Framed(at, to, from, template.Next(1, 100))
		e, ok := Decode(f)
		if !ok || e.Advert == nil || e.Advert.VRID != 7 || e.From != from || e.To != c.want || e.Advert.Fault != "" {
			t.Errorf("%s to %s: %+v, %v", c.src, c.dst, e, ok)
		}
		if d := f.At.Sub(at); d > time.Second || d < -time.Second {
			t.Errorf("the time is off by %v", d)
		}
	}
}

// Frames of several sources come in the order of their times, and none is lost
// when the capture ends.
func TestMergeOrders(t *testing.T) {
	m := &Merge{frames: make(chan Frame, 64), ended: make(chan struct{}), stop: make(chan struct{}), err: errTest}
	now := time.Now()
	for _, ms := range []int{30, 10, 20, 0, 10, 25} {
		m.Put(Frame{At: now.Add(time.Duration(ms) * time.Millisecond), Data: []byte{byte(ms)}})
	}
	close(m.ended)
	last := -1
	for n := range 6 {
		f, err := m.Next()
		if err != nil || int(f.Data[0]) < last {
			t.Fatalf("number %d: %v after %d, %v", n, f.Data, last, err)
		}
		last = int(f.Data[0])
	}
	if _, err := m.Next(); err != errTest {
		t.Errorf("the end is %v", err)
	}
	m.Close()
	m.Close()
	for range 65 {
		m.Put(Frame{}) // must not wait for ever
	}
}

var errTest = errorString("the capture ended")

type errorString string

func (e errorString) Error() string { return string(e) }
