package survey

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/xvrrp/xvrrp/pkg/vrrp/wire"
)

// The stories in testdata/judge: adverts and claims go in as whole frames, the
// conflicts that are new come out.
//
//	advert at=0s from=192.0.2.1 vrid=51 priority=100 interval=1s vip=(192.0.2.10) [version=2] [pass=X] [to=ADDR] [times=3] [damage]
//	claim at=5s mac=02:00:00:00:00:09 addr=192.0.2.10
//	senders
//	conflicts
func TestJudge(t *testing.T) {
	datadriven.Walk(t, filepath.Join("testdata", "judge"), func(t *testing.T, path string) {
		s := story{judge: NewJudge(), begun: time.Unix(1700000000, 0)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "advert":
				return s.advert(t, d)
			case "claim":
				return s.claim(t, d)
			case "senders":
				return s.senders()
			case "conflicts":
				return s.conflicts()
			}
			t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
			return ""
		})
	})
}

type story struct {
	judge *Judge
	begun time.Time
}

// text is an argument's first value, or the given one without.
func text(t *testing.T, d *datadriven.TestData, key, otherwise string) string {
	if d.HasArg(key) {
		d.ScanArgs(t, key, &otherwise)
	}
	return otherwise
}

func duration(t *testing.T, d *datadriven.TestData, key, otherwise string) time.Duration {
	v, err := time.ParseDuration(text(t, d, key, otherwise))
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return v
}

func number(t *testing.T, d *datadriven.TestData, key string, n int) int {
	if d.HasArg(key) {
		d.ScanArgs(t, key, &n)
	}
	return n
}

// macOf is the MAC of the host with this address in the stories.
func macOf(a netip.Addr) MAC { return MAC{2, 0, 0, 0, 0, a.AsSlice()[len(a.AsSlice())-1]} }

func (s *story) advert(t *testing.T, d *datadriven.TestData) string {
	src := netip.MustParseAddr(text(t, d, "from", ""))
	a := &wire.Advert{
		Version: uint8(number(t, d, "version", 3)), VRID: uint8(number(t, d, "vrid", 51)),
		Priority: uint8(number(t, d, "priority", 100)), Interval: duration(t, d, "interval", "1s"),
		Src: src, Dst: wire.Group4,
	}
	if src.Is6() {
		a.Dst = wire.Group6
	}
	if to := text(t, d, "to", ""); to != "" {
		a.Dst = netip.MustParseAddr(to)
	}
	for _, arg := range d.CmdArgs {
		if arg.Key == "vip" {
			for _, v := range arg.Vals {
				a.Addresses = append(a.Addresses, netip.MustParseAddr(v))
			}
		}
	}
	if pass := text(t, d, "pass", ""); pass != "" {
		signer, err := wire.NewSigner(wire.Auth{Type: wire.AuthPass, Password: wire.NewPassword(pass)})
		if err != nil {
			t.Fatal(err)
		}
		a.Signer = signer
	}
	if err := a.Validate(); err != nil {
		d.Fatalf(t, "%v", err)
	}
	ip := a.Append(nil)
	if d.HasArg("damage") {
		ip[len(ip)-1] ^= 1
	}
	var out strings.Builder
	for n := range number(t, d, "times", 1) {
		s.take(t, &out, duration(t, d, "at", "0s")+time.Duration(n)*a.Interval, frameOf(macOf(src), ip))
	}
	return out.String()
}

// frameOf puts an IP datagram into a frame.
func frameOf(from MAC, ip []byte) []byte {
	etherType := uint16(0x0800)
	if ip[0]>>4 == 6 {
		etherType = 0x86dd
	}
	f := append([]byte{1, 0, 0x5e, 0, 0, 18}, from[:]...)
	return append(binary.BigEndian.AppendUint16(f, etherType), ip...)
}

func (s *story) claim(t *testing.T, d *datadriven.TestData) string {
	var mac MAC
	if err := mac.UnmarshalText([]byte(text(t, d, "mac", ""))); err != nil {
		d.Fatalf(t, "%v", err)
	}
	addr := netip.MustParseAddr(text(t, d, "addr", "")).As4()
	f := append([]byte{255, 255, 255, 255, 255, 255}, mac[:]...)
	f = append(f, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1)
	f = append(append(f, mac[:]...), addr[:]...)
	f = append(append(f, 255, 255, 255, 255, 255, 255), addr[:]...)
	var out strings.Builder
	s.take(t, &out, duration(t, d, "at", "0s"), f)
	return out.String()
}

// take decodes a frame, has it judged, and prints the new conflicts.
func (s *story) take(t *testing.T, out *strings.Builder, at time.Duration, frame []byte) {
	e, ok := Decode(Frame{At: s.begun.Add(at), Data: frame})
	if !ok {
		t.Fatalf("no event in %x", frame)
	}
	for _, c := range s.judge.Take(e) {
		fmt.Fprintf(out, "at %v: %v\n", at, c)
		if c.Remedy == "" {
			t.Errorf("%s has no remedy", c.Code)
		}
	}
}

func (s *story) senders() string {
	var out strings.Builder
	for _, x := range s.judge.Senders() {
		fmt.Fprintf(&out, "VRID %d: %v at %v, version %d, priority %d, %v, %s, %v; %d adverts in %v, gaps %v, longest %v, left %v\n",
			x.VRID, x.Src, x.MAC, x.Version, x.Priority, x.Interval, x.Auth, x.Addresses, x.Count,
			x.Last.Sub(x.First), x.Mean, x.Longest, x.Left)
	}
	return out.String()
}

func (s *story) conflicts() string {
	var out strings.Builder
	for _, c := range s.judge.Conflicts() {
		fmt.Fprintf(&out, "%s: %d times from %v to %v\n", c.Code, c.Count, c.First.Sub(s.begun), c.Last.Sub(s.begun))
	}
	return out.String()
}
