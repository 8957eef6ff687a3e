package test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestAutojoin: the kernel is a member of the group that a virtual address names with autojoin as long as the address stands, with
// either daemon. xvrrp announces no group: nobody asks where one is.
func TestAutojoin(t *testing.T) {
	t.Parallel()
	const group, other = "239.9.9.9", "ff05::909"
	conf := func(priority int) string {
		return strings.Replace(fast("VI_1", priority, unhurried), fastVIP+"/32\n", fastVIP+"/32\n  "+group+"/32 dev eth0 autojoin\n }\n virtual_ipaddress_excluded {\n  "+other+"/128 dev eth0 autojoin\n", 1)
	}
	if !strings.Contains(conf(1), group) {
		t.Fatalf("no %s in\n%s", group, conf(1))
	}
	for name, start := range map[string]func(n *node, conf string) *testnet.Process{
		"keepalived": (*node).keepalived,
		"xvrrp":      (*node).xvrrp,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			wire := l.c.Capture("eth0")
			member := func(n *node, want bool) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					groups := n.Run("ip", "maddr", "show", "dev", "eth0")
					for _, g := range []string{group, other} {
						if strings.Contains(groups, g+"\n") != want {
							return fmt.Errorf("member of %s should be %v:\n%s", g, want, groups)
						}
					}
					return nil
				})
			}
			first := start(l.a, conf(100))
			l.owned(fastVIP, "a", patience)
			member(l.a, true)
			better := start(l.b, conf(200))
			l.owned(fastVIP, "b", patience)
			member(l.b, true)
			member(l.a, false)
			for _, p := range []*testnet.Process{better, first} {
				if err := p.Stop(patience); err != nil {
					t.Errorf("%v\n%s", err, p.Output())
				}
			}
			member(l.a, false)
			member(l.b, false)
			announced := map[string]int{}
			for _, f := range wire.Matching(announcement) {
				if f.Data[12] == 8 {
					announced[netip.AddrFrom4([4]byte(f.Data[28:32])).String()]++
				}
			}
			if announced[fastVIP] == 0 || name == "xvrrp" && announced[group] > 0 {
				t.Errorf("announced %v", announced)
			}
		})
	}
}
