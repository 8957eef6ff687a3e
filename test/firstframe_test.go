package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// owner is an address owner, which is master at once.
func owner() string {
	return strings.Replace(fast("VI_1", 255), "advert_int 0.01", "advert_int 1", 1)
}

const (
	someFrame = "(VI_1) a frame came in on eth0: taking part"
	noFrame   = "(VI_1) no frame came in on eth0 within 1s: taking part all the same"
)

// inTurn finds phrases one after the other.
func inTurn(t *testing.T, out string, phrases ...string) {
	t.Helper()
	rest := out
	for _, phrase := range phrases {
		_, after, found := strings.Cut(rest, phrase)
		if !found {
			t.Fatalf("%q is not told in its place:\n%s", phrase, out)
		}
		rest = after
	}
}

// An address owner that boots behind a switch port that does not forward yet is
// not master for a moment: it waits for its link, then for the first frame, and
// for that no longer than a second, since there may be nobody.
func TestOwnerWaitsForTheFirstFrame(t *testing.T) {
	t.Parallel()
	const master = "(VI_1) Entering MASTER STATE"
	t.Run("a frame", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.b.xvrrp(strings.Replace(fast("OTHER", 100), "virtual_router_id 99", "virtual_router_id 98", 1)) // a hundred frames a second
		wire := l.a.Capture("eth0")
		testnet.Eventually(t, patience, func() error {
			if n := len(adverts(wire, l.b.ip)); n < 2 {
				return fmt.Errorf("a hears %d frames: the test says nothing", n)
			}
			return nil
		})
		p := l.a.xvrrp(owner())
		says(t, p, master, patience)
		inTurn(t, p.Output(), someFrame, master)
	})
	t.Run("a dead port", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		l.sw.Drop(nil, l.a.port, lab.Everything)
		wire := l.c.Capture("eth0")
		began := time.Now()
		p := l.a.xvrrp(owner())
		says(t, p, master, patience)
		inTurn(t, p.Output(), noFrame, master)
		var sent []lab.Frame
		testnet.Eventually(t, patience, func() error {
			if sent = advertsOf(wire, l.a, fastVRID); len(sent) == 0 {
				return fmt.Errorf("a does not advertise")
			}
			return nil
		})
		if after := sent[0].At.Sub(began); after < time.Second {
			t.Errorf("it advertised %v after its start", after)
		}
	})
	t.Run("no link", func(t *testing.T) {
		t.Parallel()
		l := newLAN(t, peersNetwork)
		if err := l.a.port.Unplug(); err != nil {
			t.Fatal(err)
		}
		l.sw.Drop(nil, l.a.port, lab.Everything)
		p := l.a.xvrrp(owner())
		says(t, p, "(VI_1) Entering FAULT STATE (init)", patience)
		l.stays(fastVIP, "", 1500*time.Millisecond) // longer than it would wait for a frame
		if out := p.Output(); strings.Contains(out, "frame came in") {
			t.Errorf("it waited for a frame without a link:\n%s", out)
		}
		if err := l.a.port.Plug(); err != nil {
			t.Fatal(err)
		}
		says(t, p, master, patience)
		inTurn(t, p.Output(), "Entering FAULT STATE", "frame came in on eth0", master)
	})
}
