package wire

import (
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"strconv"
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
