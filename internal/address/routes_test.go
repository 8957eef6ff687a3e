package address

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

func openRoutes(t *testing.T, h *testnet.Host, journal string) (*Routes, *notes) {
	t.Helper()
	var r *Routes
	told := &notes{}
	h.Do(func() {
		var err error
		if r, err = OpenRoutes(Config{Journal: journal, Notify: told.add}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { mustNot(t, r.Close()) })
	return r, told
}

func openRules(t *testing.T, h *testnet.Host, journal string) (*Rules, *notes) {
	t.Helper()
	var r *Rules
	told := &notes{}
	h.Do(func() {
		var err error
		if r, err = OpenRules(Config{Journal: journal, Notify: told.add}); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { mustNot(t, r.Close()) })
	return r, told
}

func mustNot(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shows waits until ip prints a line with all these words, or with none of them when there is to be none.
func shows(t *testing.T, h *testnet.Host, want bool, command, words string) {
	t.Helper()
	testnet.Eventually(t, 10*time.Second, func() error {
		out, err := h.Host.Run("ip", strings.Fields(command)...)
		if err != nil && want {
			return err // ip fails on a table that is empty
		}
		if got := has(out, strings.Fields(words)); got != want {
			return fmt.Errorf("ip %s: %q found: %v, want %v, in:\n%s", command, words, got, want, out)
		}
		return nil
	})
}

// has looks for a line in which the words stand in this order.
func has(text string, words []string) bool {
	for line := range strings.Lines(text) {
		rest, all := " "+strings.Join(strings.Fields(line), " ")+" ", true
		for _, w := range words {
			_, after, found := strings.Cut(rest, " "+w+" ")
			rest, all = " "+after, all && found
		}
		if all {
			return true
		}
	}
	return false
}

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }
func ip(text string) netip.Addr       { return netip.MustParseAddr(text) }

func option(t *testing.T, r Route, words ...string) Route {
	t.Helper()
	mustNot(t, r.Option(words[0], words[1:]))
	return r
}

func TestRoutesAsIPSeesThem(t *testing.T) {
	h := host(t, "192.0.2.1/24", "2001:db8::1/64")
	r, _ := openRoutes(t, h, journalIn(t))
	link := uint8(unix.RT_SCOPE_LINK)
	for _, tc := range []struct {
		route         Route
		command, want string
	}{
		{Route{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")}, "route show", "10.0.0.0/8 via 192.0.2.254 dev eth0 proto keepalived"},
		{Route{Dst: prefix("0.0.0.0/0"), Via: ip("192.0.2.254"), Interface: "eth0", Metric: 7}, "route show", "default via 192.0.2.254 metric 7"},
		{Route{Dst: prefix("10.1.2.3/16"), Interface: "eth0", Source: ip("192.0.2.1")}, "route show", "10.1.0.0/16 dev eth0 scope link src 192.0.2.1"},
		{Route{Dst: prefix("10.2.0.0/16"), Type: unix.RTN_BLACKHOLE, Table: 1000}, "route show table 1000", "blackhole 10.2.0.0/16 proto keepalived"},
		{Route{Dst: prefix("10.3.0.0/16"), Via: ip("198.51.100.1"), Interface: "eth0", OnLink: true}, "route show", "10.3.0.0/16 via 198.51.100.1 dev eth0 onlink"},
		{Route{Dst: prefix("10.4.0.0/16"), Via: ip("fe80::1"), Interface: "eth0"}, "route show", "10.4.0.0/16 via inet6 fe80::1 dev eth0"},
		{Route{Dst: prefix("10.5.0.0/16"), Interface: "eth0", Scope: &link, TOS: 8}, "route show", "10.5.0.0/16 tos 0x08 dev eth0"},
		{option(t, option(t, Route{Dst: prefix("10.6.0.0/16"), Interface: "eth0"}, "mtu", "lock", "1400"), "advmss", "1300"), "route show", "10.6.0.0/16 mtu lock 1400 advmss 1300"},
		{option(t, Route{Dst: prefix("10.7.0.0/16"), Interface: "eth0"}, "rto_min", "200ms"), "route show", "10.7.0.0/16 rto_min lock 200ms"},
		{Route{Dst: prefix("2001:db8:1::/48"), Via: ip("2001:db8::fe")}, "-6 route show", "2001:db8:1::/48 via 2001:db8::fe dev eth0 proto keepalived metric 1024"},
		{Route{Dst: prefix("::/0"), Via: ip("fe80::1"), Interface: "eth0", Metric: 5}, "-6 route show", "default via fe80::1 dev eth0 proto keepalived metric 5"},
		{Route{Dst: prefix("2001:db8:2::/48"), From: prefix("2001:db8:3::/48"), Interface: "eth0"}, "-6 route show", "2001:db8:2::/48 from 2001:db8:3::/48 dev eth0"},
		{Route{Dst: prefix("10.8.0.0/16"), NoTrack: true, Protocol: unix.RTPROT_STATIC, Interface: "eth0"}, "route show", "10.8.0.0/16 proto static"},
	} {
		t.Run(tc.route.String(), func(t *testing.T) {
			if strings.Contains(tc.want, "rto_min lock") {
				tc.route.Metrics.Lock = 1 << unix.RTAX_RTO_MIN
			}
			mustNot(t, r.Claim("VI_1", []Route{tc.route}))
			shows(t, h, true, tc.command, tc.want)
			if !tc.route.NoTrack {
				r.mu.Lock()
				there, err := r.list()
				r.mu.Unlock()
				mustNot(t, err)
				if there[tc.route.id()] == 0 {
					t.Errorf("%s is not among %v", tc.route.id(), there)
				}
			}
			mustNot(t, r.Release("VI_1"))
			shows(t, h, false, tc.command, tc.want)
		})
	}
	multi := Route{Dst: prefix("10.9.0.0/16"), NextHops: []NextHop{{Via: ip("192.0.2.253"), Weight: 2}, {Via: ip("192.0.2.254"), Interface: "eth0"}}}
	mustNot(t, r.Claim("VI_1", []Route{multi}))
	shows(t, h, true, "route show", "nexthop via 192.0.2.253 dev eth0 weight 2")
	shows(t, h, true, "route show", "nexthop via 192.0.2.254 dev eth0 weight 1")
}

func TestRulesAsIPSeesThem(t *testing.T) {
	h := host(t)
	r, _ := openRules(t, h, journalIn(t))
	zero := uint32(0)
	for _, tc := range []struct {
		rule Rule
		want string
	}{
		{Rule{From: prefix("10.0.0.0/8"), Table: 200, Preference: 100}, "100: from 10.0.0.0/8 lookup 200 proto keepalived"},
		{Rule{To: prefix("10.0.0.0/8"), Table: 1000, Preference: 101, IIF: "eth0", Not: true}, "101: not from all to 10.0.0.0/8 iif eth0 lookup 1000"},
		{Rule{HasMark: true, Mark: 1, Mask: 0xff, Table: 200, Preference: 102}, "102: from all fwmark 0x1/0xff lookup 200"},
		{Rule{From: prefix("2001:db8::/32"), Table: 200, Preference: 103, IPv6: true}, "103: from 2001:db8::/32 lookup 200"},
		{Rule{From: prefix("10.0.0.0/8"), Action: 6, Preference: 104}, "104: from 10.0.0.0/8 blackhole"},
		{Rule{IPProto: unix.IPPROTO_TCP, DPort: [2]uint16{80, 90}, Table: 200, Preference: 105}, "105: from all ipproto tcp dport 80-90 lookup 200"},
		{Rule{SuppressLen: &zero, Table: unix.RT_TABLE_MAIN, Preference: 106}, "106: from all lookup main suppress_prefixlength 0"},
		{Rule{Action: actGoto, Goto: 32766, Preference: 107}, "107: from all goto 32766"},
		{Rule{UIDs: &[2]uint32{0, 5}, Table: 200, Preference: 108, OIF: "eth0"}, "108: from all oif eth0 uidrange 0-5 lookup 200"},
	} {
		t.Run(tc.want, func(t *testing.T) {
			command := "rule show"
			if tc.rule.IPv6 {
				command = "-6 rule show"
			}
			mustNot(t, r.Claim("VI_1", []Rule{tc.rule}))
			shows(t, h, true, command, tc.want)
			r.mu.Lock()
			there, err := r.list()
			r.mu.Unlock()
			mustNot(t, err)
			if there[tc.rule.id()] == 0 {
				t.Errorf("%s is not among %v", tc.rule.id(), there)
			}
			mustNot(t, r.Release("VI_1"))
			shows(t, h, false, command, tc.want)
		})
	}
}

func TestRoutesAndRulesArePutBack(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	routes, told := openRoutes(t, h, "")
	rules, toldRules := openRules(t, h, "")
	a, _ := open(t, h, "")
	claim(t, a, "VI_1", vip("198.51.100.10/24"))
	mustNot(t, routes.Claim("VI_1", []Route{
		{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")},
		{Dst: prefix("10.1.0.0/16"), Via: ip("198.51.100.1"), Source: ip("198.51.100.10")},
	}))
	mustNot(t, rules.Claim("VI_1", []Rule{{From: prefix("10.0.0.0/8"), Table: 200, Preference: 100}}))

	h.Run("ip", "route", "del", "10.0.0.0/8")
	shows(t, h, true, "route show", "10.0.0.0/8 via 192.0.2.254")
	h.Run("ip", "rule", "del", "pref", "100")
	shows(t, h, true, "rule show", "100: from 10.0.0.0/8 lookup 200")
	testnet.Eventually(t, 5*time.Second, func() error {
		if told.count(Restored) != 1 || toldRules.count(Restored) != 1 {
			return errors.New("not told")
		}
		return nil
	})

	// The kernel drops routes with their address, or with their link, and says nothing.
	h.DeleteAddress("eth0", "198.51.100.10/24")
	shows(t, h, true, "route show", "10.1.0.0/16 via 198.51.100.1 src 198.51.100.10")
	h.Down("eth0")
	h.Up("eth0")
	shows(t, h, true, "route show", "10.1.0.0/16 via 198.51.100.1")
	shows(t, h, true, "route show", "10.0.0.0/8 via 192.0.2.254")

	mustNot(t, routes.Release("VI_1"))
	mustNot(t, rules.Release("VI_1"))
	shows(t, h, false, "route show", "10.0.0.0/8")
	shows(t, h, false, "rule show", "lookup 200")
}

func TestForeignRouteAndRuleAreLeftAlone(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	h.Run("ip", "route", "add", "10.0.0.0/8", "via", "192.0.2.253")
	h.Run("ip", "rule", "add", "from", "10.0.0.0/8", "table", "200", "pref", "100")
	routes, _ := openRoutes(t, h, journalIn(t))
	rules, _ := openRules(t, h, journalIn(t))
	mustNot(t, routes.Claim("VI_1", []Route{{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")}}))
	// A rule of another protocol is another rule; both stand, and ours alone goes.
	mustNot(t, rules.Claim("VI_1", []Rule{{From: prefix("10.0.0.0/8"), Table: 200, Preference: 100}}))
	mustNot(t, routes.Release("VI_1"))
	mustNot(t, rules.Release("VI_1"))
	shows(t, h, true, "route show", "10.0.0.0/8 via 192.0.2.253")
	shows(t, h, true, "rule show", "100: from 10.0.0.0/8 lookup 200")
}

func TestKilledPredecessorsRoutesAndRules(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	dir := t.TempDir()
	routePath, rulePath := filepath.Join(dir, "routes"), filepath.Join(dir, "rules")
	stay, leave := Route{Dst: prefix("10.0.0.0/8"), Via: ip("192.0.2.254")}, Route{Dst: prefix("10.1.0.0/16"), Table: 200, Interface: "eth0"}
	stay6 := Route{Dst: prefix("2001:db8:1::/48"), Interface: "eth0"}
	ruleStay, ruleLeave := Rule{IIF: "eth0", Table: 200, Preference: 100}, Rule{From: prefix("2001:db8::/32"), IPv6: true, Table: 200, Preference: 101}

	routes, _ := openRoutes(t, h, routePath)
	rules, _ := openRules(t, h, rulePath)
	mustNot(t, routes.Claim("VI_1", []Route{stay, stay6, leave}))
	mustNot(t, rules.Claim("VI_1", []Rule{ruleStay, ruleLeave}))
	mustNot(t, routes.Close())
	mustNot(t, rules.Close())

	routes, _ = openRoutes(t, h, routePath)
	rules, _ = openRules(t, h, rulePath)
	stay = option(t, stay, "mtu", "1400") // the configuration changed meanwhile
	stay6 = option(t, stay6, "mtu", "1400")
	mustNot(t, routes.Claim("VI_1", []Route{stay, stay6}))
	mustNot(t, rules.Claim("VI_1", []Rule{ruleStay}))
	mustNot(t, routes.RemoveInherited())
	mustNot(t, rules.RemoveInherited())
	shows(t, h, true, "route show", "10.0.0.0/8 via 192.0.2.254 mtu 1400")
	shows(t, h, true, "-6 route show", "2001:db8:1::/48 dev eth0 mtu 1400")
	shows(t, h, true, "rule show", "100: from all iif eth0 lookup 200")
	shows(t, h, false, "route show table 200", "10.1.0.0/16")
	shows(t, h, false, "-6 rule show", "101:")
	mustNot(t, routes.Release("VI_1"))
	mustNot(t, rules.Release("VI_1"))
	shows(t, h, false, "route show", "10.0.0.0/8")
	shows(t, h, false, "rule show", "100:")
}

// A failure that was told is over with a word, however often it was before.
func TestLossAndReturnAreToldEachTime(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	r, told := openRoutes(t, h, "")
	mustNot(t, r.Claim("VI_1", []Route{{Dst: prefix("10.0.0.0/8"), Interface: "eth0"}}))
	for i := 1; i <= 3; i++ {
		h.Down("eth0")
		testnet.Eventually(t, 5*time.Second, func() error {
			if told.count(Failed) != i || len(r.Lacking("VI_1")) != 1 {
				return fmt.Errorf("round %d: failed told %d times, lacking %v", i, told.count(Failed), r.Lacking("VI_1"))
			}
			return nil
		})
		h.Up("eth0")
		testnet.Eventually(t, 5*time.Second, func() error {
			if told.count(Restored) != i || len(r.Lacking("VI_1")) != 0 {
				return fmt.Errorf("round %d: restored told %d times, lacking %v", i, told.count(Restored), r.Lacking("VI_1"))
			}
			return nil
		})
	}
}

func TestRouteErrors(t *testing.T) {
	h := host(t, "192.0.2.1/24")
	r, told := openRoutes(t, h, "")
	late := Route{Dst: prefix("10.0.0.0/8"), Interface: "eth1"}
	err := r.Claim("VI_1", []Route{late, {Dst: prefix("10.1.0.0/16"), Via: ip("203.0.113.1")}})
	for _, want := range []string{"route 10.0.0.0/8 dev eth1 table 254: interface eth1: no such device", "route 10.1.0.0/16 via 203.0.113.1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	h.Veth("eth1", "wire1")
	shows(t, h, true, "route show", "10.0.0.0/8 dev eth1")
	testnet.Eventually(t, 5*time.Second, func() error {
		if told.count(Placed) != 1 {
			return errors.New("not told")
		}
		return nil
	})
}

func TestWords(t *testing.T) {
	for word, want := range map[string]uint32{"": 0, "main": 254, "local": 255, "1234": 1234, "0x10": 16} {
		if got, err := Table(word); err != nil || got != want {
			t.Errorf("table %q: %d, %v", word, got, err)
		}
	}
	if _, err := Table("no-such-table"); err == nil {
		t.Error("an unknown table was accepted")
	}
	if _, err := Scope("256"); err == nil {
		t.Error("scope 256 was accepted")
	}
	for _, bad := range [][]string{{"pref", "x"}, {"mtu", "x"}, {"realms", "a/b"}, {"encap", "mpls"}, {"features", "x"}, {"rtt", "-1s"}} {
		var r Route
		if err := r.Option(bad[0], bad[1:]); err == nil {
			t.Errorf("route option %q was accepted", bad)
		}
	}
	for _, bad := range [][]string{{"sport", "9-1"}, {"uidrange", "x"}, {"ipproto", "x"}, {"what", ""}, {"tos", "256"}} {
		var r Rule
		if err := r.Option(bad[0], bad[1:]); err == nil {
			t.Errorf("rule option %q was accepted", bad)
		}
	}
}
