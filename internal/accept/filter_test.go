package accept

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// start makes a filter in the host's network and starts it.
func start(t *testing.T, h *testnet.Host, fill func(*Filter)) *Filter {
	t.Helper()
	f := New("xvrrp-test", func(err error) { t.Log(err) })
	fill(f)
	h.Do(func() { must(t, f.Start()) })
	t.Cleanup(func() { must(t, f.Close()) })
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tables are the names of all tables on the host.
func tables(t *testing.T, h *testnet.Host) (names []string) {
	t.Helper()
	c, err := nftables.New(nftables.WithNetNSFd(int(h.NS())))
	must(t, err)
	list, err := c.ListTables()
	must(t, err)
	for _, table := range list {
		names = append(names, table.Name)
	}
	return names
}

// pair is a host under test and another one on the same wire.
func pair(t *testing.T) (a, c *testnet.Host) {
	t.Helper()
	n := testnet.New(t)
	lan := n.Switch("lan")
	a, c = n.Host("a"), n.Host("c")
	lan.Connect(a, "eth0", "192.0.2.1/24", "2001:db8::1/64")
	lan.Connect(c, "eth0", "192.0.2.9/24", "2001:db8::9/64")
	return a, c
}

// answered waits for a ping's answer; unanswered is sure that none comes while another address answers.
func answered(t *testing.T, c *testnet.Host, ip string) {
	t.Helper()
	p := c.Ping(ip, 5*time.Millisecond)
	testnet.Eventually(t, 10*time.Second, func() error {
		for _, e := range p.Echoes() {
			if !e.Answered.IsZero() {
				return nil
			}
		}
		return fmt.Errorf("%s does not answer", ip)
	})
}

func unanswered(t *testing.T, c *testnet.Host, ip, other string) {
	t.Helper()
	p := c.Ping(ip, 5*time.Millisecond)
	testnet.Eventually(t, 10*time.Second, func() error {
		if len(p.Echoes()) < 5 {
			return fmt.Errorf("%d echoes", len(p.Echoes()))
		}
		return nil
	})
	answered(t, c, other) // those before it had time to be
	for _, e := range p.Echoes() {
		if !e.Answered.IsZero() {
			t.Fatalf("%s answers", ip)
		}
	}
}

// neighbour waits until c knows the MAC of an address and returns it.
func neighbour(t *testing.T, c *testnet.Host, ip string) (mac string) {
	t.Helper()
	testnet.Eventually(t, 5*time.Second, func() error {
		list, err := c.Netlink().NeighList(c.Index("eth0"), 0)
		if err != nil {
			return err
		}
		for _, n := range list {
			if n.IP.String() == ip && len(n.HardwareAddr) == 6 && n.State&(netlink.NUD_REACHABLE|netlink.NUD_STALE|netlink.NUD_DELAY|netlink.NUD_PROBE) != 0 {
				mac = n.HardwareAddr.String()
				return nil
			}
		}
		return fmt.Errorf("%s does not answer for its MAC", ip)
	})
	return mac
}

// A refused address is there for ARP and neighbour discovery and for nothing else.
func TestRefuse(t *testing.T) {
	a, c := pair(t)
	vips := []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::10")}
	a.AddAddress("eth0", "192.0.2.10/32")
	a.AddAddress("eth0", "2001:db8::10/128")
	f := start(t, a, func(f *Filter) { must(t, f.Refuse("VI_1", vips)); must(t, f.Refuse("VI_2", vips[:1])) })
	mac := a.Link("eth0").Attrs().HardwareAddr.String()
	for vip, real := range map[string]string{"192.0.2.10": "192.0.2.1", "2001:db8::10": "2001:db8::1"} {
		unanswered(t, c, vip, real)
		if got := neighbour(t, c, vip); got != mac {
			t.Errorf("%s is at %s, want %s", vip, got, mac)
		}
	}
	answered(t, a, "192.0.2.10") // from itself

	must(t, f.Refuse("VI_1", nil))
	answered(t, c, "2001:db8::10")
	unanswered(t, c, "192.0.2.10", "192.0.2.1") // VI_2 still does
	must(t, f.Refuse("VI_2", nil))
	answered(t, c, "192.0.2.10")
}

// A table is there when it is needed, replaces a predecessor's, returns when flushed, and goes at the end.
func TestTable(t *testing.T) {
	a, c := pair(t)
	a.AddAddress("eth0", "192.0.2.10/32")
	vip := []netip.Addr{netip.MustParseAddr("192.0.2.10")}
	killed := New("xvrrp-test", nil)
	must(t, killed.Refuse("VI_9", []netip.Addr{netip.MustParseAddr("192.0.2.1")}))
	a.Do(func() { must(t, killed.Start()) })
	must(t, killed.Leave())
	if got := tables(t, a); !slices.Equal(got, []string{"xvrrp-test"}) {
		t.Fatalf("after a kill: %v", got)
	}
	var f *Filter
	a.Do(func() {
		f = New("xvrrp-test", func(err error) { t.Log(err) })
		must(t, f.Refuse("VI_1", vip))
		must(t, f.Start())
	})
	unanswered(t, c, "192.0.2.10", "192.0.2.1")

	flush, err := nftables.New(nftables.WithNetNSFd(int(a.NS())))
	must(t, err)
	flush.FlushRuleset()
	must(t, flush.Flush())
	testnet.Eventually(t, 5*time.Second, func() error {
		if got := tables(t, a); !slices.Equal(got, []string{"xvrrp-test"}) {
			return fmt.Errorf("after a flush: %v", got)
		}
		return nil
	})
	unanswered(t, c, "192.0.2.10", "192.0.2.1")
	must(t, f.Close())
	if got := tables(t, a); len(got) > 0 {
		t.Errorf("at the end: %v", got)
	}

	a.Do(func() { // with nothing to do, a predecessor's goes and none comes
		killed := New("xvrrp-test", nil)
		must(t, killed.Refuse("VI_1", vip))
		must(t, killed.Start())
		must(t, killed.Leave())
		f := New("xvrrp-test", nil)
		must(t, f.Start())
		must(t, f.Close())
	})
	if got := tables(t, a); len(got) > 0 {
		t.Errorf("with nothing to do: %v", got)
	}
}

// A silent interface neither hears nor speaks; a borrowed link-local address is not answered for.
func TestSilence(t *testing.T) {
	a, c := pair(t)
	f := start(t, a, func(f *Filter) {})
	index := a.Index("eth0")
	answered(t, c, "192.0.2.1")
	must(t, f.Silence(index))
	must(t, f.Silence(index))
	wire := c.Capture("eth0")
	p := c.Ping("192.0.2.1", 5*time.Millisecond)
	a.AddAddress("eth0", "2001:db8::77/64") // makes the kernel report a group by MLD
	testnet.Throughout(t, 1500*time.Millisecond, func() error {
		for _, e := range p.Echoes() {
			if !e.Answered.IsZero() {
				return fmt.Errorf("an answer")
			}
		}
		return nil
	})
	mac := string(a.Link("eth0").Attrs().HardwareAddr)
	sent := func(f lab.Frame) bool { // ARP is not IP's
		return string(f.Data[6:12]) == mac && !(f.Data[12] == 0x08 && f.Data[13] == 0x06)
	}
	for _, frame := range wire.Matching(sent) {
		t.Errorf("a silent interface sent %x", frame.Data)
	}

	must(t, f.Speak(index))
	answered(t, c, "192.0.2.1")
	a.AddAddress("eth0", "2001:db8::78/64")
	testnet.Eventually(t, 5*time.Second, func() error {
		for _, frame := range wire.Matching(sent) {
			if string(frame.Data[:6]) == "\x33\x33\x00\x00\x00\x16" { // MLDv2
				return nil
			}
		}
		return errors.New("no report of a group, so none was kept back")
	})

	// The answer to a solicitation is kept back for the copy alone, and until the copy is gone.
	must(t, f.Borrow(index, netip.MustParseAddr("2001:db8::78")))
	must(t, f.Borrow(index, netip.MustParseAddr("2001:db8::77")))
	answered(t, c, "2001:db8::78")
	unanswered(t, c, "2001:db8::77", "2001:db8::1")
	must(t, f.Forget(index))
	answered(t, c, "2001:db8::77")
}

// Many at once, and more than one message holds.
func TestMany(t *testing.T) {
	a, _ := pair(t)
	f := start(t, a, func(f *Filter) {})
	var vips []netip.Addr
	for i := range 1200 {
		vips = append(vips, netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}))
	}
	must(t, f.Refuse("VI_0", vips))
	began := time.Now()
	done := make(chan error)
	for i := range 250 {
		go func() { done <- f.Silence(1000 + i) }()
	}
	for range 250 {
		must(t, <-done)
	}
	t.Logf("250 at once took %v", time.Since(began))
	if len(f.have) != 1450 {
		t.Errorf("%d elements stand", len(f.have))
	}
	began = time.Now()
	must(t, f.Speak(1000))
	t.Logf("one took %v", time.Since(began))
}
