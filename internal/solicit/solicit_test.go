package solicit

import (
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// The packets are held against bytes put together by hand from RFC 8200 section 3 and
// RFC 4861 section 4.3, and the checksums against their definition.
func TestPackets(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	target, source := netip.MustParseAddr("2001:db8::51"), netip.MustParseAddr("fe80::1%eth0")
	const (
		to    = "20010db8000000000000000000000051"
		from  = "fe800000000000000000000000000001"
		group = "ff0200000000000000000001ff000051"
	)
	all, ethernet, err := All(target, source, mac)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "to all", all, "6000000000203aff"+from+group+"8700"+"SUM"+"00000000"+to+"0101020000000001")
	if ethernet.String() != "33:33:ff:00:00:51" {
		t.Errorf("to %v", ethernet)
	}
	one, err := One(target, source, mac)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "to one", one, "6000000000203aff"+from+to+"8700"+"SUM"+"00000000"+to+"0101020000000001")
	for _, nobody := range []netip.Addr{{}, netip.IPv6Unspecified()} {
		all, _, err := All(target, nobody, mac)
		if err != nil {
			t.Fatal(err)
		}
		is(t, "from nobody", all, "6000000000183aff"+strings.Repeat("0", 32)+group+"8700"+"SUM"+"00000000"+to)
	}
	if _, _, err := All(netip.MustParseAddr("192.0.2.1"), source, mac); err == nil {
		t.Error("an IPv4 address was solicited")
	}
}

// is compares a packet with bytes, of which SUM stands for a checksum that is right.
func is(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	text := hex.EncodeToString(got)
	at := strings.Index(want, "SUM")
	if len(text) < at+4 || text[:at]+"SUM"+text[at+4:] != want {
		t.Errorf("%s:\n%s\n%s", what, text, want)
		return
	}
	// RFC 4443 section 2.3: the sum over pseudo-header and message is all ones.
	sum := uint32(len(got)-40) + 58
	for i := 8; i+1 < len(got); i += 2 {
		sum += uint32(got[i])<<8 | uint32(got[i+1])
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	if sum != 0xffff {
		t.Errorf("%s: checksum off by %#x", what, 0xffff-sum)
	}
}
