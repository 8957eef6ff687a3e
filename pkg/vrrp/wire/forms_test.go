package wire

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// testNow is the wall clock of the tests.
var testNow = time.Date(2026, 11, 22, 12, 0, 0, 250_000_000, time.UTC)

// form is one kind of advert: how we send it and how its receiver is set up.
type form struct {
	name     string
	settings Settings
	auth     Auth
	advert   Advert // without signer
	checksum ChecksumForm
	tshark   string // checksum status that tshark gives: 1 good, 0 bad
}

func (f *form) signer(t testing.TB) *Signer {
	t.Helper()
	s, err := NewSigner(f.auth)
	if err != nil {
		t.Fatal(err)
	}
	s.Next(testNow)
	return s
}

func (f *form) rules(t testing.TB) *Rules {
	t.Helper()
	r, err := NewRules(f.settings)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// datagram returns the advert of f in bytes.
func (f *form) datagram(t testing.TB) []byte {
	t.Helper()
	a := f.advert
	a.Signer = f.signer(t)
	if err := a.Validate(); err != nil {
		t.Fatal(err)
	}
	return a.Append(nil)
}

func testKey(t testing.TB, id uint8) Key {
	t.Helper()
	k, err := NewKey(id, bytes.Repeat([]byte{id, 0x5a}, 16))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testRing(t testing.TB) HMAC {
	return HMAC{Keys: []Key{testKey(t, 1), testKey(t, 7)}, Active: 7, Window: 5 * time.Second}
}

var (
	from4, to4 = netip.MustParseAddr("192.0.2.11"), netip.MustParseAddr("192.0.2.12")
	from6, to6 = netip.MustParseAddr("fe80::11"), netip.MustParseAddr("fe80::12")
)

// virtual returns n virtual addresses; the first of IPv6 is link-local.
func virtual(f Family, n int) []netip.Addr {
	var list []netip.Addr
	for i := range n {
		switch {
		case f == IPv4:
			list = append(list, netip.AddrFrom4([4]byte{198, 51, 100, uint8(i)}))
		case i == 0:
			list = append(list, netip.MustParseAddr("fe80::53"))
		default:
			list = append(list, netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i)))
		}
	}
	return list
}

// newForm makes a form of n addresses, unicast or to the group.
func newForm(name string, family Family, version uint8, n int, unicast bool, auth Auth) *form {
	f := &form{name: name, auth: auth, tshark: "1", checksum: PseudoHeader}
	src, dst, own := from4, Group4, to4
	if family == IPv6 {
		src, dst, own = from6, Group6, to6
	}
	f.settings = Settings{
		Family: family, Version: version, VRID: 53, Interval: time.Second,
		Addresses: virtual(family, n), Source: own, Auth: auth,
	}
	if unicast {
		f.settings.Peers = []Peer{{Addr: src}}
		dst = own
	}
	f.advert = Advert{
		Version: version, VRID: 53, Priority: 150, Interval: time.Second,
		Addresses: f.settings.Addresses, Src: src, Dst: dst, ID: 0x1234,
	}
	if version == V2 {
		f.checksum = MessageOnly
	}
	if auth.HMAC.enabled() && family == IPv6 {
		f.checksum = PseudoHeaderTrailer
	} else if auth.HMAC.enabled() {
		f.tshark = "0" // tshark takes the trailer into the sum
	}
	return f
}

// forms is every kind of advert that we send.
func forms(t testing.TB) []*form {
	pass := Auth{Type: AuthPass, Password: NewPassword("s3cr3t")}
	ah := Auth{Type: AuthAH, Password: NewPassword("k4ykey")}
	ring := Auth{HMAC: testRing(t)}
	messageOnly := newForm("v3-ipv4-message-only", IPv4, V3, 2, false, Auth{})
	messageOnly.advert.Checksum, messageOnly.checksum, messageOnly.tshark = MessageOnly, MessageOnly, "0"
	old := newForm("v3-ipv4-unicast-old", IPv4, V3, 1, true, Auth{})
	old.advert.Checksum, old.checksum, old.tshark = GroupPseudoHeader, GroupPseudoHeader, "0"
	old.settings.OldUnicastChecksum = true
	return []*form{
		newForm("v2-none", IPv4, V2, 1, false, Auth{}),
		newForm("v2-none-empty", IPv4, V2, 0, false, Auth{}),
		newForm("v2-pass", IPv4, V2, 3, false, pass),
		newForm("v2-pass-unicast", IPv4, V2, 1, true, pass),
		newForm("v2-ah", IPv4, V2, 2, false, ah),
		newForm("v2-ah-unicast", IPv4, V2, 2, true, ah),
		newForm("v2-hmac", IPv4, V2, 2, false, ring),
		newForm("v3-ipv4", IPv4, V3, 2, false, Auth{}),
		newForm("v3-ipv4-255", IPv4, V3, 255, false, Auth{}),
		newForm("v3-ipv4-unicast", IPv4, V3, 1, true, Auth{}),
		newForm("v3-ipv4-hmac", IPv4, V3, 2, false, ring),
		newForm("v3-ipv4-unicast-hmac", IPv4, V3, 2, true, ring),
		messageOnly,
		old,
		newForm("v3-ipv6", IPv6, V3, 2, false, Auth{}),
		newForm("v3-ipv6-90", IPv6, V3, 90, false, Auth{}),
		newForm("v3-ipv6-unicast", IPv6, V3, 2, true, Auth{}),
		newForm("v3-ipv6-hmac", IPv6, V3, 2, false, ring),
		newForm("v3-ipv6-unicast-hmac", IPv6, V3, 2, true, ring),
	}
}

func findForm(t testing.TB, name string) *form {
	t.Helper()
	for _, f := range forms(t) {
		if f.name == name {
			return f
		}
	}
	t.Fatalf("no form %s", name)
	return nil
}

// TestFormsRoundTrip: what we send, we accept, and it says what we meant.
func TestFormsRoundTrip(t *testing.T) {
	for _, f := range forms(t) {
		t.Run(f.name, func(t *testing.T) {
			p, warnings, reject := receive(f.datagram(t), false, f.rules(t), testNow)
			if reject != None || warnings != 0 {
				t.Fatalf("refused: %v, warnings %q", reject, warnings)
			}
			a, id := &f.advert, uint16(0)
			if p.Family() == IPv4 {
				id = a.ID
			}
			if p.Version() != a.Version || p.VRID() != a.VRID || p.Priority() != a.Priority ||
				p.Interval() != a.Interval || p.Src() != a.Src || p.Dst() != a.Dst || p.ID() != id {
				t.Errorf("got %v of %+v", p, a)
			}
			if !slices.Equal(p.AppendAddresses(nil), a.Addresses) {
				t.Errorf("addresses %v, want %v", p.AppendAddresses(nil), a.Addresses)
			}
			if p.ChecksumForm() != f.checksum {
				t.Errorf("checksum form %v, want %v", p.ChecksumForm(), f.checksum)
			}
			if p.TTL() != RequiredTTL || p.TrafficClass() != TrafficClass {
				t.Errorf("TTL %d, traffic class %#x", p.TTL(), p.TrafficClass())
			}
		})
	}
}

// TestFormsRefuseOneBit: no bit of the message or of its signature may flip. The
// IP header is not ours to protect, but the addresses are where a pseudo-header
// or a signature covers them.
func TestFormsRefuseOneBit(t *testing.T) {
	for _, f := range forms(t) {
		good := f.datagram(t)
		p, _ := Open(good)
		for bit := int(p.message) * 8; bit < len(good)*8; bit++ {
			b := slices.Clone(good)
			b[bit/8] ^= 1 << (bit % 8)
			if _, _, reject := receive(b, false, f.rules(t), testNow); reject == None {
				t.Errorf("%s: bit %d of byte %d of the message flipped: accepted", f.name, bit%8, bit/8-int(p.message))
			}
		}
	}
}
