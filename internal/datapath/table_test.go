package datapath

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// The table's virtual routers: 7 and 8 multicast, 9 unicast in a TTL range, 10
// unicast from anybody, 11 with AH, 12 both multicast and unicast. VRID 13 is
// nobody's. 7 and 8 have second paths here besides, 14 nothing else.
func tableRouters() []Router {
	group4, group6 := wire.Group(wire.IPv4), wire.Group(wire.IPv6)
	own4 := []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	own6 := []netip.Addr{netip.MustParseAddr("fe80::1")}
	v4 := Router{IfIndex: courtIfIndex, Family: wire.IPv4, Own: own4}
	v6 := Router{IfIndex: courtIfIndex, Family: wire.IPv6, Own: own6}
	with := func(r Router, change func(*Router)) Router { change(&r); return r }
	return []Router{
		with(v4, func(r *Router) { r.VRID, r.Multicast, r.Group = 7, true, group4 }),
		with(v6, func(r *Router) { r.VRID, r.Multicast, r.Group = 7, true, group6 }),
		with(v4, func(r *Router) { r.VRID, r.Multicast, r.Group = 8, true, netip.MustParseAddr("224.0.0.118") }),
		with(v4, func(r *Router) {
			r.VRID, r.Local = 9, own4[0]
			r.Peers = []wire.Peer{
				{Addr: netip.MustParseAddr("192.0.2.9"), MinTTL: 250}, {Addr: netip.MustParseAddr("192.0.2.1")},
				{Addr: netip.MustParseAddr("198.51.100.9"), MinTTL: 60, MaxTTL: 64},
			}
		}),
		with(v6, func(r *Router) {
			r.VRID, r.Local = 9, netip.MustParseAddr("2001:db8::1")
			r.Peers = []wire.Peer{{Addr: netip.MustParseAddr("2001:db8::9")}}
		}),
		with(v4, func(r *Router) { r.VRID = 10 }),
		with(v4, func(r *Router) { r.VRID, r.Multicast, r.Group, r.AH = 11, true, group4, true }),
		with(v4, func(r *Router) { r.VRID, r.Multicast, r.Group = 12, true, group4 }),
		with(v4, func(r *Router) { r.VRID, r.Local = 12, own4[0] }),
		with(v4, func(r *Router) { r.VRID, r.Heartbeat, r.Multicast, r.Group = 7, true, true, wire.HeartbeatGroup4 }),
		with(v6, func(r *Router) { r.VRID, r.Heartbeat, r.Multicast, r.Group = 8, true, true, wire.HeartbeatGroup6 }),
		with(v4, func(r *Router) {
			r.VRID, r.Heartbeat, r.Local = 14, true, own4[0]
			r.Peers = []wire.Peer{{Addr: netip.MustParseAddr("192.0.2.9")}}
		}),
	}
}

// to sends an advert elsewhere, with another TTL when ttl is not 0.
func to(dst string, ttl uint8) func(*wire.Advert) {
	return func(a *wire.Advert) { a.Dst, a.TTL = netip.MustParseAddr(dst), ttl }
}

func addresses(n int) func(*wire.Advert) {
	return func(a *wire.Advert) {
		first := a.Addresses[0]
		a.Addresses = nil
		for range n {
			a.Addresses = append(a.Addresses, first)
			first = first.Next()
		}
	}
}

// version2 sends version 2; with auth it is signed by AH.
func version2(auth wire.AuthType) func(*wire.Advert) {
	return func(a *wire.Advert) {
		a.Version = wire.V2
		if auth != wire.AuthNone {
			s, err := wire.NewSigner(wire.Auth{Type: auth, Password: wire.NewPassword("secret")})
			if err != nil {
				panic(err)
			}
			s.Next(time.Unix(0, 0))
			a.Signer = s
		}
	}
}

// heartbeat sends it as that of a second path, signed.
func heartbeat(dst string) func(*wire.Advert) {
	return func(a *wire.Advert) {
		key, err := wire.NewKey(1, bytes.Repeat([]byte{1}, wire.MinKeyLen))
		if err != nil {
			panic(err)
		}
		ring := wire.HMAC{Keys: []wire.Key{key}, Active: 1, Replay: wire.ReplayMonotonic}
		if a.Signer, err = wire.NewSigner(wire.Auth{HMAC: ring}); err != nil {
			panic(err)
		}
		a.Signer.Next(time.Unix(1, 0))
		a.Heartbeat, a.Dst = true, netip.MustParseAddr(dst)
	}
}

// options puts n bytes of IPv4 options in front of the message.
func options(ip []byte, n int) []byte {
	out := slices.Insert(slices.Clone(ip), 20, bytes.Repeat([]byte{1}, n)...)
	out[0] += byte(n / 4)
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)))
	return out
}

// set changes bytes: pairs of offset and value.
func set(b []byte, pairs ...int) []byte {
	out := slices.Clone(b)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = byte(pairs[i+1])
	}
	return out
}

func qinq(f []byte) []byte { return set(f, 12, 0x88, 13, 0xa8) }

// tableCase is a frame and what must become of it. A record is expected of
// every frame that is ours, good or bad.
type tableCase struct {
	name    string
	frame   []byte
	passed  bool
	verdict string
}

func tableCases() []tableCase {
	const pass, drop = true, false
	good := advert(7, "192.0.2.9", nil)
	good6 := advert(7, "fe80::9", nil)
	unicast := advert(9, "192.0.2.9", to("192.0.2.1", 0))
	v2 := advert(7, "192.0.2.9", version2(wire.AuthNone))
	ah := advert(11, "192.0.2.9", version2(wire.AuthAH))
	beat := advert(7, "192.0.2.9", heartbeat("224.0.0.254"))
	long4 := advert(7, "192.0.2.9", addresses(255))
	long6 := advert(7, "fe80::9", addresses(90))
	return []tableCase{
		{"good", frame(good), pass, "accepted"},
		{"good, IPv6", frame(good6), pass, "accepted"},
		{"good, version 2", frame(v2), pass, "accepted"},
		{"good, not padded", frame(good)[:14+len(good)], pass, "accepted"},
		{"priority tag", frame(good, 0), pass, "accepted"},
		{"priority tag with priority 7", frame(good, 0xe000), pass, "accepted"},
		{"priority tag, IPv6", frame(good6, 0), pass, "accepted"},
		{"priority tag of 802.1ad", qinq(frame(good, 0)), pass, "accepted"},
		{"VLAN 1", frame(good, 1), pass, ""},
		{"VLAN 100", frame(good, 100), pass, ""},
		{"VLAN 4095, IPv6", frame(good6, 4095), pass, ""},
		{"802.1ad VLAN 100", qinq(frame(good, 100)), pass, ""},
		{"two tags", frame(good, 100, 7), pass, ""},
		{"VLAN 7 behind a priority tag", frame(good, 0, 7), pass, ""},
		{"forged tag, IPv4 TTL 1", frame(set(good, 8, 1), 100), pass, ""},

		{"4 bytes of options", frame(options(good, 4)), pass, "accepted"},
		{"40 bytes of options", frame(options(good, 40)), pass, "accepted"},
		{"options, version 2", frame(options(v2, 8)), pass, "accepted"},
		{"header length 4", frame(set(good, 0, 0x44)), pass, "ip_header"},
		{"header length 0", frame(set(good, 0, 0x40)), pass, "ip_header"},
		{"header longer than the frame", frame(set(good, 0, 0x4f))[:14+len(good)], pass, "ip_header"},
		{"IP version 6 in an IPv4 frame", set(frame(good), 14, 0x65), pass, "ip_header"},
		{"IP version 4 in an IPv6 frame", set(frame(good6), 14, 0x40), pass, "ip_header"},
		{"total length beyond the frame", frame(set(good, 2, 1, 3, 0)), pass, "ip_total_length"},
		{"total length below the header", frame(set(good, 2, 0, 3, 19)), pass, "ip_total_length"},
		{"total length of the header", frame(set(good, 2, 0, 3, 20)), pass, "packet_too_short"},
		{"seven bytes of message", frame(set(good, 2, 0, 3, 27)), pass, "packet_too_short"},
		{"payload beyond the frame", frame(set(good6, 4, 1)), pass, "ip_total_length"},
		{"payload of 7 bytes", frame(set(good6, 4, 0, 5, 7)), pass, "packet_too_short"},
		{"no payload", frame(set(good6, 4, 0, 5, 0)), pass, "packet_too_short"},
		{"first fragment", frame(set(good, 6, 0x20)), pass, ""},
		{"later fragment", frame(set(good, 7, 1)), pass, ""},
		{"last fragment", frame(set(good, 6, 0x01, 7, 0xff)), pass, ""},
		{"don't fragment", frame(set(good, 6, 0x40)), pass, "accepted"},
		{"reserved flag", frame(set(good, 6, 0x80)), pass, "accepted"},
		{"another TOS", frame(set(good, 1, 0)), pass, "accepted"},
		{"IP checksum wrong", frame(set(good, 10, 0xaa)), pass, "accepted"},
		{"UDP", frame(set(good, 9, 17)), pass, ""},
		{"TCP", frame(set(good, 9, 6)), pass, ""},
		{"ICMP", frame(set(good, 9, 1)), pass, ""},
		{"hop-by-hop options", frame(set(good6, 6, 0)), pass, ""},
		{"routing header", frame(set(good6, 6, 43)), pass, ""},
		{"fragment header", frame(set(good6, 6, 44)), pass, ""},
		{"AH over IPv6", frame(set(good6, 6, 51)), pass, ""},
		{"ARP", set(frame(good), 12, 8, 13, 6), pass, ""},
		{"another ethertype", set(frame(good), 12, 0x88, 13, 0xcc), pass, ""},

		{"TTL 254", frame(set(good, 8, 254)), drop, "ttl"},
		{"TTL 1", frame(set(good, 8, 1)), drop, "ttl"},
		{"TTL 0", frame(set(good, 8, 0)), drop, "ttl"},
		{"hop limit 254", frame(set(good6, 7, 254)), drop, "ttl"},
		{"hop limit 1", frame(set(good6, 7, 1)), drop, "ttl"},
		{"TTL 254 behind a priority tag", frame(set(good, 8, 254), 0), drop, "ttl"},
		{"forged, but another's VRID", frame(set(advert(13, "192.0.2.9", nil), 8, 1)), pass, "vrid_unknown"},
		{"unknown VRID", frame(advert(13, "192.0.2.9", nil)), pass, "vrid_unknown"},
		{"VRID of the other family", frame(advert(8, "fe80::9", nil)), pass, "vrid_unknown"},
		{"VRID 0", frame(set(good, 21, 0)), pass, "vrid_unknown"},
		{"VRID 255", frame(advert(255, "192.0.2.9", nil)), pass, "vrid_unknown"},
		{"own source", frame(advert(7, "192.0.2.1", nil)), drop, "own_source"},
		{"own source, IPv6", frame(advert(7, "fe80::1", nil)), drop, "own_source"},
		{"own source with a bad TTL", frame(set(advert(7, "192.0.2.1", nil), 8, 3)), drop, "own_source"},
		{"another group", frame(advert(7, "192.0.2.9", to("224.0.0.118", 0))), pass, "destination"},
		{"a group of its own", frame(advert(8, "192.0.2.9", to("224.0.0.118", 0))), pass, "accepted"},
		{"the usual group instead", frame(advert(8, "192.0.2.9", nil)), pass, "destination"},
		{"unicast to a multicast router", frame(advert(7, "192.0.2.9", to("192.0.2.1", 0))), pass, "destination"},
		{"multicast to a unicast router", frame(advert(9, "192.0.2.9", nil)), pass, "destination"},
		{"unicast to another host", frame(advert(9, "192.0.2.9", to("192.0.2.2", 0))), pass, "destination"},

		{"unicast", frame(unicast), drop, "consumed"},
		{"unicast, IPv6", frame(advert(9, "2001:db8::9", to("2001:db8::1", 0))), drop, "consumed"},
		{"unicast, hop limit 1", frame(advert(9, "2001:db8::9", to("2001:db8::1", 1))), drop, "consumed"},
		{"unicast, lowest TTL", frame(advert(9, "192.0.2.9", to("192.0.2.1", 250))), drop, "consumed"},
		{"unicast, TTL too low", frame(advert(9, "192.0.2.9", to("192.0.2.1", 249))), drop, "ttl_range"},
		{"unicast, routed", frame(advert(9, "198.51.100.9", to("192.0.2.1", 62))), drop, "consumed"},
		{"unicast, TTL too high", frame(advert(9, "198.51.100.9", to("192.0.2.1", 65))), drop, "ttl_range"},
		{"unicast, a stranger", frame(advert(9, "192.0.2.77", to("192.0.2.1", 0))), drop, "unknown_peer"},
		{"unicast, a peer that is ourselves", frame(advert(9, "192.0.2.1", to("192.0.2.1", 0))), drop, "own_source"},
		{"unicast from anybody", frame(advert(10, "203.0.113.5", to("192.0.2.44", 3))), drop, "consumed"},
		{"multicast to unicast from anybody", frame(advert(10, "203.0.113.5", nil)), pass, "destination"},
		{"one VRID in both modes, multicast", frame(advert(12, "192.0.2.9", nil)), pass, "accepted"},
		{"one VRID in both modes, unicast", frame(advert(12, "192.0.2.9", to("192.0.2.1", 9))), drop, "consumed"},

		{"version 0", frame(set(good, 20, 0x01)), drop, "version"},
		{"version 1", frame(set(good, 20, 0x11)), drop, "version"},
		{"version 4", frame(set(good, 20, 0x41)), drop, "version"},
		{"version 15", frame(set(good, 20, 0xf1)), drop, "version"},
		{"version 2 over IPv6", frame(set(good6, 40, 0x21)), drop, "version"},
		{"type 0", frame(set(good, 20, 0x30)), drop, "type"},
		{"type 2", frame(set(good, 20, 0x32)), drop, "type"},
		{"type 15, IPv6", frame(set(good6, 40, 0x3f)), drop, "type"},
		{"count too large", frame(set(good, 23, 2)), drop, "length_mismatch"},
		{"count 0 with an address", frame(set(good, 23, 0)), drop, "length_mismatch"},
		{"count 255", frame(set(good, 23, 255)), drop, "length_mismatch"},
		{"count too large, IPv6", frame(set(good6, 43, 3)), drop, "length_mismatch"},
		{"version 2 as long as version 3", frame(set(good, 20, 0x21)), drop, "length_mismatch"},
		{"a bit of the address flipped", frame(set(good, 31, int(good[31])^1)), drop, "checksum"},
		{"a bit of the address flipped, IPv6", frame(set(good6, 63, int(good6[63])^1)), drop, "checksum"},
		{"a bit of the password flipped", frame(set(v2, 39, 1)), drop, "checksum"},
		{"checksum 0", frame(set(good, 26, 0, 27, 0)), drop, "checksum"},
		{"source rewritten", frame(set(good, 15, 77)), drop, "checksum"},
		{"source rewritten, version 2", frame(set(v2, 15, 77)), pass, "accepted"},
		{"priority 0", frame(advert(7, "192.0.2.9", func(a *wire.Advert) { a.Priority = 0 })), pass, "accepted"},
		{"priority 255", frame(advert(7, "192.0.2.9", func(a *wire.Advert) { a.Priority = 255 })), pass, "accepted"},
		{"message-only checksum", frame(advert(7, "192.0.2.9", func(a *wire.Advert) { a.Checksum = wire.MessageOnly })), pass, "accepted"},

		{"255 addresses", frame(long4), pass, "accepted"},
		{"255 addresses and 40 bytes of options", frame(options(long4, 40)), pass, "accepted"},
		{"255 addresses, version 2", frame(advert(7, "192.0.2.9", both(version2(wire.AuthNone), addresses(255)))), pass, "accepted"},
		{"90 addresses, IPv6", frame(long6), pass, "accepted"},
		{"254 addresses, one bit wrong", frame(set(long4, 900, int(long4[900])^4)), drop, "checksum"},
		{"90 addresses, last bit wrong", frame(set(long6, len(long6)-1, 0xff)), drop, "checksum"},

		{"heartbeat", frame(beat), drop, "consumed"},
		{"heartbeat, IPv6", frame(advert(8, "fe80::9", heartbeat("ff02::114"))), drop, "consumed"},
		{"heartbeat, unicast", frame(advert(14, "192.0.2.9", heartbeat("192.0.2.1"))), drop, "consumed"},
		{"heartbeat, unicast from a stranger", frame(advert(14, "192.0.2.8", heartbeat("192.0.2.1"))), drop, "unknown_peer"},
		{"heartbeat, own source", frame(advert(7, "192.0.2.1", heartbeat("224.0.0.254"))), drop, "own_source"},
		{"heartbeat, TTL 254", frame(set(beat, 8, 254)), drop, "ttl"},
		{"heartbeat, a bit flipped", frame(set(beat, 31, int(beat[31])^1)), drop, "checksum"},
		{"heartbeat to the group of adverts", frame(advert(7, "192.0.2.9", heartbeat("224.0.0.18"))), pass, "destination"},
		{"heartbeat for a router without a second path", frame(advert(12, "192.0.2.9", heartbeat("224.0.0.18"))), drop, "type"},
		{"heartbeat for an unknown VRID", frame(advert(13, "192.0.2.9", heartbeat("224.0.0.254"))), pass, "vrid_unknown"},
		{"advert to the group of heartbeats", frame(advert(7, "192.0.2.9", to("224.0.0.254", 0))), pass, "destination"},
		{"advert where there is only a second path", frame(advert(14, "192.0.2.9", to("192.0.2.1", 0))), pass, "vrid_unknown"},

		{"AH", frame(ah), pass, "accepted"},
		{"AH with options", frame(options(ah, 4)), pass, "accepted"},
		{"AH in front of UDP", frame(set(ah, 20, 17)), pass, ""},
		{"AH longer than the packet", frame(set(ah, 21, 200)), pass, "packet_too_short"},
		{"AH cut short", frame(set(ah, 3, 21)), pass, ""},
		{"AH, TTL 254", frame(set(ah, 8, 254)), drop, "ttl"},
		{"AH for a router without", frame(advert(7, "192.0.2.9", version2(wire.AuthAH))), pass, "accepted"},
		{"AH for an unknown VRID", frame(advert(13, "192.0.2.9", version2(wire.AuthAH))), pass, "vrid_unknown"},
		{"AH, checksum wrong", frame(set(ah, len(ah)-1, 1)), drop, "checksum"},
	}
}

func both(f, g func(*wire.Advert)) func(*wire.Advert) {
	return func(a *wire.Advert) { f(a); g(a) }
}

func TestVerdictTable(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		if err := c.SetRouters(tableRouters()); err != nil {
			t.Fatal(err)
		}
		for _, test := range tableCases() {
			c.refill(t)
			got := c.judge(t, test.frame)
			ours := test.verdict == "accepted" || !test.passed
			if got.passed != test.passed || got.verdict != test.verdict || ours != (got.record != nil) {
				t.Errorf("%s: %v, want passed %v, %q", test.name, got, test.passed, test.verdict)
			}
		}
	})
}

// TestAHOnlyWhereUsed: without a router that uses AH nobody listens to protocol 51.
func TestAHOnlyWhereUsed(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		without := slices.DeleteFunc(tableRouters(), func(r Router) bool { return r.AH })
		c.attached[courtIfIndex] = &attachment{} // so that the change of the setting reaches the map
		defer delete(c.attached, courtIfIndex)
		ah := frame(advert(7, "192.0.2.9", version2(wire.AuthAH)))
		for _, routers := range [][]Router{without, tableRouters(), without} {
			if err := c.SetRouters(routers); err != nil {
				t.Fatal(err)
			}
			want := ""
			if len(routers) > len(without) {
				want = "accepted"
			}
			if got := c.judge(t, ah); got.verdict != want || !got.passed {
				t.Errorf("with %d routers: %v, want %q", len(routers), got, want)
			}
		}
	})
}

// TestUnlistedInterface: nothing is counted or taken where we are not attached.
func TestUnlistedInterface(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		if err := c.SetRouters(tableRouters()); err != nil {
			t.Fatal(err)
		}
		if err := c.forget(courtIfIndex); err != nil {
			t.Fatal(err)
		}
		if got := c.judge(t, frame(advert(7, "192.0.2.9", nil))); !got.passed || got.verdict != "" || got.record != nil {
			t.Errorf("%v", got)
		}
	})
}
