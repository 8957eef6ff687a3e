package wire

import (
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// vector is one packet of testdata/vrrp-vectors.json, with the virtual router
// that receives it and what must come out. The head of that file explains the fields.
type vector struct {
	ID       string
	Layer    string
	Hex      string
	Instance instance
	Expect   struct {
		Result, Reason string
		Counter        *string
		CounterLabels  map[string]string `json:"counter_labels"`
		Warnings       []string
		PeerQuirk      string `json:"peer_quirk"`
		Packet         struct {
			IP   map[string]any
			VRRP map[string]any
			HMAC map[string]any
			AH   map[string]any
		}
	}
	Checksum string `json:"tshark_checksum_status"`
}

type instance struct {
	Family          string
	Version         uint8
	VRID            uint8
	Priority        uint8
	IntervalCS      int `json:"advert_interval_cs"`
	Addresses       []netip.Addr
	LocalAddress    netip.Addr `json:"local_address"`
	Mode            string
	Peers           []netip.Addr
	MinTTL          uint8  `json:"min_ttl"`
	MaxTTL          uint8  `json:"max_ttl"`
	ChecksumPolicy  string `json:"v3_ipv4_checksum"`
	StrictAddresses bool   `json:"strict_address_list"`
	StrictLinkLocal bool   `json:"strict_first_link_local"`
	NowUnix         int64  `json:"now_unix"`
	ReplayMark      string `json:"replay_mark"`
	Auth            struct {
		Type         string
		KeyHex       string `json:"key_hex"`
		LastSequence uint32 `json:"last_sequence"`
		Keys         map[string]string
		ActiveKey    uint8  `json:"active_key"`
		AntiReplay   string `json:"anti_replay"`
		Window       int    `json:"time_window_s"`
		Mode         string
	}
}

type vectorFile struct {
	Reasons  []string
	Warnings []string
	Counters map[string]string
	Vectors  []vector
}

func loadVectors(t testing.TB) vectorFile {
	t.Helper()
	text, err := os.ReadFile("testdata/vrrp-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var f vectorFile
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Vectors) != 182 {
		t.Fatalf("%d vectors, want 182", len(f.Vectors))
	}
	return f
}

func findVector(t testing.TB, id string) *vector {
	t.Helper()
	for _, v := range loadVectors(t).Vectors {
		if v.ID == id {
			return &v
		}
	}
	t.Fatalf("no vector %s", id)
	return nil
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v *vector) now() time.Time { return time.Unix(v.Instance.NowUnix, 0) }

// auth turns the authentication of the vector into ours.
func (v *vector) auth(t testing.TB) Auth {
	t.Helper()
	var a Auth
	in := &v.Instance.Auth
	switch in.Type {
	case "pass":
		a.Type = AuthPass
	case "ah":
		a.Type = AuthAH
	}
	a.Password = NewPassword(string(unhex(t, in.KeyHex)))
	for id, key := range in.Keys {
		n, err := strconv.Atoi(id)
		if err != nil {
			t.Fatal(err)
		}
		k, err := NewKey(uint8(n), unhex(t, key))
		if err != nil {
			t.Fatal(err)
		}
		a.HMAC.Keys = append(a.HMAC.Keys, k)
	}
	a.HMAC.Active = in.ActiveKey
	a.HMAC.Window = time.Duration(in.Window) * time.Second
	switch in.Mode {
	case "permissive":
		a.HMAC.Mode = Permissive
	case "receive-only":
		a.HMAC.Mode = ReceiveOnly
	}
	if in.AntiReplay == "monotonic" {
		a.HMAC.Replay = ReplayMonotonic
	}
	return a
}

func (v *vector) settings(t testing.TB) Settings {
	t.Helper()
	in := &v.Instance
	s := Settings{
		Family:               IPv4,
		Version:              in.Version,
		VRID:                 in.VRID,
		Owner:                in.Priority == PriorityOwner,
		Interval:             time.Duration(in.IntervalCS) * 10 * time.Millisecond,
		Addresses:            in.Addresses,
		Source:               in.LocalAddress,
		StrictAddressList:    in.StrictAddresses,
		StrictFirstLinkLocal: in.StrictLinkLocal,
		Auth:                 v.auth(t),
	}
	if in.Family == "ipv6" {
		s.Family = IPv6
	}
	for _, a := range in.Peers {
		s.Peers = append(s.Peers, Peer{Addr: a, MinTTL: in.MinTTL, MaxTTL: in.MaxTTL})
	}
	switch in.ChecksumPolicy {
	case "pseudo-header":
		s.Checksum = RequirePseudoHeader
	case "message-only":
		s.Checksum = RequireMessageOnly
	}
	return s
}

// rules makes the receiver of the vector, marks against replay included.
func (v *vector) rules(t testing.TB) *Rules {
	t.Helper()
	r, err := NewRules(v.settings(t))
	if err != nil {
		t.Fatalf("%s: %v", v.ID, err)
	}
	r.sequence = v.Instance.Auth.LastSequence
	if v.Instance.ReplayMark != "" {
		mark, err := strconv.ParseUint(v.Instance.ReplayMark, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := Open(v.datagram(t))
		r.raise(nil, p.Src(), mark)
	}
	return r
}

// datagram strips the Ethernet header, where the vector has one.
func (v *vector) datagram(t testing.TB) []byte {
	b := unhex(t, v.Hex)
	if v.Layer == "ethernet" {
		b, _ = Ethernet(b)
	}
	return b
}

// receive goes the whole way of a datagram, as the engine does.
func receive(b []byte, ethernet bool, rules *Rules, now time.Time) (Packet, Warnings, Reject) {
	if ethernet {
		ip, reject := Ethernet(b)
		if reject != None {
			return Packet{}, 0, reject
		}
		b = ip
	}
	p, _ := Open(b)
	if i, reject := Find(&p, []*Rules{rules}); i < 0 {
		return p, 0, reject
	}
	warnings, reject := rules.Check(&p, now)
	return p, warnings, reject
}

func TestVectors(t *testing.T) {
	counts := map[string]int{}
	for _, v := range loadVectors(t).Vectors {
		t.Run(v.ID, func(t *testing.T) {
			p, warnings, reject := receive(unhex(t, v.Hex), v.Layer == "ethernet", v.rules(t), v.now())
			counts[v.Expect.Result]++
			switch v.Expect.Result {
			case "accept":
				if reject != None {
					t.Fatalf("refused: %v", reject)
				}
				compareWarnings(t, warnings, v.Expect.Warnings)
				compareIP(t, &p, v.Expect.Packet.IP)
				compareMessage(t, &p, v.Expect.Packet.VRRP)
				compareTrailer(t, &p, v.Expect.Packet.HMAC)
				compareAH(t, &p, v.Expect.Packet.AH)
			default:
				compareReject(t, &v, reject)
			}
		})
	}
	if counts["accept"] != 84 || counts["reject"] != 87 || counts["ignore"] != 11 {
		t.Errorf("results %v, want 84 accept, 87 reject, 11 ignore", counts)
	}
}

// TestVectorsCheckAlone leaves Find out and ignores what Open said: Check alone
// must come to the same result. Only AH is Find's: who listens to it at all is a
// matter of all virtual routers of an interface.
func TestVectorsCheckAlone(t *testing.T) {
	for _, v := range loadVectors(t).Vectors {
		if v.Layer != "ip" || v.ID == "ign-v2-ah-to-none" {
			continue
		}
		p, _ := Open(unhex(t, v.Hex))
		_, reject := v.rules(t).Check(&p, v.now())
		want := v.Expect.Reason
		if v.Expect.Result == "accept" {
			want = "none"
		}
		if reject.String() != want {
			t.Errorf("%s: %v, want %s", v.ID, reject.String(), want)
		}
	}
}

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

// TestNamesOfVectors: the labels and counters are those of the vectors file, no
// more and no less.
func TestNamesOfVectors(t *testing.T) {
	f := loadVectors(t)
	var names []string
	for _, r := range Rejects() {
		names = append(names, r.String())
		if r.Counter() != f.Counters[r.String()] {
			t.Errorf("%s: counter %q, want %q", r.String(), r.Counter(), f.Counters[r.String()])
		}
		if r.Ignored() != (r.Counter() == "") {
			t.Errorf("%s: Ignored %v with counter %q", r.String(), r.Ignored(), r.Counter())
		}
	}
	slices.Sort(names)
	slices.Sort(f.Reasons)
	if !slices.Equal(names, f.Reasons) {
		t.Errorf("reasons %v\nwant    %v", names, f.Reasons)
	}
	names = nil
	for r := range Warnings(0xff).Each() {
		names = append(names, r.String())
	}
	slices.Sort(names)
	slices.Sort(f.Warnings)
	if !slices.Equal(names, f.Warnings) {
		t.Errorf("warnings %v\nwant     %v", names, f.Warnings)
	}
}
