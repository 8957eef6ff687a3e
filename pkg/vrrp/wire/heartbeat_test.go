package wire

import (
	"testing"
)

// A heartbeat is for those alone who ask for it: to everybody else it is of a
// type that does not exist. Neither of the two can be made of the other, though
// one key signs both.
func TestHeartbeatIsNoAdvert(t *testing.T) {
	for _, name := range []string{"v3-ipv4-hmac", "v3-ipv6-hmac"} {
		f := findForm(t, name)
		sign := func(heartbeat bool) []byte {
			s, err := NewSigner(f.auth)
			if err != nil {
				t.Fatal(err)
			}
			s.Next(testNow)
			a := f.advert
			a.Signer, a.Heartbeat = s, heartbeat
			if err := a.Validate(); err != nil {
				t.Fatal(err)
			}
			return a.Append(nil)
		}
		check := func(what string, ip []byte, want Reject) {
			t.Helper()
			p, reject := Open(ip)
			if reject != Type {
				t.Fatalf("%s, %s: Open says %v, want type", name, what, reject)
			}
			p, ok := p.Heartbeat()
			if !ok {
				t.Fatalf("%s, %s: is no heartbeat", name, what)
			}
			r, err := NewRules(f.settings)
			if err != nil {
				t.Fatal(err)
			}
			if _, got := r.Check(&p, testNow); got != want {
				t.Errorf("%s, %s: %v, want %v", name, what, got, want)
			}
			if want == None {
				if _, got := r.Check(&p, testNow); got != HMACReplay {
					t.Errorf("%s, %s, a second time: %v, want hmac_replay", name, what, got)
				}
			}
		}
		beat := sign(true)
		check("a heartbeat", beat, None)
		if _, got := judge(t, beat, f.settings); got != Type {
			t.Errorf("%s: a heartbeat taken for an advert: %v, want type", name, got)
		}
		advert := sign(false)
		p, _ := Open(advert)
		if _, ok := p.Heartbeat(); ok {
			t.Errorf("%s: an advert is taken for a heartbeat", name)
		}
		// Whoever turns an advert into a heartbeat can mend the checksum, but not the signature.
		at := len(advert) - len(p.Message())
		advert[at] = V3<<4 | TypeHeartbeat
		advert[at+6], advert[at+7] = checksumShifted(advert[at+6:], TypeHeartbeat-TypeAdvertisement)
		check("an advert made a heartbeat", advert, HMACInvalid)
	}
	unsigned := findForm(t, "v3-ipv4-hmac").advert
	unsigned.Signer, unsigned.Heartbeat = nil, true
	if err := unsigned.Validate(); err == nil {
		t.Error("a heartbeat without a signature is valid")
	}
}

// checksumShifted is the checksum after the first octet of a message grew by n.
func checksumShifted(old []byte, n int) (byte, byte) {
	sum := uint32(^(uint16(old[0])<<8 | uint16(old[1]))) + uint32(n)<<8
	sum = ^(sum&0xffff + sum>>16)
	return byte(sum >> 8), byte(sum)
}
