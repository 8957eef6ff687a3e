package wire

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// unsendable are the accepted vectors that we would never send, and why.
var unsendable = map[string]string{
	"hand-v2-ip-options-router-alert":  "IP options",
	"hand-v3-ip-options-40-bytes":      "IP options",
	"hand-v3-reserved-nibble-set":      "reserved bits set",
	"hand-v3-ipv6-reserved-nibble-set": "reserved bits set",
	"hand-v2-none-garbage-auth-data":   "authentication data without authentication",
	"hand-v2-df-set-dscp0":             "another traffic class",
	"hand-v3-checksum-ffff-for-zero":   "0xffff for a zero checksum",
}

// advertOf makes the Advert that should yield the bytes of p.
func advertOf(p *Packet, signer *Signer) *Advert {
	a := &Advert{
		Version:   p.Version(),
		VRID:      p.VRID(),
		Priority:  p.Priority(),
		Interval:  p.Interval(),
		Addresses: p.AppendAddresses(nil),
		Src:       p.Src(),
		Dst:       p.Dst(),
		TTL:       p.TTL(),
		ID:        p.ID(),
		Checksum:  p.ChecksumForm(),
		Signer:    signer,
	}
	if p.Family() == IPv6 {
		a.FlowLabel = binary.BigEndian.Uint32(p.IP()) & 0xfffff
	} else {
		a.DontFragment = binary.BigEndian.Uint16(p.IP()[6:])&dontFragment != 0
	}
	return a
}

// signerOf makes a signer whose sequence is that of p, by the way it would have
// come about: the clock, or for a counter the value before it.
func signerOf(t testing.TB, p *Packet, auth Auth) *Signer {
	t.Helper()
	if trailer, ok := p.Trailer(); ok {
		auth.HMAC.Active = trailer.KeyID
	}
	signer, err := NewSigner(auth)
	if err != nil {
		t.Fatal(err)
	}
	if ah, ok := p.AH(); ok {
		signer.Observe(ah.Sequence - 1)
	}
	trailer, ok := p.Trailer()
	now := trailer.Time().Add(1) // Time cuts off less than a nanosecond
	for n := trailer.Sequence & 0xffff; ok && n > 0; n-- {
		signer.Next(now)
	}
	signer.Next(now)
	return signer
}

func TestVectorsSend(t *testing.T) {
	sent, left := 0, 0
	for _, v := range loadVectors(t).Vectors {
		if v.Expect.Result != "accept" {
			continue
		}
		if unsendable[v.ID] != "" {
			left++
			continue
		}
		p, _, reject := receive(v.datagram(t), false, v.rules(t), v.now())
		if reject != None {
			t.Fatalf("%s: %v", v.ID, reject)
		}
		auth := v.auth(t)
		if _, ok := p.Trailer(); !ok {
			auth.HMAC = HMAC{} // a vector of permissive mode has none
		}
		a := advertOf(&p, signerOf(t, &p, auth))
		if err := a.Validate(); err != nil {
			t.Errorf("%s: %v", v.ID, err)
			continue
		}
		if got := a.Append([]byte("before")); !bytes.Equal(got[6:], p.IP()) || !strings.HasPrefix(string(got), "before") {
			t.Errorf("%s:\ngot  %x\nwant %x", v.ID, got[6:], p.IP())
			continue
		}
		if a.Len() != len(p.IP()) {
			t.Errorf("%s: Len %d, datagram %d", v.ID, a.Len(), len(p.IP()))
		}
		sent++
	}
	if sent != 77 || left != len(unsendable) || sent+left != 84 {
		t.Errorf("%d vectors sent, %d left out; want 77 and %d of 84", sent, left, len(unsendable))
	}
}

// TestTemplateAsAppend: a template gives the bytes of Append for every vector,
// whatever was sent from it before.
func TestTemplateAsAppend(t *testing.T) {
	done := 0
	for _, v := range loadVectors(t).Vectors {
		if v.Expect.Result != "accept" || unsendable[v.ID] != "" {
			continue
		}
		p, _, _ := receive(v.datagram(t), false, v.rules(t), v.now())
		auth := v.auth(t)
		if _, ok := p.Trailer(); !ok {
			auth.HMAC = HMAC{}
		}
		a := advertOf(&p, signerOf(t, &p, auth))
		template, err := NewTemplate(a)
		if err != nil {
			t.Fatalf("%s: %v", v.ID, err)
		}
		for priority := 0; priority < 256; priority += 15 {
			a.ID, a.Priority = uint16(priority*257), uint8(priority)
			if got := template.Next(a.ID, a.Priority); !bytes.Equal(got, a.Append(nil)) {
				t.Errorf("%s: priority %d: template and Append differ", v.ID, priority)
			}
		}
		if got := template.Next(p.ID(), p.Priority()); !bytes.Equal(got, p.IP()) {
			t.Errorf("%s: back at the first priority: other bytes", v.ID)
		}
		done++
	}
	if done != 77 {
		t.Errorf("%d vectors, want 77", done)
	}
}
