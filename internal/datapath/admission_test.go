package datapath

import (
	"testing"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// TestAdmissionAgrees holds the packet socket's judgement against the
// program's table. What needs more than the header it leaves to wire.
func TestAdmissionAgrees(t *testing.T) {
	leaves := map[string]bool{"unknown_peer": true, "ttl_range": true, "length_mismatch": true, "checksum": true}
	d, err := LoadSocketOnly(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.SetRouters(tableRouters()); err != nil {
		t.Fatal(err)
	}
	for _, test := range tableCases() {
		ip, reject := wire.Ethernet(test.frame)
		if reject != wire.None { // the kernel or the socket's filter keep these away
			continue
		}
		s := &packetSocket{ifindex: courtIfIndex}
		verdict := d.admission.Load().judge(s, ip, 1)
		got := ""
		if verdict < verdicts {
			got = verdict.String()
		}
		switch {
		case got == test.verdict:
		case leaves[test.verdict] && (got == "accepted" || got == "consumed"):
		case test.name == "AH cut short" && got == "packet_too_short":
		case got == "" && test.verdict == "ip_header": // the socket's judge goes by the version, not by the ethertype
		default:
			t.Errorf("%s: %q, the program says %q", test.name, got, test.verdict)
		}
	}
}

// TestSocketIsLimited: a flood by packet socket is bounded too.
func TestSocketIsLimited(t *testing.T) {
	d, err := LoadSocketOnly(Config{FloodLimit: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.SetRouters(tableRouters()); err != nil {
		t.Fatal(err)
	}
	s := &packetSocket{ifindex: courtIfIndex}
	good, accepted := advert(7, peer4, nil), 0
	for range 10_000 {
		if d.admission.Load().judge(s, good, 1_000_000_000) == Accepted {
			accepted++
		}
	}
	if accepted < 20 || accepted > 30 { // a burst of a quarter of a second
		t.Errorf("%d accepted at once", accepted)
	}
}
