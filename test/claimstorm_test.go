package test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestInstancesClaimAtOnce: 250 instances of four addresses take over at one moment, when their master dies. Every address is there
// then; a stop takes every one away.
func TestInstancesClaimAtOnce(t *testing.T) {
	t.Parallel()
	const instances, each = 250, 4
	var vips []netip.Addr
	file := func(priority int) string {
		var b strings.Builder
		vips = vips[:0]
		for i := 1; i <= instances; i++ {
			fmt.Fprintf(&b, "vrrp_instance VI_%d {\n interface eth0\n virtual_router_id %d\n version 3\n priority %d\n advert_int 1\n virtual_ipaddress {\n", i, i, priority)
			for a := range each {
				vip := netip.AddrFrom4([4]byte{10, 20, byte(a), byte(i)})
				vips = append(vips, vip)
				fmt.Fprintf(&b, "  %s/32\n", vip)
			}
			b.WriteString(" }\n}\n")
		}
		return b.String()
	}
	l := newLAN(t, peersNetwork)
	holds := func(n *node, want int) {
		t.Helper()
		testnet.Eventually(t, patience, func() error {
			list := n.Run("ip", "-4", "-o", "address", "show", "dev", "eth0")
			has := 0
			for _, vip := range vips {
				if strings.Contains(list, "inet "+vip.String()+"/32") {
					has++
				}
			}
			if has != want {
				return fmt.Errorf("%s has %d addresses, want %d", n.Name, has, want)
			}
			return nil
		})
	}
	a := l.a.xvrrp(file(200))
	holds(l.a, instances*each)
	b := l.b.xvrrp(file(100))
	holds(l.b, 0)
	a.Kill()
	holds(l.b, instances*each)
	if err := b.Stop(patience); err != nil {
		t.Error(err)
	}
	holds(l.b, 0)
}
