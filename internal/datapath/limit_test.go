package datapath

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// repeat runs a frame many times and returns what was counted.
func (c *court) repeat(t testing.TB, frame []byte, times int) (made [verdicts]uint64) {
	t.Helper()
	before := c.counts(t)
	opts := runOptions(frame)
	opts.Repeat = uint32(times)
	if _, err := c.program().Run(opts); err != nil {
		t.Fatal(err)
	}
	for v, n := range c.counts(t) {
		made[v] = n - before[v]
	}
	return made
}

// limitedCourt has multicast router 7, unicast router 9 and a low limit: 100
// adverts a second, 50 of one sender, in bursts of a quarter of a second.
func limitedCourt(t *testing.T, hook string) *court {
	c := newCourt(t, Config{FloodLimit: 100}, hook)
	if err := c.SetRouters(tableRouters()); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOneSenderIsLimited(t *testing.T) {
	for _, hook := range []string{"xdp", "tc"} {
		c := limitedCourt(t, hook)
		got := c.repeat(t, frame(advert(7, peer4, nil)), 50_000)
		if n := got[Accepted]; n < 10 || n > 60 {
			t.Errorf("%s: %d accepted", hook, n)
		}
		if got[FloodSource] < 49_000 {
			t.Errorf("%s: %d refused for their source", hook, got[FloodSource])
		}
		if n := ringRecords(c.Datapath); n != int(got[Accepted]) {
			t.Errorf("%s: %d records for %d accepted", hook, n, got[Accepted])
		}
	}
}

// TestIncumbentGetsThrough: whatever many others send, with good
// checksums, the sender that was there first is heard.
func TestIncumbentGetsThrough(t *testing.T) {
	for _, hook := range []string{"xdp", "tc"} {
		c := limitedCourt(t, hook)
		incumbent := frame(advert(7, peer4, nil))
		if got := c.judge(t, incumbent); got.verdict != "accepted" {
			t.Fatalf("%s: %v", hook, got)
		}
		var total [verdicts]uint64
		for i := range 50 {
			stranger := frame(advert(7, fmt.Sprintf("198.51.100.%d", i+1), nil))
			for v, n := range c.repeat(t, stranger, 500) {
				total[v] += n
			}
			if i%10 == 0 {
				ringRecords(c.Datapath)
				if got := c.judge(t, incumbent); got.verdict != "accepted" {
					t.Fatalf("%s: the incumbent after %d strangers: %v", hook, i, got)
				}
			}
		}
		if total[Accepted] > total[FloodInterface] || total[FloodSource] < 20_000 {
			t.Errorf("%s: %d refused for the interface, %d for their source, %d accepted",
				hook, total[FloodInterface], total[FloodSource], total[Accepted])
		}
	}
}

// TestPeerGetsThrough: the same for a unicast peer, and for a sender that a
// multicast router was told of.
func TestPeerGetsThrough(t *testing.T) {
	for _, hook := range []string{"xdp", "tc"} {
		c := limitedCourt(t, hook)
		known := tableRouters()[0]
		known.Peers = []wire.Peer{{Addr: netip.MustParseAddr(peer4)}}
		if err := c.SetRouters(append(tableRouters()[1:], known)); err != nil {
			t.Fatal(err)
		}
		for i := range 30 { // the first of them becomes the incumbent
			c.repeat(t, frame(advert(7, fmt.Sprintf("198.51.100.%d", i+1), nil)), 50)
			c.repeat(t, frame(advert(9, fmt.Sprintf("198.51.100.%d", i+1), to("192.0.2.1", 0))), 50)
		}
		ringRecords(c.Datapath)
		if got := c.judge(t, frame(advert(7, peer4, nil))); got.verdict != "accepted" {
			t.Errorf("%s: multicast: %v", hook, got)
		}
		if got := c.judge(t, frame(advert(9, peer4, to("192.0.2.1", 0)))); got.verdict != "consumed" {
			t.Errorf("%s: unicast: %v", hook, got)
		}
	}
}

// TestJunkCostsLittle: refused adverts cost a bounded number of records.
func TestJunkCostsLittle(t *testing.T) {
	for _, hook := range []string{"xdp", "tc"} {
		c := limitedCourt(t, hook)
		good := advert(7, peer4, nil)
		for name, junk := range map[string][]byte{
			"ttl": set(good, 8, 1), "checksum": set(good, 26, 0), "type": set(good, 20, 0x32), "own_source": advert(7, "192.0.2.1", nil),
		} {
			c.refill(t)
			c.repeat(t, frame(junk), 20_000)
			if n := ringRecords(c.Datapath); n < 1 || n > 200 {
				t.Errorf("%s, %s: %d records of 20000", hook, name, n)
			}
			if got := c.judge(t, frame(good)); got.verdict != "accepted" {
				t.Errorf("%s, after %s: %v", hook, name, got)
			}
		}
	}
}

// TestLastGood: the kernel knows when it heard whom, and forgets it with the router.
func TestLastGood(t *testing.T) {
	c := newCourt(t, Config{}, "xdp")
	routers := tableRouters()
	if err := c.SetRouters(routers); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, err := c.LastGood(routers[0]); ok || err != nil {
		t.Errorf("before any advert: %v, %v", ok, err)
	}
	before := time.Now()
	c.judge(t, frame(advert(7, peer4, nil)))
	c.judge(t, frame(set(advert(7, "192.0.2.66", nil), 8, 1))) // forged: does not count
	at, from, ok, err := c.LastGood(routers[0])
	if err != nil || !ok || from.String() != peer4 || at.Before(before) || at.After(time.Now()) {
		t.Errorf("%v from %v, %v, %v", at, from, ok, err)
	}
	c.judge(t, frame(advert(7, peer6, nil)))
	if _, from, _, _ := c.LastGood(routers[1]); from.String() != peer6 {
		t.Errorf("IPv6: from %v", from)
	}
	if err := c.SetRouters(routers); err != nil { // a reload forgets nothing
		t.Fatal(err)
	}
	if again, _, ok, _ := c.LastGood(routers[0]); !ok || again.Sub(at).Abs() > time.Millisecond {
		t.Errorf("after a reload: %v, %v", again, ok)
	}
	if err := c.SetRouters(routers[1:]); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, _ := c.LastGood(routers[0]); ok {
		t.Error("a router that has gone is still remembered")
	}
}

// TestFullRingKeepsTheLastWord: the newest advert of each router is handed over
// although the ring was full, after those in the ring and before the wake-up.
func TestFullRingKeepsTheLastWord(t *testing.T) {
	for _, hook := range []string{"xdp", "tc"} {
		c := newCourt(t, Config{FloodLimit: 1_000_000_000}, hook)
		if err := c.SetRouters(tableRouters()); err != nil {
			t.Fatal(err)
		}
		long := frame(advert(7, peer4, addresses(255)))
		fills := c.repeat(t, long, 10_000)[RingFull] > 0 && c.repeat(t, frame(advert(7, peer4, nil)), 100)[RingFull] > 0
		if !fills {
			t.Fatal("the ring is not full")
		}
		last := advert(7, peer4, func(a *wire.Advert) { a.Priority = 42 })
		v6 := advert(7, peer6, nil)
		for _, ip := range [][]byte{last, v6} {
			if got := c.judgeQuietly(t, frame(ip)); got != RingFull {
				t.Fatalf("%s: %v", hook, got)
			}
		}
		c.Wake(time.Now())
		sink := &recorder{}
		c.turn(sink)
		heard := sink.heard()
		n := len(heard)
		if n < 3 || string(heard[n-2].IP) != string(last) || string(heard[n-1].IP) != string(v6) {
			t.Fatalf("%s: the spilled adverts did not come last", hook)
		}
		for i := range heard[1:] {
			if heard[i+1].At.Before(heard[i].At) {
				t.Fatalf("%s: datagram %d is older than the one before", hook, i+1)
			}
		}
		again := &recorder{}
		c.turn(again)
		if len(again.heard()) != 0 {
			t.Errorf("%s: handed over twice", hook)
		}
	}
}
