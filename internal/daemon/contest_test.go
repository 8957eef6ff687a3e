package daemon

import (
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/pkg/vrrp"
)

// A claim just after a takeover is the last that is heard of who gives way, if
// it is the old master's and that one knows of us.
func TestPartingClaim(t *testing.T) {
	old, other, virtual, stranger := [6]byte{2, 1}, [6]byte{2, 2}, [6]byte{0, 0, 0x5e, 0, 1, 7}, [6]byte{2, 9}
	in := &instance{}
	in.former.advert(old)
	in.former.claims(other, time.Minute) // the other end of its bond
	began := time.Now()
	for _, c := range []struct {
		name   string
		reason vrrp.Reason
		mac    [6]byte
		after  time.Duration
		want   bool
	}{
		{"it yields", vrrp.ReasonPreempt, old, time.Millisecond, true},
		{"it said goodbye", vrrp.ReasonPriorityZero, old, time.Millisecond, true},
		{"from another of its addresses", vrrp.ReasonPreempt, other, time.Millisecond, true},
		{"from the virtual MAC", vrrp.ReasonPreempt, virtual, time.Millisecond, true},
		{"on a busy machine", vrrp.ReasonPreempt, old, askedAfterTakeover - 1, true},
		{"it does not give way", vrrp.ReasonPreempt, old, askedAfterTakeover, false},
		{"somebody else", vrrp.ReasonPreempt, stranger, time.Millisecond, false},
		{"it fell silent, and lives", vrrp.ReasonNoAdvert, old, time.Millisecond, false},
		{"after a start as owner", vrrp.ReasonOwner, old, time.Millisecond, false},
	} {
		last := vrrp.Transition{From: vrrp.Backup, To: vrrp.Active, Reason: c.reason, Evidence: vrrp.Evidence{At: began}}
		if got := in.partingClaim(last, c.mac, began.Add(c.after)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
