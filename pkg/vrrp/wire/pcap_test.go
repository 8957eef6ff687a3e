package wire

import (
	"bytes"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Link types of a pcap file.
const (
	linkEthernet = 1
	linkRaw      = 101 // begins with an IP header
)

// frame is one packet of a pcap file.
type frame struct {
	at   time.Time
	data []byte
}

// readPcap reads a little-endian microsecond capture of Ethernet frames, which
// is what tcpdump and tshark write here.
func readPcap(t testing.TB, name string) []frame {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 24 || binary.LittleEndian.Uint32(b) != 0xa1b2c3d4 || binary.LittleEndian.Uint32(b[20:]) != linkEthernet {
		t.Fatalf("%s: not a pcap file of Ethernet frames", name)
	}
	var frames []frame
	for b = b[24:]; len(b) > 0; {
		if len(b) < 16 || len(b) < 16+int(binary.LittleEndian.Uint32(b[8:])) {
			t.Fatalf("%s: cut off in frame %d", name, len(frames)+1)
		}
		at := time.Unix(int64(binary.LittleEndian.Uint32(b)), int64(binary.LittleEndian.Uint32(b[4:]))*1000)
		n := 16 + int(binary.LittleEndian.Uint32(b[8:]))
		frames = append(frames, frame{at, b[16:n]})
		b = b[n:]
	}
	return frames
}

// writePcap writes datagrams that begin with their IP header.
func writePcap(t testing.TB, name string, datagrams [][]byte) {
	t.Helper()
	var out bytes.Buffer
	word := func(v ...uint32) {
		for _, w := range v {
			out.Write(binary.LittleEndian.AppendUint32(nil, w))
		}
	}
	word(0xa1b2c3d4, 2|4<<16, 0, 0, 65535, linkRaw)
	for i, d := range datagrams {
		word(uint32(i), 0, uint32(len(d)), uint32(len(d)))
		out.Write(d)
	}
	if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// adverts is how many adverts each capture holds, by checksum form.
var adverts = map[string]map[ChecksumForm]int{
	"frr-8.4.4-v2.pcap":                          {MessageOnly: 14},
	"frr-8.4.4-v3.pcap":                          {PseudoHeader: 16},
	"keepalived-2.2.7-unicast.pcap":              {PseudoHeader: 20, MessageOnly: 10},
	"keepalived-2.2.7-v2-auth.pcap":              {MessageOnly: 17},
	"keepalived-2.2.7-v2-multicast.pcap":         {MessageOnly: 12},
	"keepalived-2.2.7-v3-ipv4.pcap":              {PseudoHeader: 11},
	"keepalived-2.2.7-v3-ipv6.pcap":              {PseudoHeader: 10},
	"keepalived-2.2.7-vmac.pcap":                 {PseudoHeader: 18},
	"keepalived-2.4.3-advert-timer-starved.pcap": {PseudoHeader: 7, NoForm: 20},
	"keepalived-2.4.3-hmac.pcap":                 {PseudoHeader: 10, MessageOnly: 5, PseudoHeaderTrailer: 10},
}

// captured returns the VRRP datagrams of a capture.
func captured(t testing.TB, name string) []frame {
	t.Helper()
	var out []frame
	for i, f := range readPcap(t, filepath.Join("testdata", "captures", name)) {
		ip, reject := Ethernet(f.data)
		if reject == None {
			_, reject = Open(ip)
		}
		switch {
		case reject == None:
			out = append(out, frame{f.at, ip})
		case !reject.Ignored():
			t.Errorf("%s: frame %d: %v", name, i+1, reject)
		}
	}
	return out
}

func TestCaptures(t *testing.T) {
	files, err := filepath.Glob("testdata/captures/*.pcap")
	if err != nil || len(files) != len(adverts) {
		t.Fatalf("%d captures (%v), want %d", len(files), err, len(adverts))
	}
	for name, want := range adverts {
		t.Run(name, func(t *testing.T) {
			got := map[ChecksumForm]int{}
			for _, f := range captured(t, name) {
				p, _ := Open(f.data)
				got[p.ChecksumForm()]++
			}
			if !maps.Equal(got, want) {
				t.Errorf("adverts by checksum form: %v, want %v", got, want)
			}
		})
	}
}

// TestCaptureSigned: every advert of a daemon that signs passes our own check,
// in the order it was sent, and none passes it twice.
func TestCaptureSigned(t *testing.T) {
	rules := map[uint8]*Rules{} // by VRID: the capture has each only once
	for _, v := range loadVectors(t).Vectors {
		if (strings.HasPrefix(v.ID, "ka243-") && v.Instance.Auth.Type == "hmac") || v.ID == "ka-v2-ah" {
			rules[v.Instance.VRID] = v.rules(t)
		}
	}
	accepted := 0
	for _, name := range []string{"keepalived-2.4.3-hmac.pcap", "keepalived-2.2.7-v2-auth.pcap"} {
		for _, f := range captured(t, name) {
			p, _ := Open(f.data)
			r := rules[p.VRID()]
			if r == nil {
				continue // PASS, in the second capture
			}
			if _, reject := r.Check(&p, f.at); reject != None {
				t.Errorf("%s: %v: %v", name, p, reject)
			}
			again := HMACReplay
			if r.settings.Auth.Type == AuthAH {
				again = AuthFailure
			}
			if _, reject := r.Check(&p, f.at); reject != again {
				t.Errorf("%s: %v again: %v, want %v", name, p, reject, again)
			}
			accepted++
		}
	}
	if accepted != 25+7 {
		t.Errorf("%d signed adverts, want 25 with HMAC and 7 with AH", accepted)
	}
}
