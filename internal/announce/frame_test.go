package announce

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

var (
	physical = [6]byte{2, 0, 0, 0, 0, 1}
	virtual6 = [6]byte{0, 0, 0x5e, 0, 2, 5}
)

// The bytes are keepalived's and FRR's, from recorded captures, but for the
// flags of the advertisement where keepalived had IPv6 forwarding off.
func TestFrames(t *testing.T) {
	for _, c := range []struct {
		name    string
		target  Target
		replies bool
		kind    Kind
		want    []string
	}{
		{
			name:   "gratuitous ARP request",
			target: Target{MAC: physical, Addr: netip.MustParseAddr("192.0.2.100")},
			kind:   GARP,
			want: []string{"ffffffffffff 020000000001 0806" +
				"0001 0800 06 04 0001 020000000001 c0000264 ffffffffffff c0000264"},
		},
		{
			name:    "and as a reply",
			target:  Target{MAC: physical, Addr: netip.MustParseAddr("::ffff:192.0.2.100")},
			replies: true,
			kind:    GARP,
			want: []string{
				"ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c0000264 ffffffffffff c0000264",
				"ffffffffffff 020000000001 0806 0001 0800 06 04 0002 020000000001 c0000264 ffffffffffff c0000264"},
		},
		{
			name:   "neighbour advertisement",
			target: Target{MAC: virtual6, Addr: netip.MustParseAddr("fe80::5%eth0")},
			kind:   NA,
			want: []string{"333300000001 00005e000205 86dd" +
				"60000000 0020 3a ff fe800000000000000000000000000005 ff020000000000000000000000000001" +
				"88 00 798e a0000000 fe800000000000000000000000000005 02 01 00005e000205"},
		},
	} {
		kind, frames, err := framesFor(c.target, c.replies)
		if err != nil || kind != c.kind || len(frames) != len(c.want) {
			t.Errorf("%s: %v, %d frames, %v", c.name, kind, len(frames), err)
			continue
		}
		for i, f := range frames {
			if want := strings.ReplaceAll(c.want[i], " ", ""); hex.EncodeToString(f.data) != want {
				t.Errorf("%s:\n got %x\nwant %s", c.name, f.data, want)
			}
		}
	}
}

func TestNoAddressIsAnError(t *testing.T) {
	if _, _, err := framesFor(Target{IfIndex: 3}, false); err == nil {
		t.Error("accepted")
	}
}
