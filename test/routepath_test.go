package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestPathsOfOthers: somebody else's IPv6 route to the same destination, there before ours or appended to it, stands before, during
// and after our turn as master, with either daemon. keepalived joins its own to one that was there before; xvrrp says that it does not.
func TestPathsOfOthers(t *testing.T) {
	t.Parallel()
	const dst, ours, others = "2001:db8:1::/48", "via 2001:db8::fe ", "via 2001:db8::fd "
	conf := fast("VI_1", 200, unhurried, "virtual_routes {\n "+dst+" via 2001:db8::fe dev eth0\n }")
	for name, start := range map[string]func(n *node, conf string) *testnet.Process{
		"keepalived": (*node).keepalived,
		"xvrrp":      (*node).xvrrp,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			l.a.AddAddress("eth0", "2001:db8::1/64")
			stand := func(want ...string) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					out := l.a.Run("ip", "-6", "route", "show", dst)
					for _, path := range []string{ours, others} {
						if got := strings.Contains(out, path); got != strings.Contains(strings.Join(want, ""), path) {
							return fmt.Errorf("want %q, got\n%s", want, out)
						}
					}
					return nil
				})
			}
			stop := func(p *testnet.Process) {
				t.Helper()
				if err := p.Stop(patience); err != nil {
					t.Errorf("%v\n%s", err, p.Output())
				}
			}
			p := start(l.a, conf)
			stand(ours)
			l.a.Run("ip", "-6", "route", "append", dst, "via", "2001:db8::fd")
			stand(ours, others)
			stop(p)
			stand(others)

			p = start(l.a, conf)
			l.owned(fastVIP, "a", patience)
			if name == "keepalived" {
				stand(ours, others)
			} else {
				says(t, p, "another stands in its place", patience)
				stand(others)
			}
			stop(p)
			stand(others)
		})
	}
}
