package datapath

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// patience is how long a fact may take. An emulated kernel is slow.
const patience = 15 * time.Second

// recorder is a Sink that keeps what it was told.
type recorder struct {
	mu         sync.Mutex
	datagrams  []wire.Datagram
	wakeups    []time.Time
	interrupts int
	claims     []Claim
	foreign    [][]byte
	order      []string
	onWakeup   func(now time.Time)
}

func (r *recorder) Datagram(d wire.Datagram) {
	r.mu.Lock()
	defer r.mu.Unlock()
	d.IP = bytes.Clone(d.IP)
	r.datagrams = append(r.datagrams, d)
	r.order = append(r.order, "datagram")
}

func (r *recorder) Wakeup(now time.Time) {
	r.mu.Lock()
	r.wakeups = append(r.wakeups, now)
	r.order = append(r.order, "wakeup")
	f := r.onWakeup
	r.mu.Unlock()
	if f != nil {
		f(now)
	}
}

func (r *recorder) Interrupted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.interrupts++
}

func (r *recorder) Foreign(d wire.Datagram) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.foreign = append(r.foreign, bytes.Clone(d.IP))
}

func (r *recorder) Claim(c Claim) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.claims = append(r.claims, c)
}

func (r *recorder) heard() []wire.Datagram {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]wire.Datagram(nil), r.datagrams...)
}

func (r *recorder) claimed(n int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.claims) < n {
		return fmt.Errorf("%d claims of %d", len(r.claims), n)
	}
	return nil
}

// heardAtLeast is a fact for testnet.Eventually.
func (r *recorder) heardAtLeast(n int) func() error {
	return func() error {
		if got := len(r.heard()); got < n {
			return fmt.Errorf("%d datagrams of %d", got, n)
		}
		return nil
	}
}

// start runs the loop until the test ends.
func start(t testing.TB, d *Datapath, sink Sink) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx, sink) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// lan is one host of a test: eth0 is the interface under test, wire0 its other end.
type lan struct {
	*testnet.Host
	ifindex int
	wire    int // packet socket of the host's network
}

func newLAN(t testing.TB) *lan {
	t.Helper()
	h := testnet.New(t).Host("dp")
	h.Veth("eth0", "wire0", "192.0.2.1/24")
	h.Up("eth0")
	h.Up("wire0")
	l := &lan{Host: h, ifindex: h.Index("eth0")}
	h.Do(func() {
		var err error
		if l.wire, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { unix.Close(l.wire) })
	return l
}

// send puts a frame on the wire in front of eth0.
func (l *lan) send(t testing.TB, frame []byte) {
	t.Helper()
	l.sendTo(t, l.Index("wire0"), frame)
}

func (l *lan) sendTo(t testing.TB, ifindex int, frame []byte) {
	t.Helper()
	to := &unix.SockaddrLinklayer{Ifindex: ifindex}
	err := unix.Sendto(l.wire, frame, 0, to)
	for end := time.Now().Add(patience); err == unix.ENOBUFS && time.Now().Before(end); {
		time.Sleep(time.Millisecond) // a flood has filled the queue; an emulated kernel empties it slowly
		err = unix.Sendto(l.wire, frame, 0, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// counting is a Sink that only counts.
type counting struct{ datagrams, claims, wakeups int }

func (c *counting) Datagram(wire.Datagram) { c.datagrams++ }
func (c *counting) Foreign(wire.Datagram)  {}
func (c *counting) Claim(Claim)            { c.claims++ }
func (c *counting) Wakeup(time.Time)       { c.wakeups++ }
func (c *counting) Interrupted()           {}

func (l *lan) router(vrid uint8) Router {
	return Router{
		IfIndex: l.ifindex, Family: wire.IPv4, VRID: vrid, Multicast: true,
		Group: netip.MustParseAddr("224.0.0.18"),
		Own:   []netip.Addr{netip.MustParseAddr("192.0.2.1")},
	}
}

// load makes a Datapath that ends with the test and leaves nothing.
func load(t testing.TB, cfg Config) *Datapath {
	t.Helper()
	d, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

func TestReceiveInEveryMode(t *testing.T) {
	for _, want := range []Mode{XDP, XDPGeneric, TC, Socket} {
		t.Run(string(want), func(t *testing.T) {
			l := newLAN(t)
			l.Firewall(lab.EstablishedOnly)
			d := load(t, Config{})
			l.Do(func() {
				if err := d.SetRouters([]Router{l.router(7)}); err != nil {
					t.Fatal(err)
				}
				if used, err := d.Attach(l.ifindex, want); err != nil || used != want {
					t.Fatalf("Attach = %q, %v", used, err)
				}
			})
			sink := &recorder{}
			start(t, d, sink)

			before := time.Now()
			ip := advert(7, "192.0.2.9", nil)
			l.send(t, frame(ip))
			testnet.Eventually(t, patience, sink.heardAtLeast(1))
			got := sink.heard()[0]
			if got.IfIndex != l.ifindex || !bytes.Equal(got.IP[:len(ip)], ip) || got.SourceMAC != testMAC {
				t.Errorf("heard %+v", got)
			}
			if got.At.Before(before.Add(-time.Millisecond)) || got.At.After(time.Now()) {
				t.Errorf("arrived at %v, sent between %v and now", got.At, before)
			}
		})
	}
}
