package survey

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// recorded reads the frames of a pcap file as tcpdump wrote it.
func recorded(t testing.TB, path string) (frames []Frame) {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	for b = b[24:]; len(b) >= 16; {
		s, us, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
		frames = append(frames, Frame{At: time.Unix(int64(s), int64(us)*1000), Data: b[16 : 16+n]})
		b = b[16+n:]
	}
	return frames
}

// What keepalived and FRR were recorded to send has no fault and no conflict,
// though the recordings hold failovers.
func TestDecodeRecordings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "captures", "*.pcap"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no recordings")
	}
	all := 0
	for _, path := range files {
		adverts, announcements := 0, 0
		judge := NewJudge()
		for _, f := range recorded(t, path) {
			e, ok := Decode(f)
			if !ok {
				continue
			}
			judge.Take(e)
			switch {
			case e.Advert != nil && e.Advert.Fault != "":
				t.Errorf("%s: %+v", path, e.Advert)
			case e.Advert != nil:
				adverts++
			case e.Claim.Kind == Announcement:
				announcements++
			}
		}
		all += announcements
		if c := judge.Conflicts(); adverts == 0 || len(c) > 0 {
			t.Errorf("%s: %d adverts, conflicts %v", path, adverts, c)
		}
	}
	if all == 0 {
		t.Error("no announcement in any recording")
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "captures", "*.pcap"))
	must(f, err)
	for _, path := range files {
		for _, frame := range recorded(f, path) {
			f.Add(frame.Data)
		}
	}
	judge := NewJudge()
	at := time.Unix(1700000000, 0)
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, ok := Decode(Frame{At: at, Data: b}); ok {
			if (e.Advert == nil) == (e.Claim == nil) {
				t.Errorf("%x: an event is an advert or a claim", b)
			}
			judge.Take(e)
		}
		at = at.Add(100 * time.Millisecond)
	})
}

func BenchmarkJudge(b *testing.B) {
	var frame Frame
	for _, f := range recorded(b, filepath.Join("testdata", "captures", "frr-8.4.4-v3.pcap")) {
		if e, ok := Decode(f); ok && e.Advert != nil {
			frame = f
		}
	}
	judge := NewJudge()
	at := time.Unix(1700000000, 0)
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(10 * time.Millisecond)
		frame.At = at
		if e, ok := Decode(frame); ok {
			judge.Take(e)
		}
	}
}
