package wire

import (
	"net/netip"
	"testing"
)

// Unicast: the destination must be our address, the source a peer, the TTL
// inside the range of that peer (protocol reference, sections 4.1 and 12).
func TestUnicast(t *testing.T) {
	other := netip.MustParseAddr("192.0.2.77")
	for _, c := range []struct {
		name   string
		change func(*form)
		want   Reject
	}{
		{"as configured", func(*form) {}, None},
		{"TTL 1 without a range", func(f *form) { f.advert.TTL = 1 }, None},
		{"to another address", func(f *form) { f.advert.Dst = other }, Destination},
		{"to the group", func(f *form) { f.advert.Dst = Group4 }, Destination},
		{"from a stranger", func(f *form) { f.advert.Src = other }, UnknownPeer},
		{"from ourselves", func(f *form) { f.advert.Src = to4 }, OwnSource},
		{"a stranger's TTL does not matter", func(f *form) {
			f.settings.Peers[0].MinTTL = 200
			f.advert.Src, f.advert.TTL = other, 1
		}, UnknownPeer},
		{"below the range", func(f *form) { f.settings.Peers[0].MinTTL, f.advert.TTL = 200, 199 }, TTLRange},
		{"lowest of the range", func(f *form) { f.settings.Peers[0].MinTTL, f.advert.TTL = 200, 200 }, None},
		{"highest of the range", func(f *form) { f.settings.Peers[0].MaxTTL, f.advert.TTL = 200, 200 }, None},
		{"above the range", func(f *form) { f.settings.Peers[0].MaxTTL, f.advert.TTL = 200, 201 }, TTLRange},
		{"source not set: any local address", func(f *form) {
			f.settings.Source, f.settings.Local = netip.Addr{}, []netip.Addr{other, to4}
		}, None},
		{"source not set: not a local address", func(f *form) {
			f.settings.Source, f.settings.Local = netip.Addr{}, []netip.Addr{other}
		}, Destination},
	} {
		f := newForm("", IPv4, V3, 1, true, Auth{})
		c.change(f)
		_, got := judge(t, f.datagram(t), f.settings)
		want(t, c.name, got, c.want)
	}
}

// Zones and IPv4-mapped addresses in settings do not get in the way.
func TestPlainAddresses(t *testing.T) {
	f := newForm("", IPv6, V3, 1, true, Auth{})
	b := f.datagram(t)
	f.settings.Source = f.settings.Source.WithZone("eth0")
	f.settings.Peers[0].Addr = f.settings.Peers[0].Addr.WithZone("eth0")
	f.settings.Addresses = []netip.Addr{f.settings.Addresses[0].WithZone("eth0")}
	w, got := judge(t, b, f.settings)
	want(t, "zones", got, None)
	if w != 0 {
		t.Errorf("warnings %q", w)
	}
	f = newForm("", IPv4, V3, 1, true, Auth{})
	b = f.datagram(t)
	f.settings.Source = netip.AddrFrom16(f.settings.Source.As16())
	f.advert.Src = netip.AddrFrom16(f.advert.Src.As16())
	_, got = judge(t, b, f.settings)
	want(t, "IPv4-mapped", got, None)
	if string(f.datagram(t)) != string(b) {
		t.Error("an IPv4-mapped source gives another advert")
	}
}

// Find picks among virtual routers that share an interface and even a VRID.
func TestFind(t *testing.T) {
	multicast4 := newForm("", IPv4, V3, 1, false, Auth{})
	multicast6 := newForm("", IPv6, V3, 1, false, Auth{})
	unicastA := newForm("", IPv4, V3, 1, true, Auth{})
	unicastB := newForm("", IPv4, V3, 1, true, Auth{})
	peerB := netip.MustParseAddr("192.0.2.13")
	unicastB.settings.Peers[0].Addr, unicastB.advert.Src = peerB, peerB
	other := newForm("", IPv4, V3, 1, false, Auth{})
	other.settings.VRID, other.advert.VRID = 99, 99

	rules := []*Rules{multicast6.rules(t), unicastA.rules(t), unicastB.rules(t), multicast4.rules(t)}
	at := func(name string, b []byte, wantIndex int, wantReject Reject) {
		t.Helper()
		p, _ := Open(b)
		i, reject := Find(&p, rules)
		if i != wantIndex || reject != wantReject {
			t.Errorf("%s: %d %q, want %d %q", name, i, reject.String(), wantIndex, wantReject.String())
		}
	}
	at("IPv6", multicast6.datagram(t), 0, None)
	at("peer A", unicastA.datagram(t), 1, None)
	at("peer B", unicastB.datagram(t), 2, None)
	at("IPv4 group", multicast4.datagram(t), 3, None)
	at("unknown VRID", other.datagram(t), -1, VRIDUnknown)

	stranger := *unicastA
	stranger.advert.Src = netip.MustParseAddr("192.0.2.14")
	at("stranger: one of the unicast routers refuses it", stranger.datagram(t), 1, None)

	other.advert.TTL = 9
	at("unknown VRID, TTL", other.datagram(t), -1, TTL)
	other.advert.Src = to4
	at("unknown VRID, TTL, own source", other.datagram(t), -1, OwnSource)
	other.advert.Dst = netip.MustParseAddr("224.0.0.9")
	at("unknown VRID, TTL, own source, group", other.datagram(t), -1, Destination)
	at("AH that nobody uses", findForm(t, "v2-ah").datagram(t), -1, Protocol)
	at("nothing", nil, -1, IPHeader)
	at("UDP", unhex(t, findVector(t, "ign-protocol-udp").Hex), -1, Protocol)

	rules = []*Rules{multicast4.rules(t)}
	at("configured only as multicast: its router refuses it", unicastA.datagram(t), 0, None)
	rules = nil
	at("no router at all", multicast4.datagram(t), -1, VRIDUnknown)
	at("no router at all, unicast", unicastA.datagram(t), -1, Destination)
}
