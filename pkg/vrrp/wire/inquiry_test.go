package wire

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

func inquiryTestKey(t *testing.T, id uint8, fill byte) Key {
	t.Helper()
	k, err := NewKey(id, bytes.Repeat([]byte{fill}, MinKeyLen))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// An inquiry arrives as it was sent, in both families and with every kind of
// authentication; question and answer have one length.
func TestInquiry(t *testing.T) {
	auths := map[string]Auth{
		"none":    {},
		"pass":    {Type: AuthPass, Password: NewPassword("secret")},
		"ah":      {Type: AuthAH, Password: NewPassword("secret")},
		"hmac":    {HMAC: HMAC{Keys: []Key{inquiryTestKey(t, 1, 'a'), inquiryTestKey(t, 2, 'b')}, Active: 2}},
		"receive": {HMAC: HMAC{Keys: []Key{inquiryTestKey(t, 7, 'c')}, Mode: ReceiveOnly}},
	}
	question := Inquiry{VRID: 51, Nonce: 0x0123456789abcdef, Address: netip.MustParseAddr("192.0.2.200")}
	answer := question
	answer.Answer, answer.State, answer.Priority, answer.Failed = true, 2, 80, true
	answer.Sightings = []Sighting{{MAC: [6]byte{2, 0, 0, 0, 0, 1}, Took: 312 * time.Microsecond}, {MAC: [6]byte{0, 0, 0x5e, 0, 1, 51}, Local: true}}
	for name, auth := range auths {
		for _, way := range [][2]string{{"192.0.2.1", "224.0.0.18"}, {"192.0.2.1", "192.0.2.2"}, {"fe80::1", "ff02::12"}} {
			src, dst := netip.MustParseAddr(way[0]), netip.MustParseAddr(way[1])
			var lengths []int
			for _, want := range []Inquiry{question, answer} {
				ip, err := want.Datagram(&auth, src, dst, 0, 7)
				if err != nil {
					t.Fatal(err)
				}
				lengths = append(lengths, len(ip))
				got, p, ok := OpenInquiry(ip)
				if !IsInquiry(ip) || !ok || !reflect.DeepEqual(got, want) || p.Src() != src || p.Dst() != dst || p.TTL() != RequiredTTL {
					t.Errorf("%s, %v: got %+v, %v; want %+v", name, way, got, ok, want)
				}
				if !p.Authentic(&auth) {
					t.Errorf("%s, %v: not authentic", name, way)
				}
				if bytes.Contains(ip, []byte("secret")) {
					t.Errorf("%s, %v: the password is in it", name, way)
				}
				if _, reject := Open(ip); reject != Type {
					t.Errorf("%s, %v: a router says %v, want %v", name, way, reject, Type)
				}
			}
			if lengths[0] != lengths[1] {
				t.Errorf("a question has %d bytes and its answer %d", lengths[0], lengths[1])
			}
		}
	}
}

// What was changed on the way, or made with another key, is not authentic;
// what is cut or of another format is none.
func TestInquiryForged(t *testing.T) {
	auth := Auth{HMAC: HMAC{Keys: []Key{inquiryTestKey(t, 1, 'a')}, Active: 1}}
	q := Inquiry{VRID: 51, Nonce: 1, Address: netip.MustParseAddr("192.0.2.200"), Answer: true, State: 2}
	src, dst := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18")
	ip, err := q.Datagram(&auth, src, dst, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ip {
		forged := bytes.Clone(ip)
		forged[i] ^= 1
		m := forged[ipv4HeaderLen:]
		m[inquiryChecksum], m[inquiryChecksum+1] = 0, 0
		sum := ^fold(sum(m, 0))
		m[inquiryChecksum], m[inquiryChecksum+1] = byte(sum>>8), byte(sum)
		// The rest of the IP header, and the VRRP checksum, are not covered.
		covered := i >= 12 && i < 16 || i >= ipv4HeaderLen && i != ipv4HeaderLen+inquiryChecksum && i != ipv4HeaderLen+inquiryChecksum+1
		if _, p, ok := OpenInquiry(forged); covered && ok && p.Authentic(&auth) {
			t.Errorf("byte %d may be changed", i)
		}
	}
	other := Auth{HMAC: HMAC{Keys: []Key{inquiryTestKey(t, 1, 'z')}, Active: 1}}
	if _, p, _ := OpenInquiry(ip); p.Authentic(&other) || p.Authentic(&Auth{Type: AuthPass, Password: NewPassword("x")}) {
		t.Error("another key made it too")
	}
	for n := range len(ip) {
		if _, _, ok := OpenInquiry(ip[:n]); ok {
			t.Errorf("%d of %d bytes are taken for whole", n, len(ip))
		}
		IsInquiry(ip[:n]) // must not panic
	}
}

// FuzzInquiry: whatever comes, nothing panics.
func FuzzInquiry(f *testing.F) {
	q := Inquiry{VRID: 1, Address: netip.MustParseAddr("fe80::1"), Answer: true}
	ip, err := q.Datagram(&Auth{}, netip.MustParseAddr("fe80::2"), netip.MustParseAddr("ff02::12"), 0, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ip)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, p, ok := OpenInquiry(b)
		if ok && !IsInquiry(b) {
			t.Error("the quick look missed one")
		}
		p.Authentic(&Auth{Type: AuthPass})
	})
}
