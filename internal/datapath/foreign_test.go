package datapath

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// foreignCase is an advert, and whether it shows that another virtual router has an address of ours.
type foreignCase struct {
	name  string
	ip    []byte
	rival bool
}

// filled are n addresses of nobody's, with one in the middle of them or at their end.
func filled(n int, family wire.Family, at int, one string) (list []netip.Addr) {
	for i := range n {
		a := netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})
		if family == wire.IPv6 {
			a = netip.AddrFrom16([16]byte{0xfe, 0x80, 14: byte(i >> 8), 15: byte(i)})
		}
		list = append(list, a)
	}
	list[at] = netip.MustParseAddr(one)
	return list
}

func foreignCases() []foreignCase {
	list := func(n int, family wire.Family, at int, one string) func(*wire.Advert) {
		return func(a *wire.Advert) { a.Addresses = filled(n, family, at, one) }
	}
	version2 := func(a *wire.Advert) { a.Version = wire.V2 }
	short := advert(8, peer4, nil)
	short[20+3] = 2 // says two addresses, and has one
	typed := advert(8, peer4, nil)
	typed[20] = wire.V3<<4 | wire.TypeHeartbeat
	return []foreignCase{
		{"another VRID", advert(8, peer4, nil), true},
		{"another VRID, IPv6", advert(8, peer6, nil), true},
		{"version 2", advert(8, peer4, version2), true},
		{"unicast", advert(8, peer4, func(a *wire.Advert) { a.Dst = netip.MustParseAddr("192.0.2.1") }), true},
		{"our VRID, unicast", advert(7, peer4, func(a *wire.Advert) { a.Dst = netip.MustParseAddr("192.0.2.1") }), true},
		{"the last of 255", advert(8, peer4, list(255, wire.IPv4, 254, vip4)), true},
		{"the last of 200, IPv6", advert(8, peer6, list(200, wire.IPv6, 199, vip6)), true},
		{"255 of others", advert(8, peer4, list(255, wire.IPv4, 0, other4)), false},
		{"another address", advert(8, peer4, list(1, wire.IPv4, 0, other4)), false},
		{"another address, IPv6", advert(8, peer6, list(1, wire.IPv6, 0, "fe80::55")), false},
		{"more addresses than bytes", short, false},
		{"another type", typed, false},
		{"our own virtual router", advert(7, peer4, nil), false},
	}
}

// told are the datagrams that came as foreign ones.
func (r *recorder) told() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.foreign
}

// TestForeign: the first advert of another virtual router that lists an address of ours is handed over, and passed on.
func TestForeign(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		if err := c.SetRouters(watchedRouters(courtIfIndex)); err != nil {
			t.Fatal(err)
		}
		for _, test := range foreignCases() {
			c.refill(t)
			ret, err := c.program().Run(runOptions(frame(test.ip)))
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if !c.passed(t, ret) {
				t.Errorf("%s: dropped", test.name)
			}
			sink := &recorder{}
			c.drain(sink)
			if err := told(sink, test); err != nil {
				t.Error(err)
			}
		}
	})
}

func told(sink *recorder, test foreignCase) error {
	got := sink.told()
	if test.rival && (len(got) != 1 || !bytes.HasPrefix(got[0], test.ip)) || !test.rival && len(got) != 0 {
		return fmt.Errorf("%s: %d foreign adverts told: %x", test.name, len(got), got)
	}
	return nil
}

// TestForeignBySocket sends the same frames to a packet socket.
func TestForeignBySocket(t *testing.T) {
	l := newLAN(t)
	for _, test := range foreignCases() {
		if len(test.ip) > 1500 {
			continue // longer than the link carries
		}
		d := load(t, Config{})
		l.Do(func() {
			if err := d.SetRouters(watchedRouters(l.ifindex)); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Attach(l.ifindex, Socket); err != nil {
				t.Fatal(err)
			}
		})
		l.send(t, frame(test.ip))
		l.send(t, arp(2, vip4, vip4)) // comes last
		sink := &recorder{}
		testnet.Eventually(t, patience, func() error {
			d.drain(sink)
			return sink.claimed(1)
		})
		if err := told(sink, test); err != nil {
			t.Error(err)
		}
		if err := d.Detach(l.ifindex); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForeignIsLimited: a flood of such adverts costs a bounded number of records.
func TestForeignIsLimited(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		if err := c.SetRouters(watchedRouters(courtIfIndex)); err != nil {
			t.Fatal(err)
		}
		opts := runOptions(frame(advert(8, peer4, nil)))
		opts.Repeat = 20_000
		if _, err := c.program().Run(opts); err != nil {
			t.Fatal(err)
		}
		sink := &recorder{}
		c.drain(sink)
		if n := len(sink.told()); n < 25 || n > 500 {
			t.Errorf("%d foreign adverts told of 20000", n)
		}
	})
}
