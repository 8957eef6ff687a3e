package wire

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func compareReject(t *testing.T, v *vector, got Reject) {
	t.Helper()
	if got.String() != v.Expect.Reason {
		t.Fatalf("reject %q, want %q", got.String(), v.Expect.Reason)
	}
	if got.Ignored() != (v.Expect.Result == "ignore") {
		t.Errorf("Ignored() = %v, want result %s", got.Ignored(), v.Expect.Result)
	}
	counter := ""
	if v.Expect.Counter != nil {
		counter = *v.Expect.Counter
	}
	if got.Counter() != counter {
		t.Errorf("counter %q, want %q", got.Counter(), counter)
	}
	if got.Label() != v.Expect.CounterLabels["reason"] {
		t.Errorf("label %q, want %q", got.Label(), v.Expect.CounterLabels["reason"])
	}
}

func compareWarnings(t *testing.T, got Warnings, want []string) {
	t.Helper()
	if got.String() != strings.Join(want, ",") {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

// expectation compares got with one field of a vector. Numbers are compared as
// numbers, whatever their notation.
func expectation(t *testing.T, fields map[string]any, name string, got any) {
	t.Helper()
	want, ok := fields[name]
	if !ok {
		t.Errorf("the vector has no field %q", name)
		return
	}
	delete(fields, name)
	switch want := want.(type) {
	case float64:
		if number(t, got) != uint64(want) {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	case string:
		if n, err := strconv.ParseUint(want, 0, 64); err == nil && strings.HasPrefix(want, "0x") {
			if number(t, got) != n {
				t.Errorf("%s = %#x, want %s", name, got, want)
			}
		} else if got != want {
			t.Errorf("%s = %v, want %s", name, got, want)
		}
	default:
		t.Errorf("field %s: unexpected type %T", name, want)
	}
}

func number(t *testing.T, v any) uint64 {
	switch v := v.(type) {
	case int:
		return uint64(v)
	case uint8:
		return uint64(v)
	case uint16:
		return uint64(v)
	case uint32:
		return uint64(v)
	case uint64:
		return v
	}
	t.Errorf("%v (%T) is no number", v, v)
	return 0
}

// nothingLeft makes sure that every field of the vector was compared.
func nothingLeft(t *testing.T, fields map[string]any) {
	t.Helper()
	for name, v := range fields {
		t.Errorf("field %s = %v of the vector was not compared", name, v)
	}
}

func compareIP(t *testing.T, p *Packet, f map[string]any) {
	expectation(t, f, "family", p.Family().String())
	expectation(t, f, "src", p.Src().String())
	expectation(t, f, "dst", p.Dst().String())
	expectation(t, f, "dscp", p.TrafficClass()>>2)
	if p.Family() == IPv4 {
		header := int(p.message)
		if p.ah != 0 {
			header = int(p.ah)
		}
		expectation(t, f, "header_len", header)
		expectation(t, f, "total_length", len(p.IP()))
		expectation(t, f, "ttl", p.TTL())
		expectation(t, f, "protocol", p.IP()[9])
	} else {
		expectation(t, f, "payload_length", len(p.IP())-ipv6HeaderLen)
		expectation(t, f, "hop_limit", p.TTL())
		expectation(t, f, "next_header", p.IP()[6])
	}
	nothingLeft(t, f)
}

func compareMessage(t *testing.T, p *Packet, f map[string]any) {
	expectation(t, f, "version", p.Version())
	expectation(t, f, "type", p.Type())
	expectation(t, f, "vrid", p.VRID())
	expectation(t, f, "priority", p.Priority())
	expectation(t, f, "count", p.Count())
	expectation(t, f, "checksum", p.Checksum())
	expectation(t, f, "advert_interval_cs", int(p.Interval()/(10*time.Millisecond)))
	expectation(t, f, "message_length", p.messageLen())
	if p.Version() == V2 {
		expectation(t, f, "auth_type", uint8(p.AuthType()))
		expectation(t, f, "advert_interval_s", int(p.Interval()/time.Second))
		data := p.Message()[p.messageLen()-AuthDataLen : p.messageLen()]
		expectation(t, f, "auth_data_hex", hex.EncodeToString(data))
	} else {
		expectation(t, f, "reserved", p.octet(4)>>4)
	}
	var want []netip.Addr
	for _, a := range f["addresses"].([]any) {
		want = append(want, netip.MustParseAddr(a.(string)))
	}
	if got := p.AppendAddresses(nil); !slices.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
	form, _, _ := strings.Cut(f["checksum_form"].([]any)[0].(string), " (")
	if p.ChecksumForm().String() != form {
		t.Errorf("checksum form %v, want %s", p.ChecksumForm(), form)
	}
	unchecked, _ := Open(p.IP())
	if unchecked.ChecksumForm() != p.ChecksumForm() {
		t.Errorf("checksum form %v before Check, %v after", unchecked.ChecksumForm(), p.ChecksumForm())
	}
	delete(f, "addresses")
	delete(f, "checksum_form")
	nothingLeft(t, f)
}

func compareTrailer(t *testing.T, p *Packet, f map[string]any) {
	trailer, ok := p.Trailer()
	if ok != (len(f) > 0) {
		t.Errorf("trailer found: %v, in the vector: %v", ok, len(f) > 0)
	}
	if !ok {
		return
	}
	raw, _ := p.trailer()
	expectation(t, f, "ext_type", raw[0])
	expectation(t, f, "key_id", trailer.KeyID)
	expectation(t, f, "reserved", uint16(raw[2])<<8|uint16(raw[3]))
	expectation(t, f, "sequence", trailer.Sequence)
	expectation(t, f, "seconds", uint32(trailer.Sequence>>32))
	expectation(t, f, "subsec", uint16(trailer.Sequence>>16))
	expectation(t, f, "counter", uint16(trailer.Sequence))
	expectation(t, f, "hmac", hex.EncodeToString(raw[trailerHMAC:]))
	nothingLeft(t, f)
}

func compareAH(t *testing.T, p *Packet, f map[string]any) {
	ah, ok := p.AH()
	if ok != (len(f) > 0) {
		t.Errorf("AH found: %v, in the vector: %v", ok, len(f) > 0)
	}
	if !ok {
		return
	}
	raw, _ := p.authHeader()
	expectation(t, f, "next_header", raw[ahNext])
	expectation(t, f, "payload_len", raw[ahLength])
	expectation(t, f, "spi", ah.SPI)
	expectation(t, f, "sequence", ah.Sequence)
	expectation(t, f, "icv", hex.EncodeToString(raw[ahICV:]))
	nothingLeft(t, f)
}
