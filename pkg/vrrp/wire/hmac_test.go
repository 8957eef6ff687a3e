package wire

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"testing"
	"time"
)

// The HMAC trailer (protocol reference, section 13.3).

// signed is an advert of f from src, signed with the clock at now.
func signed(t testing.TB, f *form, src netip.Addr, now time.Time) []byte {
	t.Helper()
	s, err := NewSigner(f.auth)
	if err != nil {
		t.Fatal(err)
	}
	s.Next(now)
	a := f.advert
	a.Src, a.Signer = src, s
	return a.Append(nil)
}

// TestHMACPublished checks two more trailers that were captured from keepalived.
func TestHMACPublished(t *testing.T) {
	var first []byte
	for i := range 32 {
		first = append(first, byte(i))
	}
	for _, c := range []struct {
		source, message, trailer string
		key                      []byte
	}{
		{"10.9.0.2", "213364010001705d0a0900640000000000000000", "010100006b027a4bb92c000096957b8f308b10fedd6b29d01d2913c1", first},
		{
			"fe80::e80b:d9ff:fea8:ba10", "31346401003237bcfe800000000000000000000000000100",
			"010200006b027a4a7ca500004d76743f93e22592cb07f362d26b4b66", []byte("abcdefghijklmnopqrstuvwxyz0123456789"),
		},
	} {
		message, trailer := unhex(t, c.message), unhex(t, c.trailer)
		key, err := NewKey(trailer[trailerKeyID], c.key)
		if err != nil {
			t.Fatal(err)
		}
		family, header := IPv4, make([]byte, ipv6HeaderLen)
		source := netip.MustParseAddr(c.source)
		if source.Is6() {
			family = IPv6
			copy(header[8:], source.AsSlice())
		} else {
			copy(header[12:], source.AsSlice())
		}
		got := newMAC(key).sum(header, family, message, trailer)
		if hex.EncodeToString(got) != c.trailer[2*trailerHMAC:] {
			t.Errorf("from %s: %x, want %s", c.source, got, c.trailer[2*trailerHMAC:])
		}
	}
}

func TestHMACModes(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	good := signed(t, f, from4, testNow)
	bad := signed(t, f, from4, testNow)
	bad[len(bad)-1] ^= 1
	plain := newForm("", IPv4, V3, 2, false, Auth{}).datagram(t)
	for mode, missing := range map[HMACMode]Reject{Enforce: HMACMissing, Permissive: None, ReceiveOnly: None} {
		s := f.settings
		s.Auth.HMAC.Mode = mode
		_, got := judge(t, good, s)
		want(t, mode.String()+", signed", got, None)
		_, got = judge(t, bad, s)
		want(t, mode.String()+", badly signed", got, HMACInvalid)
		_, got = judge(t, plain, s)
		want(t, mode.String()+", not signed", got, missing)
	}
	s := f.auth
	s.HMAC.Mode = ReceiveOnly
	if signer, err := NewSigner(s); err != nil || signer.Overhead() != 0 {
		t.Errorf("receive-only signs: overhead %d, %v", signer.Overhead(), err)
	}
}

// Every key of the ring verifies; only the active one signs.
func TestHMACRotation(t *testing.T) {
	f := findForm(t, "v3-ipv6-hmac")
	for _, active := range []uint8{1, 7} {
		f.auth.HMAC.Active = active
		b := signed(t, f, from6, testNow)
		_, got := judge(t, b, f.settings)
		want(t, "key "+strconv.Itoa(int(active)), got, None)
		p, _ := Open(b)
		if trailer, ok := p.Trailer(); !ok || trailer.KeyID != active {
			t.Errorf("signed with key %d, want %d", trailer.KeyID, active)
		}
	}
	s := f.settings
	s.Auth.HMAC.Keys = s.Auth.HMAC.Keys[:1]
	s.Auth.HMAC.Active = 1
	_, got := judge(t, signed(t, f, from6, testNow), s)
	want(t, "key 7 removed", got, HMACUnknownKey)
}

// The order of checks: malformed, stale, unknown key, invalid, replay.
func TestHMACOrder(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	r := f.rules(t)
	b := signed(t, f, from4, testNow)
	trailer := b[len(b)-TrailerLen:]
	steps := []struct {
		want   Reject
		breaks func()
	}{
		{None, func() {}},
		{HMACReplay, func() {}},
		{HMACInvalid, func() { trailer[20] ^= 1 }},
		{HMACUnknownKey, func() { trailer[trailerKeyID] = 9 }},
		{HMACStale, func() { trailer[trailerSequence] ^= 0x10 }},
		{HMACMalformed, func() { trailer[trailerReserved+1] = 1 }},
		{HMACMalformed, func() { trailer[trailerReserved+1], trailer[0] = 0, 2 }},
	}
	for _, s := range steps {
		s.breaks()
		p, _ := Open(b)
		_, got := r.Check(&p, testNow)
		want(t, "trailer", got, s.want)
	}
}

// §15: an attacker without a key cannot move a mark, whatever sequence he claims.
func TestHMACMarkOnlyByRightHMAC(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	r := f.rules(t)
	forged := signed(t, f, from4, testNow.Add(4*time.Second))
	forged[len(forged)-1] ^= 1
	p, _ := Open(forged)
	_, got := r.Check(&p, testNow)
	want(t, "forged", got, HMACInvalid)
	p, _ = Open(signed(t, f, from4, testNow))
	_, got = r.Check(&p, testNow)
	want(t, "honest, earlier sequence", got, None)
}

// The window is compared in whole seconds modulo 2^32, over the wrap of 2106 too.
func TestHMACWindow(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	wrap := time.Unix(1<<32, 0)
	for _, base := range []time.Time{testNow, wrap} {
		for offset, wanted := range map[time.Duration]Reject{
			-6 * time.Second: HMACStale, -5 * time.Second: None, 0: None, 5 * time.Second: None, 6 * time.Second: HMACStale,
		} {
			p, _ := Open(signed(t, f, from4, base.Add(offset)))
			_, got := f.rules(t).Check(&p, base)
			want(t, base.String()+offset.String(), got, wanted)
			trailer, _ := p.Trailer()
			if skew := trailer.Skew(base); skew != offset {
				t.Errorf("skew %v, want %v", skew, offset)
			}
		}
	}
}

// In monotonic mode clocks do not matter, only that the sequence grows.
func TestHMACMonotonic(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	f.settings.Auth.HMAC.Replay, f.settings.Auth.HMAC.Window = ReplayMonotonic, 0
	r := f.rules(t)
	check := func(sent time.Time) Reject {
		p, _ := Open(signed(t, f, from4, sent))
		_, reject := r.Check(&p, testNow)
		return reject
	}
	want(t, "a year behind", check(testNow.AddDate(-1, 0, 0)), None)
	want(t, "a year ahead", check(testNow.AddDate(1, 0, 0)), None)
	want(t, "now", check(testNow), HMACReplay)
}

// In time mode a mark outside the window is forgotten: a sender whose clock was
// set back is heard again as soon as its old mark is stale.
func TestHMACTimeForgets(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	r := f.rules(t)
	check := func(sent, now time.Time) Reject {
		p, _ := Open(signed(t, f, from4, sent))
		_, reject := r.Check(&p, now)
		return reject
	}
	want(t, "first", check(testNow.Add(3*time.Second), testNow), None)
	want(t, "clock set back", check(testNow.Add(time.Second), testNow.Add(time.Second)), HMACReplay)
	// Our clock goes back far enough for the mark to lie beyond the window.
	earlier := testNow.Add(-3 * time.Second)
	want(t, "mark out of the window", check(earlier, earlier), None)
}

// Four multicast senders have marks; a fifth takes that of the one silent longest.
func TestHMACMulticastMarks(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	r := f.rules(t)
	advert := map[int][]byte{}
	for host := 1; host <= 5; host++ {
		advert[host] = signed(t, f, netip.AddrFrom4([4]byte{192, 0, 2, 100 + uint8(host)}), testNow)
	}
	check := func(host int) Reject {
		p, _ := Open(advert[host])
		_, reject := r.Check(&p, testNow)
		return reject
	}
	for host := 1; host <= 4; host++ {
		want(t, "first", check(host), None)
	}
	advert[1] = signed(t, f, netip.AddrFrom4([4]byte{192, 0, 2, 101}), testNow.Add(time.Second))
	want(t, "1 speaks again, so 2 is silent longest", check(1), None)
	want(t, "5 takes a mark", check(5), None)
	for _, host := range []int{1, 3, 4, 5} {
		want(t, "replay of "+strconv.Itoa(host), check(host), HMACReplay)
	}
	want(t, "2 has lost its mark", check(2), None)
}

// Each unicast peer has its own mark, and keeps it over a change of settings.
func TestHMACUnicastMarks(t *testing.T) {
	f := findForm(t, "v3-ipv4-unicast-hmac")
	var advert [][]byte
	for host := range 6 {
		peer := netip.AddrFrom4([4]byte{192, 0, 2, 100 + uint8(host)})
		f.settings.Peers = append(f.settings.Peers, Peer{Addr: peer})
		advert = append(advert, signed(t, f, peer, testNow))
	}
	r := f.rules(t)
	check := func(host int) Reject {
		p, _ := Open(advert[host])
		_, reject := r.Check(&p, testNow)
		return reject
	}
	for host := range advert {
		want(t, "first", check(host), None)
	}
	f.settings.Peers = f.settings.Peers[2:]
	if err := r.Update(f.settings); err != nil {
		t.Fatal(err)
	}
	want(t, "removed", check(0), UnknownPeer)
	for host := 1; host < len(advert); host++ {
		want(t, "replay", check(host), HMACReplay)
	}
}

// The signature binds the source, the VRID and the version, not the destination.
func TestHMACCovers(t *testing.T) {
	f := findForm(t, "v3-ipv4-unicast-hmac")
	b := signed(t, f, from4, testNow)
	p, _ := Open(b)
	trailer, _ := p.trailer()
	message := p.Message()[:p.messageLen()]
	m := newMAC(testKey(t, 7))
	same := func() bool { return string(m.sum(b, IPv4, message, trailer)) == string(trailer[trailerHMAC:]) }
	for name, covered := range map[string][]byte{
		"source": b[12:16], "version and type": message[:1], "VRID": message[1:2], "priority": message[2:3],
		"addresses": message[8:], "key id": trailer[1:2], "sequence": trailer[4:12],
	} {
		covered[0] ^= 1
		if same() {
			t.Errorf("%s is not covered", name)
		}
		covered[0] ^= 1
	}
	for name, free := range map[string][]byte{"destination": b[16:20], "TTL": b[8:9], "checksum": message[6:8]} {
		free[0] ^= 1
		if !same() {
			t.Errorf("%s is covered", name)
		}
		free[0] ^= 1
	}
}

// An advert in which the sequence says seconds reads back as that time.
func TestTrailerTime(t *testing.T) {
	f := findForm(t, "v3-ipv4-hmac")
	p, _ := Open(signed(t, f, from4, testNow))
	trailer, _ := p.Trailer()
	if !trailer.Time().Equal(testNow) {
		t.Errorf("time %v, want %v", trailer.Time(), testNow)
	}
	raw, _ := p.trailer()
	if binary.BigEndian.Uint64(raw[trailerSequence:]) != trailer.Sequence {
		t.Error("sequence is not bytes 4 to 11")
	}
}
