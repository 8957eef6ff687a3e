package address

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// Two owners want routes that the kernel cannot keep apart. One of them stands, as the kernel would have used it of both, and when
// its owner gives it up the other's comes in its place: neither the last word nor the route is lost.
func TestRoutesOfOneKindOfTwoOwners(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	const left4, right4 = "10.0.0.0/8 via 192.0.2.253 dev eth0 proto keepalived", "10.0.0.0/8 via 192.0.2.254 dev eth0 proto keepalived"
	const left6, right6 = "2001:db8:1::/48 via 2001:db8::fd dev eth0 proto keepalived", "2001:db8:1::/48 via 2001:db8::fe dev eth0 proto keepalived"
	left := Route{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.253")}
	right := Route{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")}
	last := right
	last.Place = PlaceLast
	six := []Route{{Dst: prefix("2001:db8:1::/48"), Via: ip("2001:db8::fd")}, {Dst: prefix("2001:db8:1::/48"), Via: ip("2001:db8::fe")}}
	for _, c := range []struct {
		name, command       string
		left, right         Route
		both, first, second string // which stands while both want theirs, and when the other alone does
		behind              string // who is told that his is not the one
	}{
		{"prepend", "route show", left, right, right4, left4, right4, "left"},
		{"append", "route show", left, last, left4, left4, right4, "right"},
		{"IPv6", "-6 route show", six[0], six[1], left6, left6, right6, "right"},
		{"the same", "route show", left, left, left4, left4, left4, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _ := openRoutes(t, h, journalIn(t))
			only := func(want string) {
				t.Helper()
				for _, line := range []string{left4, right4, left6, right6} {
					shows(t, h, line == want, c.command, line)
				}
			}
			claim := func(owner string, x Route) {
				t.Helper()
				if err := r.Claim(owner, []Route{x}); (err != nil) != (owner == c.behind) {
					t.Errorf("claim of %s: %v", owner, err)
				}
			}
			mustNot(t, r.Claim("left", []Route{c.left}))
			only(c.first)
			if err := r.Claim("right", []Route{c.right}); (err != nil) != (c.behind == "right") {
				t.Errorf("claim: %v", err)
			}
			only(c.both)
			claim("left", c.left) // again, which changes nothing
			claim("right", c.right)
			only(c.both)
			mustNot(t, r.Release("left"))
			only(c.second)
			if err := r.Claim("left", []Route{c.left}); err != nil && c.name == "prepend" {
				t.Errorf("claim: %v", err)
			}
			mustNot(t, r.Claim("right", nil)) // as a reload that takes the line out
			only(c.first)
			mustNot(t, r.Release("left"))
			only("")
		})
	}

	// In one list it is the same, without anybody who could be told.
	r, _ := openRoutes(t, h, journalIn(t))
	mustNot(t, r.Claim("left", []Route{left, right, six[0], six[1]}))
	shows(t, h, true, "route show", right4)
	shows(t, h, false, "route show", left4)
	shows(t, h, true, "-6 route show", left6)
}

// Where a route is to go another way, by a reload or when another owner's comes in its place, one of the two stands at every moment:
// the kernel tells of the new one first, and then that the old one went, which it does not even say of an IPv6 route. Where it could not tell
// the two apart the old one goes first, and no other than the new one stands in the end.
func TestRouteIsExchanged(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	r, _ := openRoutes(t, h, journalIn(t))
	four := Route{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")}
	six := Route{Dst: prefix("2001:db8:1::/48"), Via: ip("2001:db8::fe")}
	hops := Route{Dst: prefix("10.0.0.0/8"), NextHops: []NextHop{{Via: ip("192.0.2.253"), Weight: 2}, {Via: ip("192.0.2.252")}}}
	tunnel := four
	tunnel.Encap = &Encap{Kind: EncapIP, ID: 5, Dst: ip("192.0.2.9")}
	mustNot(t, r.Claim("VI_1", []Route{four, six}))

	witness := h.Start("stdbuf", "-oL", "ip", "-o", "monitor", "route")
	n := 0
	mark := func() { // a change of another that the witness sees, after all before it
		t.Helper()
		n++
		dst := fmt.Sprintf("203.0.113.%d", n)
		testnet.Eventually(t, 10*time.Second, func() error {
			h.Run("ip", "route", "add", dst+"/32", "dev", "eth0")
			h.Run("ip", "route", "del", dst+"/32", "dev", "eth0")
			if !strings.Contains(witness.Output(), dst+" ") {
				return errors.New("the witness is blind")
			}
			return nil
		})
	}
	mark()
	for _, c := range []struct {
		what   string
		change func() error
		want   []string // in this order, as the witness says it
	}{
		{"other settings", func() error {
			return r.Claim("VI_1", []Route{option(t, four, "mtu", "1400"), option(t, six, "mtu", "1400")})
		}, []string{"Deleted 10.0.0.0/8 via 192.0.2.254", "10.0.0.0/8 via 192.0.2.254 mtu 1400"}},
		{"back", func() error { return r.Claim("VI_1", []Route{four, six}) }, []string{"Deleted 10.0.0.0/8 via 192.0.2.254 mtu 1400", "10.0.0.0/8 via 192.0.2.254"}},
		{"another's", func() error { return r.Claim("VI_2", []Route{hops}) }, []string{"10.0.0.0/8 nexthop via 192.0.2.253", "Deleted 10.0.0.0/8 via 192.0.2.254"}},
		{"released", func() error { return r.Release("VI_2") }, []string{"10.0.0.0/8 via 192.0.2.254", "Deleted 10.0.0.0/8 nexthop via 192.0.2.253"}},
		{"a tunnel", func() error { return r.Claim("VI_1", []Route{tunnel, six}) }, []string{"Deleted 10.0.0.0/8 via 192.0.2.254", "10.0.0.0/8 encap ip id 5"}},
		{"none", func() error { return r.Claim("VI_1", []Route{four, six}) }, []string{"Deleted 10.0.0.0/8 encap ip id 5", "10.0.0.0/8 via 192.0.2.254"}},
		{"untracked, of which the kernel knows nothing", func() error {
			untracked := four
			untracked.NoTrack = true
			return r.Claim("VI_1", []Route{untracked, six})
		}, nil},
	} {
		from := len(witness.Output())
		mustNot(t, c.change())
		mark()
		var said []string
		for line := range strings.Lines(witness.Output()[from:]) {
			if strings.Contains(line, "10.0.0.0/8") || strings.Contains(line, "Deleted 2001:db8:1::/48") {
				said = append(said, line)
			}
		}
		ok := len(said) == len(c.want)
		for i := range c.want {
			ok = ok && has(said[i], strings.Fields(c.want[i])) && strings.HasPrefix(said[i], strings.Fields(c.want[i])[0])
		}
		if got := len(linesOf(h, "10.0.0.0/8")); got != 1 {
			t.Errorf("%s: %d routes stand", c.what, got)
		}
		if !ok {
			t.Errorf("%s: the witness says %q, want %q", c.what, said, c.want)
		}
	}
	shows(t, h, true, "-6 route show", "2001:db8:1::/48 via 2001:db8::fe dev eth0 proto keepalived")
	shows(t, h, false, "-6 route show", "2001:db8:1::/48 mtu 1400")
	same(t, "routes", linesOf(h, "10.0.0.0/8"), []string{"10.0.0.0/8 via 192.0.2.254 dev eth0 proto keepalived"})
	mustNot(t, r.Release("VI_1"))
	same(t, "routes after the release", linesOf(h, "10.0.0.0/8"), nil)
}

// An exchange touches nobody else's route, not even one that goes the way which ours goes or went.
func TestRouteIsExchangedBesideAnothers(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	for i, via := range []string{"192.0.2.253", "192.0.2.254"} {
		h.Run("ip", "route", "append", "10.0.0.0/8", "via", via, "proto", fmt.Sprint(200+i))
	}
	others := linesOf(h, "10.0.0.0/8")
	r, _ := openRoutes(t, h, journalIn(t))
	for i, via := range []string{"192.0.2.254", "192.0.2.253", "192.0.2.254"} {
		mustNot(t, r.Claim("VI_1", []Route{{Dst: prefix("10.0.0.0/8"), Via: ip(via)}}))
		same(t, fmt.Sprint("claimed ", i), linesOf(h, "10.0.0.0/8"), append([]string{"10.0.0.0/8 via " + via + " dev eth0 proto keepalived"}, others...))
	}
	mustNot(t, r.Release("VI_1"))
	same(t, "released", linesOf(h, "10.0.0.0/8"), others)
}

// A rule that two owners want stands until neither does.
func TestRuleOfTwoOwners(t *testing.T) {
	h := host(t)
	r, _ := openRules(t, h, journalIn(t))
	rule := []Rule{{From: prefix("10.0.0.0/8"), Table: 200, Preference: 100}}
	mustNot(t, r.Claim("left", rule))
	mustNot(t, r.Claim("right", rule))
	mustNot(t, r.Release("left"))
	shows(t, h, true, "rule show", "100: from 10.0.0.0/8 lookup 200")
	mustNot(t, r.Release("right"))
	shows(t, h, false, "rule show", "100:")
}

// Somebody else's route to the same destination stays wherever ours goes: before it, behind it, or not at all.
func TestRouteBesideAnothers(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	const others = "10.0.0.0/8 via 192.0.2.253 dev eth0"
	for _, c := range []struct {
		place Place
		want  []string // in the order of the kernel
	}{
		{PlaceFirst, []string{"10.0.0.0/8 via 192.0.2.254 dev eth0 proto keepalived", others}},
		{PlaceLast, []string{others, "10.0.0.0/8 via 192.0.2.254 dev eth0 proto keepalived"}},
		{PlaceAlone, []string{others}},
	} {
		path := journalIn(t)
		h.Run("ip", "route", "add", "10.0.0.0/8", "via", "192.0.2.253")
		r, _ := openRoutes(t, h, path)
		ours := Route{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254"), Place: c.place}
		if err := r.Claim("VI_1", []Route{ours}); (err != nil) != (c.place == PlaceAlone) {
			t.Errorf("place %d: %v", c.place, err)
		}
		same(t, "claimed", linesOf(h, "10.0.0.0/8"), c.want)
		// A killed daemon's successor, with the same settings and with others, takes nothing of anybody else.
		for _, next := range []Route{ours, option(t, ours, "mtu", "1400"), ours} {
			mustNot(t, r.Close())
			r, _ = openRoutes(t, h, path)
			err := r.Claim("VI_1", []Route{next})
			mustNot(t, r.RemoveInherited())
			got := linesOf(h, "10.0.0.0/8")
			if (err != nil) != (c.place == PlaceAlone) || len(got) != len(c.want) || !slices.Contains(got, others) {
				t.Errorf("place %d, successor with %s: %v, %q", c.place, next, err, got)
			}
			if wants := next.Metrics.Value[unix.RTAX_MTU] > 0; c.place != PlaceAlone && strings.Contains(strings.Join(got, ""), "mtu 1400") != wants {
				t.Errorf("place %d, successor: %q", c.place, got)
			}
		}
		mustNot(t, r.Release("VI_1"))
		same(t, "released", linesOf(h, "10.0.0.0/8"), []string{others})
		h.Run("ip", "route", "del", "10.0.0.0/8")
	}
}

// linesOf are ip's lines about a destination, in the order in which the kernel uses them.
func linesOf(h *testnet.Host, dst string) (list []string) {
	out := h.Run("ip", "route", "show")
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, dst+" ") {
			list = append(list, strings.TrimSpace(line))
		}
	}
	return list
}

// A route that somebody replaces by his own is gone without a word from the kernel that it went. Ours is put back: beside his
// where that is possible, else when his is gone.
func TestReplacedRoute(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	r, told := openRoutes(t, h, "")
	mustNot(t, r.Claim("VI_1", []Route{
		{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")},
		{Dst: prefix("2001:db8:1::/48"), Via: ip("2001:db8::fe")},
	}))
	h.Run("ip", "route", "replace", "10.0.0.0/8", "via", "192.0.2.253")
	shows(t, h, true, "route show", "10.0.0.0/8 via 192.0.2.254 dev eth0 proto keepalived")
	shows(t, h, true, "route show", "10.0.0.0/8 via 192.0.2.253")
	notes := func(restored, failed int) {
		t.Helper()
		testnet.Eventually(t, 5*time.Second, func() error {
			if a, b := told.count(Restored), told.count(Failed); a != restored || b != failed {
				return fmt.Errorf("told %d restored and %d failed, want %d and %d", a, b, restored, failed)
			}
			return nil
		})
	}
	notes(1, 0)

	h.Run("ip", "-6", "route", "replace", "2001:db8:1::/48", "via", "2001:db8::fd")
	notes(1, 1)
	shows(t, h, true, "-6 route show", "2001:db8:1::/48 via 2001:db8::fd")
	if lacking := r.Lacking("VI_1"); len(lacking) != 1 || !errors.Is(lacking[0], errForeign) {
		t.Errorf("lacking: %v", lacking)
	}
	h.Run("ip", "-6", "route", "del", "2001:db8:1::/48")
	shows(t, h, true, "-6 route show", "2001:db8:1::/48 via 2001:db8::fe dev eth0 proto keepalived")
	notes(2, 1)
	if lacking := r.Lacking("VI_1"); len(lacking) != 0 {
		t.Errorf("lacking: %v", lacking)
	}
}

// What stood before us and goes while we want it makes place for ours.
func TestForeignRouteGoes(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	h.Run("ip", "-6", "route", "add", "2001:db8:1::/48", "via", "2001:db8::fd")
	r, _ := openRoutes(t, h, "")
	if err := r.Claim("VI_1", []Route{{Dst: prefix("2001:db8:1::/48"), Via: ip("2001:db8::fe")}}); !errors.Is(err, errForeign) {
		t.Errorf("claim: %v", err)
	}
	h.Down("wire") // a change that makes us look, and leaves it there
	h.Up("wire")
	shows(t, h, true, "-6 route show", "2001:db8:1::/48 via 2001:db8::fd")
	h.Run("ip", "-6", "route", "del", "2001:db8:1::/48", "via", "2001:db8::fd")
	shows(t, h, true, "-6 route show", "2001:db8:1::/48 via 2001:db8::fe dev eth0 proto keepalived")
	mustNot(t, r.Release("VI_1"))
	shows(t, h, false, "-6 route show", "2001:db8:1::/48")
}

// Another's path of our route, which somebody appended to it, stays when ours goes, however that comes.
func TestAppendedPathStays(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	const dst = "2001:db8:1::/48"
	one := Route{Dst: prefix(dst), Via: ip("2001:db8::fe")}
	two := Route{Dst: prefix(dst), NextHops: []NextHop{{Via: ip("2001:db8::fe")}, {Via: ip("2001:db8::fc")}}}
	for name, end := range map[string]func(r *Routes, ours Route, path string) error{
		"release": func(r *Routes, _ Route, _ string) error { return r.Release("VI_1") },
		"reload": func(r *Routes, _ Route, _ string) error {
			return r.Claim("VI_1", []Route{{Dst: prefix("2001:db8:2::/48"), Via: ip("2001:db8::fe")}})
		},
		"another way": func(r *Routes, _ Route, _ string) error {
			if err := r.Claim("VI_1", []Route{{Dst: prefix(dst), Via: ip("2001:db8::fb")}}); !errors.Is(err, errForeign) {
				t.Errorf("claim of another way: %v", err)
			}
			return nil
		},
		"successor's other way": func(r *Routes, _ Route, path string) error {
			mustNot(t, r.Close())
			r, _ = openRoutes(t, h, path)
			if err := r.Claim("VI_1", []Route{{Dst: prefix(dst), Via: ip("2001:db8::fb")}}); !errors.Is(err, errForeign) {
				t.Errorf("claim of another way: %v", err)
			}
			mustNot(t, r.RemoveInherited())
			return r.Close()
		},
		"kill": func(r *Routes, _ Route, path string) error {
			mustNot(t, r.Close())
			r, _ = openRoutes(t, h, path)
			return r.RemoveInherited()
		},
		"successor": func(r *Routes, ours Route, path string) error {
			mustNot(t, r.Close())
			r, _ = openRoutes(t, h, path)
			mustNot(t, r.Claim("VI_1", []Route{option(t, ours, "mtu", "1400")}))
			shows(t, h, true, "-6 route show "+dst, "via 2001:db8::fd")
			shows(t, h, true, "-6 route show "+dst, "via 2001:db8::fe")
			return r.Release("VI_1")
		},
	} {
		for _, ours := range []Route{one, two} {
			path := journalIn(t)
			r, _ := openRoutes(t, h, path)
			mustNot(t, r.Claim("VI_1", []Route{ours}))
			h.Run("ip", "-6", "route", "append", dst, "via", "2001:db8::fd")
			if got := h.Run("ip", "-6", "route", "show", dst); strings.Count(got, "nexthop") != 2+len(ours.NextHops)/2 {
				t.Fatalf("%s: %q", name, got)
			}
			mustNot(t, end(r, ours, path))
			if got := strings.TrimSpace(h.Run("ip", "-6", "route", "show", dst)); !strings.HasPrefix(got, dst+" via 2001:db8::fd") || strings.Contains(got, "\n") {
				t.Errorf("%s of %s: left is %q", name, ours, got)
			}
			mustNot(t, r.Close())
			h.Run("ip", "-6", "route", "flush", "proto", "keepalived")
			h.Run("ip", "-6", "route", "flush", dst)
		}
	}
}
