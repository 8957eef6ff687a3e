package wire

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// The zero Packet and every truncated one answer without a panic.
func TestTruncatedPackets(t *testing.T) {
	for _, f := range append(forms(t), &form{advert: Advert{}, name: "nothing"}) {
		full := f.advert.Append(nil)
		for n := range len(full) + 1 {
			p, reject := Open(full[:n])
			use(&p)
			if reject == None && n != len(full) {
				t.Errorf("%s: %d of %d bytes accepted", f.name, n, len(full))
			}
		}
	}
	var zero Packet
	use(&zero)
	if zero.Src().IsValid() || zero.Dst().IsValid() || zero.String() != "no VRRP packet" {
		t.Errorf("zero Packet: %v", zero)
	}
	r := newForm("", IPv4, V3, 1, false, Auth{}).rules(t)
	_, reject := r.Check(&zero, testNow)
	want(t, "zero Packet", reject, IPHeader)
}

// use calls everything there is.
func use(p *Packet) {
	p.Address(0)
	p.Address(-1)
	p.Address(255)
	_ = fmt.Sprintf("%v %d %#v", p.AppendAddresses(nil), []any{
		p.Family(), p.Multicast(), p.TTL(), p.TrafficClass(), p.ID(), p.Version(), p.Type(), p.VRID(), p.Priority(),
		p.Count(), p.AuthType(), p.Interval(), p.Checksum(), p.ChecksumForm(), len(p.IP()), len(p.Message()),
	}, p)
	p.Trailer()
	p.AH()
}

// IPv6 extension headers hide VRRP; anything else is another protocol.
func TestIPv6NextHeader(t *testing.T) {
	b := newForm("", IPv6, V3, 1, false, Auth{}).datagram(t)
	for next := range 256 {
		b[6] = uint8(next)
		_, reject := Open(b)
		switch next {
		case ProtocolVRRP:
			want(t, "VRRP", reject, None)
		case 0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254:
			want(t, fmt.Sprint(next), reject, ExtensionHeader)
		default:
			want(t, fmt.Sprint(next), reject, Protocol)
		}
	}
}

func TestEthernet(t *testing.T) {
	macs := make([]byte, 12)
	for _, c := range []struct {
		name, rest string
		want       Reject
		ip         string
	}{
		{"IPv4", "0800aa", None, "aa"},
		{"IPv6", "86ddbb", None, "bb"},
		{"empty payload", "0800", None, ""},
		{"priority tag", "8100e0000800aa", None, "aa"},
		{"two priority tags", "88a8000081000000" + "0800aa", None, "aa"},
		{"VLAN 1", "810000010800aa", VLAN, ""},
		{"VLAN behind a priority tag", "81000000810000050800aa", VLAN, ""},
		{"tag cut off", "810000", EthernetHeader, ""},
		{"nothing behind the tag", "81000000", EthernetHeader, ""},
		{"no type", "08", EthernetHeader, ""},
		{"802.3 length", "0026", EtherType, ""},
		{"ARP", "0806", EtherType, ""},
	} {
		ip, reject := Ethernet(append(macs, unhex(t, c.rest)...))
		if reject != c.want || fmt.Sprintf("%x", ip) != c.ip {
			t.Errorf("%s: %x, %q; want %s, %q", c.name, ip, reject.String(), c.ip, c.want.String())
		}
	}
}

func TestRejectIsAnError(t *testing.T) {
	if None.Err() != nil || TTL.Err() != error(TTL) || !errors.Is(fmt.Errorf("VI_1: %w", TTL), TTL) {
		t.Error("Err is wrong")
	}
	seen := map[string]Reject{}
	for _, r := range Rejects() {
		if r.Error() == "" || seen[r.Error()] != None {
			t.Errorf("%s: text %q is empty or used twice", r.String(), r.Error())
		}
		seen[r.Error()] = r
	}
	if r := Reject(200); r.String() != "unknown" || r.Counter() != "" || r.Ignored() {
		t.Errorf("an unknown Reject says %q", r.String())
	}
	// RFC 6527, vrrpv3StatisticsProtoErrReason.
	for r, n := range map[Reject]int{None: 0, TTL: 1, TTLRange: 1, Version: 2, Checksum: 3, VRIDUnknown: 4, Type: 0} {
		if r.ProtocolError() != n {
			t.Errorf("%s: protocol error %d, want %d", r.String(), r.ProtocolError(), n)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		IPv4.String(): "ipv4", IPv6.String(): "ipv6", Family(0).String(): "unknown",
		AuthNone.String(): "none", AuthPass.String(): "pass", AuthAH.String(): "ah", AuthType(9).String(): "type 9",
		AcceptBoth.String(): "accept-both", RequirePseudoHeader.String(): "pseudo-header",
		RequireMessageOnly.String(): "message-only", ChecksumPolicy(9).String(): "policy 9",
		GroupPseudoHeader.String(): "group-pseudo-header", ChecksumForm(9).String(): "form 9",
		ReplayTime.String(): "time", ReplayMonotonic.String(): "monotonic", ReceiveOnly.String(): "receive-only",
		Permissive.String(): "permissive", Enforce.String(): "enforce",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// RFC 9568 §7.3.
	if VirtualMAC(IPv4, 51) != [6]byte{0, 0, 0x5e, 0, 1, 51} || VirtualMAC(IPv6, 255) != [6]byte{0, 0, 0x5e, 0, 2, 255} {
		t.Error("virtual MAC")
	}
	if Group(IPv4).String() != "224.0.0.18" || Group(IPv6) != netip.MustParseAddr("ff02::12") {
		t.Error("groups")
	}
	p, _ := Open(newForm("", IPv4, V3, 2, false, Auth{}).datagram(t))
	if s := p.String(); !strings.Contains(s, "VRRPv3 vrid 53 priority 150 interval 1s from 192.0.2.11 to 224.0.0.18") {
		t.Error(s)
	}
}
