package wire

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"
)

// The tests here say what the vectors do not, each named by the section of
// RFC 9568 (or by the older RFC) that asks for it.

// reseal makes the IP length and the VRRP checksum of b right again, for tests
// that change a message after it was made.
func reseal(b []byte) []byte {
	p := Packet{ip: b, family: Family(b[0] >> 4), message: uint16(b[0]&0x0f) * 4}
	if p.family == IPv6 {
		p.message = ipv6HeaderLen
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-ipv6HeaderLen))
	} else {
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	}
	m := p.Message()
	m[6], m[7] = 0, 0
	var acc uint64
	if p.Version() == V3 {
		acc = pseudoSum(b, p.family, len(m))
	}
	binary.BigEndian.PutUint16(m[6:], ^fold(sum(m, acc)))
	return b
}

// judge opens and checks b by rules with these settings.
func judge(t testing.TB, b []byte, s Settings) (Warnings, Reject) {
	t.Helper()
	r, err := NewRules(s)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := Open(b)
	return r.Check(&p, testNow)
}

func want(t testing.TB, what string, got, want Reject) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got.String(), want.String())
	}
}

// §5.1.1.3, §5.1.2.3: the TTL must be 255, in whichever group.
func TestRFC9568_5_1_TTLInEveryGroup(t *testing.T) {
	group := netip.MustParseAddr("224.0.0.77")
	f := newForm("", IPv4, V3, 1, false, Auth{})
	f.settings.Group, f.advert.Dst = group, group
	for ttl, reject := range map[uint8]Reject{255: None, 254: TTL, 1: TTL} {
		f.advert.TTL = ttl
		_, got := judge(t, f.datagram(t), f.settings)
		want(t, "TTL", got, reject)
	}
}

// §5.1.1.2: another group is not ours, however valid the advert is. The
// destination is looked at before the TTL.
func TestRFC9568_5_1_1_2_Group(t *testing.T) {
	f := newForm("", IPv4, V3, 1, false, Auth{})
	f.advert.Dst = netip.MustParseAddr("224.0.0.77")
	_, got := judge(t, f.datagram(t), f.settings)
	want(t, "other group", got, Destination)
	f.advert.TTL = 3
	_, got = judge(t, f.datagram(t), f.settings)
	want(t, "other group, TTL 3", got, Destination)
}

// §7.1: what came before the VRID is counted for the virtual router that the
// second octet names, so a refused Packet still answers.
func TestRFC9568_7_1_RefusedPacketNamesItsRouter(t *testing.T) {
	f := newForm("", IPv4, V3, 1, false, Auth{})
	f.advert.TTL = 64
	p, reject := Open(f.datagram(t))
	want(t, "Open", reject, TTL)
	if p.VRID() != 53 || p.Src() != from4 || p.TTL() != 64 {
		t.Errorf("refused packet says %v", p)
	}
	if i, reject := Find(&p, []*Rules{f.rules(t)}); i != 0 || reject != None {
		t.Errorf("Find = %d, %v", i, reject)
	}
}

// §7.1: own adverts are dropped, before the TTL and all else is looked at.
func TestRFC9568_7_1_OwnSource(t *testing.T) {
	f := newForm("", IPv4, V3, 1, false, Auth{})
	f.settings.Local = []netip.Addr{netip.MustParseAddr("192.0.2.99"), from4}
	f.advert.TTL = 1
	_, got := judge(t, f.datagram(t), f.settings)
	want(t, "from a secondary address of ours", got, OwnSource)
	r := f.rules(t)
	r.SetLocal(to4, nil)
	p, _ := Open(f.datagram(t))
	_, got = r.Check(&p, testNow)
	want(t, "after the address is gone", got, TTL)
}

// §7.1: one failed check, one reason: earlier checks win over later ones.
func TestRFC9568_7_1_Order(t *testing.T) {
	b := newForm("", IPv4, V3, 2, false, Auth{}).datagram(t)
	s := newForm("", IPv4, V3, 2, false, Auth{}).settings
	// Break the advert from the last check to the first; each break must show.
	steps := []struct {
		reject Reject
		breaks func()
	}{
		{IntervalZero, func() { b[24], b[25] = 0, 0; reseal(b) }},
		{CountZero, func() { b[23] = 0; b = reseal(b[:28]) }},
		{Checksum, func() { b[26] ^= 1 }},
		{LengthMismatch, func() { b[23] = 9 }},
		{VRIDUnknown, func() { b[21] = 54 }},
		{Type, func() { b[20] = 0x32 }},
		{Version, func() { b[20] = 0x72 }},
		{PacketTooShort, func() { b = b[:27]; b[3] = 27 }},
		{TTL, func() { b[8] = 254 }},
		{OwnSource, func() { copy(b[12:], to4.AsSlice()) }},
		{Destination, func() { b[19] = 19 }},
		{IPTotalLength, func() { b[3] = 28 }},
		{IPHeader, func() { b[0] = 0x4f }},
		{Fragment, func() { b[6] = 0x20 }},
		{Protocol, func() { b[9] = 17 }},
	}
	for _, step := range steps {
		step.breaks()
		_, got := judge(t, b, s)
		want(t, step.reject.String(), got, step.reject)
	}
}

// §5.2.3, §7.1: the VRID must be configured, in the family of the advert.
func TestRFC9568_7_1_VRIDPerFamily(t *testing.T) {
	f4, f6 := newForm("", IPv4, V3, 1, false, Auth{}), newForm("", IPv6, V3, 1, false, Auth{})
	_, got := judge(t, f6.datagram(t), f4.settings)
	want(t, "IPv6 advert, IPv4 router", got, VRIDUnknown)
	for n := range 256 {
		b := f4.datagram(t)
		b[21] = uint8(n)
		_, got := judge(t, reseal(b), f4.settings)
		if n == 53 {
			want(t, "ours", got, None)
		} else {
			want(t, "other", got, VRIDUnknown)
		}
	}
}

// §7.1 and errata 8298, 8300: all that only warns is told at once.
func TestRFC9568_7_1_WarningsTogether(t *testing.T) {
	f := newForm("", IPv6, V3, 2, false, Auth{})
	f.advert.Addresses = []netip.Addr{f.advert.Addresses[1], netip.MustParseAddr("2001:db8::ff")}
	f.advert.Interval = 3 * time.Second
	f.settings.Owner = true
	w, got := judge(t, f.datagram(t), f.settings)
	want(t, "advert", got, None)
	all := "first_address_not_link_local,owner_conflict,interval_mismatch,address_list_mismatch"
	if w.String() != all {
		t.Errorf("warnings %q, want %q", w, all)
	}
	if !w.Has(WarnOwnerConflict) || Warnings(0).Has(WarnOwnerConflict) {
		t.Error("Has is wrong")
	}
}

// §7.1: addresses are compared as a set; how often one is said does not matter.
func TestRFC9568_7_1_AddressSet(t *testing.T) {
	all := virtual(IPv4, 4)
	for _, c := range []struct {
		name string
		sent []netip.Addr
		warn bool
	}{
		{"same", all, false},
		{"reversed", []netip.Addr{all[3], all[2], all[1], all[0]}, false},
		{"one twice and all there", append([]netip.Addr{all[2]}, all...), false},
		{"one twice, one missing", []netip.Addr{all[0], all[1], all[2], all[2]}, true},
		{"one missing", all[:3], true},
		{"one more", virtual(IPv4, 5), true},
		{"one other", append(virtual(IPv4, 3), netip.MustParseAddr("203.0.113.1")), true},
	} {
		f := newForm("", IPv4, V3, 4, false, Auth{})
		f.advert.Addresses = c.sent
		w, got := judge(t, f.datagram(t), f.settings)
		want(t, c.name, got, None)
		if w.Has(WarnAddressListMismatch) != c.warn {
			t.Errorf("%s: warned %v, want %v", c.name, !c.warn, c.warn)
		}
	}
}

// §5.2.7: an interval finer than a centisecond goes out rounded up and is then
// no mismatch between two routers that are set the same.
func TestRFC9568_5_2_7_FineInterval(t *testing.T) {
	f := newForm("", IPv4, V3, 1, false, Auth{})
	f.advert.Interval, f.settings.Interval = 2*time.Millisecond, 2*time.Millisecond
	b := f.datagram(t)
	w, got := judge(t, b, f.settings)
	want(t, "2ms", got, None)
	if p, _ := Open(b); p.Interval() != 10*time.Millisecond || w != 0 {
		t.Errorf("interval %v, warnings %q", p.Interval(), w)
	}
	read := func(version uint8, d time.Duration) time.Duration {
		return time.Duration(encodeInterval(version, d)) * unit(version)
	}
	for in, out := range map[time.Duration]time.Duration{
		0: 10 * time.Millisecond, time.Nanosecond: 10 * time.Millisecond, 10 * time.Millisecond: 10 * time.Millisecond,
		11 * time.Millisecond: 20 * time.Millisecond, time.Hour: MaxIntervalV3,
	} {
		if got := read(V3, in); got != out {
			t.Errorf("a peer reads %v as %v, want %v", in, got, out)
		}
	}
	if got := read(V2, 1500*time.Millisecond); got != 2*time.Second {
		t.Errorf("a peer reads 1.5 s of version 2 as %v", got)
	}
}

// §5.2.8: both readings of the v3 checksum over IPv4 are told apart, and a
// policy takes one of them only.
func TestRFC9568_5_2_8_ChecksumPolicy(t *testing.T) {
	for form, ok := range map[ChecksumForm]map[ChecksumPolicy]bool{
		PseudoHeader: {AcceptBoth: true, RequirePseudoHeader: true, RequireMessageOnly: false},
		MessageOnly:  {AcceptBoth: true, RequirePseudoHeader: false, RequireMessageOnly: true},
	} {
		f := newForm("", IPv4, V3, 1, false, Auth{})
		f.advert.Checksum = form
		p, _ := Open(f.datagram(t))
		for policy, accepted := range ok {
			f.settings.Checksum = policy
			r := f.rules(t)
			_, got := r.Check(&p, testNow)
			if (got == None) != accepted || (accepted && p.ChecksumForm() != form) {
				t.Errorf("%v with policy %v: %v, form %v", form, policy, got, p.ChecksumForm())
			}
		}
	}
}

// The pseudo-header of keepalived before 1.3.7 is accepted on request only, and
// for unicast only.
func TestOldUnicastChecksum(t *testing.T) {
	v := findVector(t, "ka-v3-ipv4-unicast-old-checksum-ttl64")
	s := v.settings(t)
	_, got := judge(t, v.datagram(t), s)
	want(t, "by default", got, Checksum)
	s.OldUnicastChecksum = true
	_, got = judge(t, v.datagram(t), s)
	want(t, "on request", got, None)
}

// RFC 3768 §7.1: v2 refuses another list from a non-owner on request; v3 never does.
func TestRFC3768_7_1_StrictAddressListIsOfV2(t *testing.T) {
	f := newForm("", IPv4, V3, 1, false, Auth{})
	f.settings.StrictAddressList = true
	f.advert.Addresses = virtual(IPv4, 2)
	w, got := judge(t, f.datagram(t), f.settings)
	want(t, "v3", got, None)
	if w != WarnAddressListMismatch {
		t.Errorf("warnings %q", w)
	}
}
