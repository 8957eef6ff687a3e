package wire

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// seed adds every vector and every captured advert.
func seed(f *testing.F, add func(ip []byte)) {
	for _, v := range loadVectors(f).Vectors {
		b := unhex(f, v.Hex)
		if v.Layer == "ethernet" {
			ip, reject := Ethernet(b)
			if reject != None {
				continue
			}
			b = ip
		}
		add(b)
	}
	for name := range adverts {
		for _, c := range captured(f, name) {
			add(c.data)
		}
	}
}

// FuzzOpen: no datagram panics, and what is accepted is inside its bounds. An
// advert that we could have sent comes out the same when it is sent again.
func FuzzOpen(f *testing.F) {
	seed(f, func(ip []byte) { f.Add(ip) })
	f.Fuzz(func(t *testing.T, ip []byte) {
		before := slices.Clone(ip)
		p, reject := Open(ip)
		use(&p)
		if i, again := Find(&p, nil); i != -1 || again == None || (reject.Ignored() && again != reject) {
			t.Fatalf("Find with no router: %d, %v after %v", i, again, reject)
		}
		if reject != None {
			return
		}
		rules := rulesFor(t, &p)
		_, reject = rules.Check(&p, testNow)
		if reject == Checksum { // random bytes do not get past it
			p, _ = Open(reseal(slices.Clone(p.IP())))
			_, reject = rules.Check(&p, testNow)
		}
		if !bytes.Equal(ip, before) {
			t.Fatal("the datagram was changed")
		}
		if reject != None {
			return
		}
		if p.Count() > 0 && !p.Address(p.Count()-1).IsValid() {
			t.Fatal("accepted without its last address")
		}
		if !mapped(&p) {
			again(t, &p, rules)
		}
	})
}

// mapped reports whether p is IPv6 and holds an IPv4-mapped address, which we
// take for IPv4 in what is configured and so never send.
func mapped(p *Packet) bool {
	all := p.AppendAddresses([]netip.Addr{p.Src(), p.Dst()})
	return slices.ContainsFunc(all, netip.Addr.Is4In6)
}

// rulesFor makes the virtual router that p would be for.
func rulesFor(t *testing.T, p *Packet) *Rules {
	s := Settings{
		Family: p.Family(), Version: p.Version(), VRID: max(1, p.VRID()),
		Interval:  min(max(1, p.Interval()), maxInterval(p.Version())),
		Addresses: p.AppendAddresses(nil), Group: p.Dst(),
	}
	if !p.Multicast() {
		s.Group, s.Source, s.Peers = Group(s.Family), p.Dst(), []Peer{{Addr: p.Src()}}
	}
	r, err := NewRules(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// again sends what p says and wants the same message back: parse, append, parse.
func again(t *testing.T, p *Packet, rules *Rules) {
	a := advertOf(p, nil)
	if a.TTL == 0 {
		a.TTL = RequiredTTL // unicast may arrive with 0; none is sent with it
	}
	if err := a.Validate(); err != nil {
		t.Fatalf("accepted %v, cannot send it: %v", p, err)
	}
	q, reject := Open(a.Append(nil))
	if reject == None {
		_, reject = rules.Check(&q, testNow)
	}
	if reject != None {
		t.Fatalf("%v sent again: %v", p, reject)
	}
	if !sameMessage(p, &q) {
		t.Fatalf("sent again:\n%x\n%x", p.Message(), q.Message())
	}
}

// sameMessage compares all but what a receiver ignores: the reserved bits of v3,
// the authentication data of type 0, and the checksum over them.
func sameMessage(p, q *Packet) bool {
	return p.Version() == q.Version() && p.VRID() == q.VRID() && p.Priority() == q.Priority() &&
		p.Interval() == q.Interval() && p.Src() == q.Src() && p.Dst() == q.Dst() && p.ID() == q.ID() &&
		slices.Equal(p.AppendAddresses(nil), q.AppendAddresses(nil)) &&
		(p.ChecksumForm() == q.ChecksumForm() || p.Family() == IPv4)
}

// FuzzHMAC changes a signed advert in one place: whatever the change, the advert
// is accepted only if everything that the signature covers is as it was.
func FuzzHMAC(f *testing.F) {
	var signed []*form
	for _, s := range forms(f) {
		if s.auth.HMAC.enabled() {
			signed = append(signed, s)
		}
	}
	for i := range signed {
		f.Add(uint8(i), uint16(0), []byte{}, int64(0))
		f.Add(uint8(i), uint16(40), []byte{1, 9, 0, 0}, int64(5))
		f.Add(uint8(i), uint16(60), []byte{2, 7}, int64(-6))
	}
	for _, v := range loadVectors(f).Vectors {
		if p, _ := Open(v.datagram(f)); v.Instance.Auth.Type == "hmac" {
			f.Add(uint8(2), p.message, p.Message(), int64(0))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, at uint16, patch []byte, skew int64) {
		form := signed[int(kind)%len(signed)]
		good := form.datagram(t)
		b := slices.Clone(good)
		copy(b[int(at)%len(b):], patch)
		p, _ := Open(b)
		use(&p)
		skew %= 400
		rules := form.rules(t)
		_, reject := rules.Check(&p, testNow.Add(time.Duration(skew)*time.Second))
		if reject != None {
			if rules.marks[0].set || len(rules.peers) > 0 && rules.peers[0].mark.set {
				if reject != CountZero && reject != IntervalZero && reject != IntervalMismatch {
					t.Fatalf("a refused advert (%v) left a mark", reject)
				}
			}
			return
		}
		if skew < -5 || skew > 5 {
			t.Fatalf("accepted with the clock %d s off", skew)
		}
		message := int(p.message)
		if !bytes.Equal(b[message:], good[message:]) && !onlyChecksum(b[message:], good[message:]) {
			t.Fatalf("accepted after a change:\n%x\n%x", b, good)
		}
	})
}

// onlyChecksum reports whether two messages differ in the checksum alone.
func onlyChecksum(a, b []byte) bool {
	return len(a) == len(b) && bytes.Equal(a[:6], b[:6]) && bytes.Equal(a[8:], b[8:])
}

// FuzzTrailer gives a receiver of signed adverts any bytes at all behind a good
// IP header, in every mode.
func FuzzTrailer(f *testing.F) {
	for _, v := range loadVectors(f).Vectors {
		if p, _ := Open(v.datagram(f)); v.Instance.Auth.Type == "hmac" {
			f.Add(p.Message(), uint8(0), false)
			f.Add(p.Message(), uint8(1), true)
		}
	}
	form := findForm(f, "v3-ipv4-hmac")
	header := form.datagram(f)[:ipv4HeaderLen]
	f.Fuzz(func(t *testing.T, message []byte, mode uint8, monotonic bool) {
		s := form.settings
		s.Auth.HMAC.Mode = HMACMode(mode % 3)
		if monotonic {
			s.Auth.HMAC.Replay = ReplayMonotonic
		}
		r, err := NewRules(s)
		if err != nil {
			t.Fatal(err)
		}
		message = message[:min(len(message), 1400)]
		b := append(slices.Clone(header), message...)
		b[2], b[3] = uint8(len(b)>>8), uint8(len(b))
		p, _ := Open(b)
		_, reject := r.Check(&p, testNow)
		if _, ok := p.Trailer(); ok && reject == None {
			t.Fatalf("accepted without the key: %x", message)
		}
		if _, ok := p.Trailer(); !ok && reject == None && s.Auth.HMAC.Mode == Enforce {
			t.Fatalf("accepted without a trailer: %x", message)
		}
	})
}

// FuzzEthernet: no frame panics.
func FuzzEthernet(f *testing.F) {
	for _, v := range loadVectors(f).Vectors {
		if v.Layer == "ethernet" {
			f.Add(unhex(f, v.Hex))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if ip, reject := Ethernet(b); len(ip) > 0 && (reject != None || !bytes.HasSuffix(b, ip)) {
			t.Fatalf("%d bytes with %v", len(ip), reject)
		}
	})
}
