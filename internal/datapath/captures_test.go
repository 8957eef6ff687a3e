package datapath

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// readPcap returns the Ethernet frames of a little-endian pcap file.
func readPcap(t testing.TB, name string) (frames [][]byte) {
	t.Helper()
	const fileHeader, frameHeader = 24, 16
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for b = b[fileHeader:]; len(b) > 0; {
		end := frameHeader + int(binary.LittleEndian.Uint32(b[8:]))
		frames = append(frames, b[frameHeader:end])
		b = b[end:]
	}
	return frames
}

// TestCaptures replays what real daemons sent: every advert is taken, with a
// receiver configured as the advert itself says, and the rest passes untouched.
func TestCaptures(t *testing.T) {
	files, err := filepath.Glob("../../pkg/vrrp/wire/testdata/captures/*.pcap")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	inEveryCourt(t, Config{}, func(t *testing.T, c *court) {
		adverts, others := 0, 0
		for _, file := range files {
			for i, f := range readPcap(t, file) {
				c.refill(t)
				ip, _ := wire.Ethernet(f)
				p, reject := wire.Open(ip)
				want := ruling{passed: true}
				if reject == wire.None {
					adverts++
					r := Router{IfIndex: courtIfIndex, Family: p.Family(), VRID: p.VRID(), Multicast: p.Multicast(), AH: true}
					want.verdict = "accepted"
					if r.Multicast {
						r.Group = p.Dst()
					} else {
						r.Local, r.Peers = p.Dst(), []wire.Peer{{Addr: p.Src()}}
						want = ruling{passed: false, verdict: "consumed"}
					}
					if p.ChecksumForm() == wire.NoForm { // one capture holds junk on purpose
						want = ruling{passed: false, verdict: "checksum"}
					}
					if err := c.SetRouters([]Router{r}); err != nil {
						t.Fatal(err)
					}
					c.refill(t)
				} else {
					others++
				}
				got := c.judge(t, f)
				if got.passed != want.passed || got.verdict != want.verdict {
					t.Errorf("%s frame %d (%v): %v, want %v", filepath.Base(file), i+1, reject, got, want)
				}
			}
		}
		if adverts < 20 || others < 5 {
			t.Errorf("only %d adverts and %d other frames", adverts, others)
		}
	})
}
