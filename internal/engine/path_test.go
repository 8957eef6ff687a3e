package engine

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

const otherIfindex = 8

var (
	oursThere = netip.MustParseAddr("198.51.100.1")
	peerThere = netip.MustParseAddr("198.51.100.2")
)

// ear is a PathProbe.
type ear struct {
	heard, sent int
	rejected    []wire.Reject
}

func (e *ear) Heard(time.Time, netip.Addr)           { e.heard++ }
func (e *ear) Rejected(r wire.Reject, _ netip.Addr)  { e.rejected = append(e.rejected, r) }
func (e *ear) Sent()                                 { e.sent++ }
func (e *ear) SendFailed(peer netip.Addr, err error) { panic(err) }

func ring(t testing.TB, octet byte) wire.Auth {
	t.Helper()
	key, err := wire.NewKey(1, bytes.Repeat([]byte{octet}, wire.MinKeyLen))
	if err != nil {
		t.Fatal(err)
	}
	return wire.Auth{HMAC: wire.HMAC{Keys: []wire.Key{key}, Active: 1, Window: 5 * time.Second}}
}

// withPath gives a router a second path.
func (b *bench) withPath(s Spec, addrs ...netip.Addr) (Spec, *ear) {
	e := &ear{}
	if len(addrs) > 0 {
		s.Receive.Addresses, s.Advert.Addresses = addrs, addrs
	}
	s.Election.Paths = 1
	p := Path{Number: 1, Receive: s.Receive, Advert: s.Advert, Auth: ring(b.t, 1), Probe: e}
	p.Receive.Group, p.Receive.Auth = wire.HeartbeatGroup4, p.Auth
	s.Paths = []Path{p}
	return s, e
}

func (b *bench) bindPath(router string) {
	b.t.Helper()
	if err := b.e.Settle(BindPath{
		Router: router, Number: 1, IfIndex: otherIfindex, Out: b, Source: oursThere, Local: []netip.Addr{oursThere},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// beat is a heartbeat of the peer.
func beat(t testing.TB, s *wire.Signer, vrid, priority uint8, addrs ...netip.Addr) []byte {
	t.Helper()
	if len(addrs) == 0 {
		addrs = []netip.Addr{vip}
	}
	s.Next(time.Now())
	a := wire.Advert{
		Version: 3, VRID: vrid, Priority: priority, Interval: time.Second, Addresses: addrs, Src: peerThere, Dst: wire.HeartbeatGroup4,
		Heartbeat: true, Signer: s,
	}
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	return a.Append(nil)
}

func (b *bench) hearThere(ip []byte) {
	b.on(func() { b.e.Datagram(wire.Datagram{At: time.Now(), IfIndex: otherIfindex, IP: ip}) })
}

func signer(t testing.TB, octet byte) *wire.Signer {
	t.Helper()
	s, err := wire.NewSigner(ring(t, octet))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHeartbeatsHoldABackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		s, ear := b.withPath(b.spec("VI_1", 51, 100))
		b.run(s)
		b.bindPath("VI_1")
		mine, foreign := signer(t, 1), signer(t, 2)
		var last []byte
		for range 10 {
			last = beat(t, mine, 51, 200)
			b.hearThere(last)
			time.Sleep(time.Second)
		}
		if st := b.state(); st != vrrp.Backup || ear.heard != 10 {
			t.Fatalf("%v after %d heartbeats", st, ear.heard)
		}
		// Neither who has no key nor what was heard before holds any longer.
		for range 4 {
			b.hearThere(beat(t, foreign, 51, 200))
			b.hearThere(last)
			time.Sleep(900 * time.Millisecond)
		}
		if st := b.state(); st != vrrp.Active {
			t.Errorf("%v: held by heartbeats that are none", st)
		}
		if len(ear.rejected) < 2 || !slices.Equal(ear.rejected[:2], []wire.Reject{wire.HMACInvalid, wire.HMACReplay}) {
			t.Errorf("rejected: %v", ear.rejected)
		}
		if len(b.reject) != 0 || len(b.stray) != 0 {
			t.Errorf("counted for the adverts: %v, as stray %v", b.reject, b.stray)
		}
		var before, after int
		b.on(func() { before = ear.sent }) // the loop's thread counts
		time.Sleep(3 * time.Second)
		b.on(func() { after = ear.sent })
		if after != before+3 {
			t.Errorf("%d heartbeats sent within 3 s", after-before)
		}
		b.close()
		p, _ := wire.Open(b.sent[len(b.sent)-1])
		if p, ok := p.Heartbeat(); !ok || p.Priority() != 0 {
			t.Errorf("the last that was sent is no goodbye on the path: %v", p)
		}
	})
}

// Two routers of one VRID on different interfaces may have one path: their
// addresses tell whose heartbeat it is.
func TestHeartbeatsOfOneVRID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		second := netip.MustParseAddr("203.0.113.100")
		one, earOne := b.withPath(b.spec("VI_1", 51, 100))
		two, earTwo := b.withPath(b.spec("VI_2", 51, 100), second)
		b.run(one)
		if err := b.e.Settle(Add{Group: "VI_2", Members: []Spec{two}}); err != nil {
			t.Fatal(err)
		}
		b.bindPath("VI_1")
		b.bindPath("VI_2")
		s := signer(t, 1)
		b.hearThere(beat(t, s, 51, 200))
		b.hearThere(beat(t, s, 51, 200, second))
		b.hearThere(beat(t, s, 51, 200, second, vip.Next()))
		b.hearThere(beat(t, s, 51, 200, vip.Next())) // whose?
		if earOne.heard != 1 || earTwo.heard != 2 {
			t.Errorf("VI_1 heard %d, VI_2 %d; want 1 and 2", earOne.heard, earTwo.heard)
		}
		b.close()
	})
}

// A change of the settings brings, keeps and takes paths; what stays keeps its
// marks against replay.
func TestChangeOfPaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		plain := b.spec("VI_1", 51, 100)
		b.run(plain)
		s, ear := b.withPath(plain)
		change := func(s Spec) {
			t.Helper()
			if err := b.e.Settle(Change{Spec: s}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.e.Settle(BindPath{Router: "VI_1", Number: 1, IfIndex: otherIfindex}); err == nil {
			t.Error("a path that is not there can be bound")
		}
		change(s)
		b.bindPath("VI_1")
		sign := signer(t, 1)
		first := beat(t, sign, 51, 200)
		b.hearThere(first)
		change(s)
		b.hearThere(first)
		if ear.heard != 1 || !slices.Equal(ear.rejected, []wire.Reject{wire.HMACReplay}) {
			t.Errorf("heard %d, rejected %v", ear.heard, ear.rejected)
		}
		bad := s
		bad.Paths = []Path{s.Paths[0]}
		bad.Paths[0].Auth = wire.Auth{}
		if err := b.e.Settle(Change{Spec: bad}); err == nil {
			t.Error("a path without a key is taken")
		}
		change(plain)
		b.hearThere(beat(t, sign, 51, 200))
		if ear.heard != 1 {
			t.Errorf("heard %d after the path was taken away", ear.heard)
		}
		b.close()
	})
}
