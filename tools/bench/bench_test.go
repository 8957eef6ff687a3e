package main

import (
	"encoding/binary"
	"encoding/xml"
	"io"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/lab"
)

func TestQuantile(t *testing.T) {
	s := series{Values: []float64{5, 1, 4, 2, 3}}
	for q, want := range map[float64]float64{0: 1, 0.2: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := s.quantile(q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := (series{}).quantile(0.5); !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}

// One late advert moves the drift by far less than its lateness.
func TestSlope(t *testing.T) {
	begin := time.Now()
	var at []time.Time
	for i := range 1000 {
		at = append(at, begin.Add(time.Duration(i)*10001*time.Microsecond))
	}
	if got := 1e6 * (slope(at, 10*time.Millisecond)/0.010 - 1); math.Abs(got-100) > 0.01 {
		t.Errorf("a period of 10.001 ms drifts by %v ppm, want 100", got)
	}
	at[500] = at[500].Add(time.Millisecond)
	if got := 1e6 * (slope(at, 10*time.Millisecond)/0.010 - 1); math.Abs(got-100) > 0.1 {
		t.Errorf("with one late advert: %v ppm", got)
	}
	at[500] = at[500].Add(6 * time.Millisecond)
	if got := 1e6 * (slope(at, 10*time.Millisecond)/0.010 - 1); math.Abs(got-100) > 1 {
		t.Errorf("with one that the next follows closely: %v ppm", got)
	}
	at = append(at[:300:300], at[301:]...)
	if got := 1e6 * (slope(at, 10*time.Millisecond)/0.010 - 1); math.Abs(got-100) > 1 {
		t.Errorf("with one advert left out as well: %v ppm", got)
	}
}

func TestReadFrames(t *testing.T) {
	mac, vip := [6]byte{2, 0, 0, 0, 0, 1}, netip.MustParseAddr("10.1.1.51")
	ether := func(kind ...byte) []byte {
		return append(append([]byte{1, 1, 1, 1, 1, 1}, mac[:]...), kind...)
	}
	ip := func(protocol byte, from string) []byte {
		h := make([]byte, 20)
		h[9] = protocol
		copy(h[12:], netip.MustParseAddr(from).AsSlice())
		return h
	}
	advert := lab.Frame{Data: append(append(ether(8, 0), ip(protoVRRP, "10.1.0.1")...), 0x31, 51, 100, 1, 0, 1, 0, 0)}
	if a, ok := readAdvert(advert); !ok || a.from != address(0, 1) || a.vrid != 51 || a.priority != 100 {
		t.Errorf("advert: %+v, %v", a, ok)
	}
	reply := lab.Frame{Data: append(append(ether(8, 0), ip(protoICMP, "10.1.1.51")...), 0, 0, 0, 0)}
	if !isAnswer(reply, vip, mac) || isAnswer(reply, vip, [6]byte{9}) || isAnswer(advert, vip, mac) {
		t.Error("echo reply")
	}
	arp := make([]byte, 28)
	copy(arp[8:], mac[:])
	copy(arp[14:], vip.AsSlice())
	copy(arp[24:], vip.AsSlice())
	garp := lab.Frame{Data: append(ether(8, 6), arp...)}
	if !isAnnouncement(garp, vip, mac) || isAnnouncement(garp, address(0, 1), mac) || isAnnouncement(reply, vip, mac) {
		t.Error("gratuitous ARP")
	}
	for n := range len(advert.Data) { // cut short, nothing is read and nothing panics
		if _, ok := readAdvert(lab.Frame{Data: advert.Data[:n]}); ok {
			t.Errorf("%d bytes were read as an advert", n)
		}
		isAnswer(lab.Frame{Data: reply.Data[:min(n, len(reply.Data))]}, vip, mac)
		isAnnouncement(lab.Frame{Data: garp.Data[:min(n, len(garp.Data)-1)]}, vip, mac)
	}
}

// The plot is well-formed XML and stays on its paper.
func TestDistribution(t *testing.T) {
	text := distribution("a <title> & more", "ms", 0.1, []curve{{"one", []float64{-3, 0.2, 5, 700}}, {"two", nil}})
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("not a number in\n%s", text)
	}
}

func TestConfigText(t *testing.T) {
	c := config{interfaces: 4, routers: 1000, interval: 100 * time.Millisecond, owners: true}
	a, b := &node{number: 1}, &node{number: 2}
	if got := strings.Count(c.text(a, ""), "vrrp_instance"); got != 1000 {
		t.Errorf("%d instances", got)
	}
	if c.priority(a) <= c.priority(b) || c.down(a) >= c.down(b) {
		t.Error("the first director is not the better one")
	}
	if got := one(time.Millisecond).text(a, ""); !strings.Contains(got, "advert_int 0.01\n") {
		t.Errorf("a fine interval is no keyword of keepalived's:\n%s", got)
	}
}

func TestTable(t *testing.T) {
	var tab table
	tab.row("a", "b")
	tab.row(figure(1234), times(1, 4))
	if got, want := tab.String(), "| a | b |\n|---|---|\n| 1234 | 0.250 × |\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := times(1, 0); got != "–" {
		t.Errorf("a ratio to nothing: %s", got)
	}
}

// Two hosts answer for a while, then nobody, then one: counted by questions, so
// that a judge that did not ask, or an answer that came late, makes no owner and
// no gap.
func TestJudgeOwners(t *testing.T) {
	vip, begin := virtual(0, vrid), time.Now()
	a, b := [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	reply := func(mac [6]byte) []byte {
		f := question(mac, vip, address(0, 9))
		f[etherLen+7] = 2
		return f
	}
	var frames []lab.Frame
	ask := func(at time.Duration, from ...[6]byte) {
		frames = append(frames, lab.Frame{At: begin.Add(at), Out: true, Data: question([6]byte{9}, address(0, 9), vip)})
		for _, mac := range from {
			frames = append(frames, lab.Frame{At: begin.Add(at + time.Millisecond), Data: reply(mac)})
		}
	}
	var at time.Duration
	for i := range 100 {
		at += askEvery
		if i == 70 {
			at += 400 * time.Millisecond // the judge slept
		}
		switch {
		case i >= 20 && i < 40 && i != 30 && i != 31: // two answers of b got lost
			ask(at, a, b)
		case i >= 50 && i < 60:
			ask(at)
		default:
			ask(at, a)
		}
	}
	got := judgeOwners(frames, vip, begin, begin.Add(at))
	if want := (owners{most: 2, end: 1, two: 20 * askEvery, none: 10 * askEvery}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The promise is judged where it holds: xvrrp with hold, and ARP crosses.
func TestVerdict(t *testing.T) {
	row := func(couple, name string, two float64) series {
		return series{Daemon: couple, Interval: "100ms", Load: name, What: "longest with two owners", Values: []float64{two}}
	}
	kept := results{row("xvrrp hold", "x", 380), row("xvrrp hold", "x"+noARP+", for ever", 5000), row("keepalived", "x", 5000)}
	if got := verdict(kept); !strings.Contains(got, "PASS, 1 rows") {
		t.Error(got)
	}
	if got := verdict(append(kept, row("xvrrp hold", "y", 382))); !strings.Contains(got, "FAIL, 1 of 2 rows") || !strings.Contains(got, "y: 382 ms, allowed are 381 ms") {
		t.Error(got)
	}
	if got := verdict(nil); !strings.Contains(got, "not measured") {
		t.Error(got)
	}
}

// A storm is read from the wire: the gaps of the watched router's adverts that began before the storm's end, the routers
// that came, and what was announced.
func TestReadStorm(t *testing.T) {
	heir := &node{number: 2, ports: []*lab.Port{{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}}}}
	begin := time.Now()
	advert := func(at time.Duration, vrid byte) lab.Frame {
		ip := make([]byte, 20)
		ip[9] = protoVRRP
		copy(ip[12:], heir.addr().AsSlice())
		return lab.Frame{At: begin.Add(at), Data: append(append(append(make([]byte, 12), 8, 0), ip...), 0x31, vrid, 100, 1, 0, 1, 0, 0)}
	}
	told := func(at time.Duration, ip netip.Addr) lab.Frame {
		f := question(heir.mac(), ip, ip)
		return lab.Frame{At: begin.Add(at), Data: f}
	}
	ms := time.Millisecond
	s := readStorm([]lab.Frame{
		advert(-20*ms, stormWatched), advert(-10*ms, 7), // before the death: not of it
		advert(0, stormWatched), advert(10*ms, stormWatched),
		advert(12*ms, 1), told(13*ms, virtual(0, 1)), told(14*ms, virtual(0, stormWatched)), advert(15*ms, 2), told(30*ms, virtual(0, 2)), told(40*ms, virtual(0, 1)),
		advert(45*ms, stormWatched), advert(54*ms, stormWatched), advert(12*ms+stormSpan, stormWatched), advert(2*stormSpan, stormWatched),
	}, begin, heir)
	if s.routers != 2 || len(s.told) != 2 || s.last.Sub(s.first) != 18*ms {
		t.Errorf("%d routers, %d addresses in %v", s.routers, len(s.told), s.last.Sub(s.first))
	}
	if want := []float64{25, 1, 448}; !slices.Equal(s.off, want) {
		t.Errorf("off by %v, want %v", s.off, want)
	}
}

// The rows of many addresses, IPv6 beside IPv4, and what the kernel takes alone.
func TestAddressRows(t *testing.T) {
	one := func(daemon, load, what string, v float64) series {
		return series{Scenario: "addresses", Daemon: daemon, Interval: "100ms", Load: load, What: what, Values: []float64{v}}
	}
	var data results
	for _, load := range []string{"1000 addresses", "1000 /16 addresses", "1000 IPv6 addresses"} {
		data = append(data, one("xvrrp", load, lastAnnounced, 12), one("keepalived", load, lastAnnounced, 24), one(kernelAlone.name, load, addedAlone, 10))
	}
	p := &page{data: data}
	if err := held(p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 1000 | last address announced | 1 | 12.0 | 12.0 | 24.0 | 24.0 | 0.500 × |", "| 1000 IPv6 | last address announced |", "| 1000 /16 | last address announced |",
		"| 1000 | kernel alone, added in one write | 1 | 10.0 | 10.0 |", "0.417 × of keepalived's time for 1000 addresses",
	} {
		if !strings.Contains(p.text.String(), want) {
			t.Errorf("no %q in\n%s", want, p.text.String())
		}
	}
	if got := (config{addresses: 3, lan: true}); got.prefix(2).Bits() != lanBits || got.size() != "3 /16 addresses" {
		t.Errorf("%v of %q", got.prefix(2), got.size())
	}
	c := config{addresses: 300, ipv6: true}
	seen := map[netip.Addr]bool{}
	for i := range c.addresses {
		ip := c.vip(i)
		if seen[ip] || !c.has(ip) || ip.Is6() != (i > 0) {
			t.Fatalf("address %d is %v", i, ip)
		}
		seen[ip] = true
	}
}

// The witness hears of its address alone, and only that it stands.
func TestWitness(t *testing.T) {
	news := func(typ uint16, addr string) []byte {
		b := appendAddition(nil, 1, netip.PrefixFrom(netip.MustParseAddr(addr), 32), false)
		binary.NativeEndian.PutUint16(b[4:], typ)
		return b
	}
	for _, c := range []struct {
		of, addr string
		typ      uint16
		heard    bool
	}{
		{"10.1.16.1", "10.1.16.1", unix.RTM_NEWADDR, true},
		{"10.1.16.1", "10.1.16.1", unix.RTM_DELADDR, false},
		{"10.1.16.1", "10.1.16.2", unix.RTM_NEWADDR, false},
		{"10.1.16.1", "2001:db8::1", unix.RTM_NEWADDR, false},
		{"2001:db8:1::7", "2001:db8:1::7", unix.RTM_NEWADDR, true},
		{"2001:db8:1::7", "2001:db8:1::7", unix.RTM_DELADDR, false},
		{"2001:db8:1::7", "2001:db8:1::8", unix.RTM_NEWADDR, false},
		{"2001:db8:1::7", "2001:db8:2::7", unix.RTM_NEWADDR, false},
		{"2001:db8:1::7", "10.1.16.1", unix.RTM_NEWADDR, false},
	} {
		vm, err := bpf.NewVM(standsNow(netip.MustParseAddr(c.of)))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := vm.Run(news(c.typ, c.addr)); err != nil || (n > 0) != c.heard {
			t.Errorf("the witness of %s, message %d of %s: %d, %v", c.of, c.typ, c.addr, n, err)
		}
	}
}
