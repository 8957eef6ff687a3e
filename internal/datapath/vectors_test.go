package datapath

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"testing"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// vector is as much of wire's test vectors as the kernel needs.
type vector struct {
	ID       string
	Layer    string
	Hex      string
	Instance struct {
		Family       string
		VRID         uint8
		LocalAddress netip.Addr `json:"local_address"`
		Mode         string
		Peers        []netip.Addr
		MinTTL       uint8 `json:"min_ttl"`
		MaxTTL       uint8 `json:"max_ttl"`
		Auth         struct{ Type string }
	}
	Expect struct{ Result, Reason string }
}

func loadVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../../pkg/vrrp/wire/testdata/vrrp-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Vectors []vector }
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Vectors) < 150 {
		t.Fatalf("only %d vectors", len(f.Vectors))
	}
	return f.Vectors
}

func (v *vector) router() Router {
	in := &v.Instance
	r := Router{
		IfIndex: courtIfIndex, Family: wire.IPv4, VRID: in.VRID,
		Multicast: in.Mode == "multicast", AH: in.Auth.Type == "ah", Own: []netip.Addr{in.LocalAddress},
	}
	if in.Family == "ipv6" {
		r.Family = wire.IPv6
	}
	if r.Multicast {
		r.Group = wire.Group(r.Family)
		return r
	}
	r.Local = in.LocalAddress
	for _, p := range in.Peers {
		r.Peers = append(r.Peers, wire.Peer{Addr: p, MinTTL: in.MinTTL, MaxTTL: in.MaxTTL})
	}
	return r
}

func (v *vector) frame(t testing.TB) []byte {
	t.Helper()
	raw, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatal(err)
	}
	if v.Layer == "ethernet" {
		return raw
	}
	f := append([]byte{0x01, 0, 0x5e, 0, 0, 0x12}, testMAC[:]...)
	if v.Instance.Family == "ipv6" {
		return append(append(f, 0x86, 0xdd), raw...)
	}
	return append(append(f, 0x08, 0), raw...)
}

// kernelJudges are the reasons for which the program itself refuses an advert.
// All others are wire's: the program hands such adverts up as good.
var kernelJudges = map[string]bool{ // reason -> passed on
	"ip_header": true, "ip_total_length": true, "packet_too_short": true, "vrid_unknown": true, "destination": true,
	"own_source": false, "ttl": false, "version": false, "type": false, "unknown_peer": false, "ttl_range": false,
	"length_mismatch": false, "checksum": false,
}

// exceptions are vectors that the program treats otherwise than their reason
// says, and why.
var exceptions = map[string]ruling{
	// The bytes that would name protocol 112 are not there: the program cannot know that it is VRRP.
	"bad-ip-truncated-header":   {passed: true},
	"bad-ipv6-truncated-header": {passed: true},
	// What depends on more than form stays with wire: the policy for checksums, the version and the trailer.
	"bad-v3-ipv4-message-only-when-pseudo-required": {passed: true, verdict: "accepted"},
	"bad-v3-ipv4-pseudo-when-message-only-required": {passed: true, verdict: "accepted"},
	"bad-v3-hmac-to-plain-instance":                 {passed: true, verdict: "accepted"},
	"bad-version-v3-to-v2-instance":                 {passed: true, verdict: "accepted"},
	"bad-version-v2-to-v3-instance":                 {passed: true, verdict: "accepted"},
	"ka-v3-ipv4-unicast-old-checksum-ttl64":         {passed: false, verdict: "consumed"},
}

// want is the ruling that a vector calls for.
func (v *vector) want() ruling {
	if r, ok := exceptions[v.ID]; ok {
		return r
	}
	passed, judged := kernelJudges[v.Expect.Reason]
	switch {
	case v.Expect.Result == "ignore":
		return ruling{passed: true}
	case v.Expect.Result == "reject" && judged:
		return ruling{passed: passed, verdict: v.Expect.Reason}
	case v.Instance.Mode == "unicast":
		return ruling{passed: false, verdict: "consumed"}
	}
	return ruling{passed: true, verdict: "accepted"}
}

func TestVectors(t *testing.T) {
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		for _, v := range loadVectors(t) {
			frame := v.frame(t)
			if !c.runs(frame) {
				continue
			}
			if err := c.SetRouters([]Router{v.router()}); err != nil {
				t.Fatalf("%s: %v", v.ID, err)
			}
			c.refill(t)
			got, want := c.judge(t, frame), v.want()
			if got.passed != want.passed || got.verdict != want.verdict {
				t.Errorf("%s (%s %s): %v, want %v", v.ID, v.Expect.Result, v.Expect.Reason, got, want)
			}
			v.checkRecord(t, frame, got)
		}
	})
}

// checkRecord holds the ring record against the frame: it is there for every
// advert of ours, and it is the datagram without its padding.
func (v *vector) checkRecord(t *testing.T, frame []byte, got ruling) {
	t.Helper()
	ours := got.verdict == "accepted" || got.verdict == "consumed" || (got.verdict != "" && !got.passed)
	if ours != (got.record != nil) {
		t.Errorf("%s: %v", v.ID, got)
	}
	if got.record == nil {
		return
	}
	ip, _ := wire.Ethernet(frame)
	if !bytes.HasPrefix(ip, got.record.IP) || got.record.SourceMAC != [6]byte(frame[6:12]) {
		t.Errorf("%s: record %x\nof frame %x", v.ID, got.record.IP, frame)
	}
	if p, reject := wire.Open(got.record.IP); v.Expect.Result == "accept" && reject != wire.None {
		t.Errorf("%s: wire refuses the record: %v %v", v.ID, p, reject)
	}
}
