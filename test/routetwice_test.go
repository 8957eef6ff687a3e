package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/testnet"
)

// routeTwice has two instances with a route of one destination and metric, and a rule that both have.
const routeTwice = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.1
    virtual_ipaddress { 10.9.0.100/24 }
    virtual_routes {
        10.60.0.0/16 via 10.9.0.7 dev eth0
    }
    virtual_rules {
        from 10.60.0.1 table 61 preference 1000
    }
}
vrrp_instance VI_2 {
    interface eth1
    virtual_router_id 52
    version 3
    priority 200
    advert_int 0.1
    virtual_ipaddress { 10.8.0.100/24 }
    virtual_routes {
        10.60.0.0/16 via 10.9.0.8 dev eth0
    }
    virtual_rules {
        from 10.60.0.1 table 61 preference 1000
    }
}
`

// TestRouteOfTwoInstances: the kernel goes by the route of the instance that became master last, under both daemons, and when
// that gives it up by the other's. The rule stays as long as one of the two is master, in xvrrp. The check and the start name both lines.
func TestRouteOfTwoInstances(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(n *node) *testnet.Process{
		"keepalived": func(n *node) *testnet.Process { return n.keepalived(routeTwice) },
		"xvrrp":      func(n *node) *testnet.Process { return n.xvrrp(routeTwice) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, peersNetwork)
			n := l.a
			n.second(l.Switch("lan1"), "10.8.0.1/24")
			gateway := func(want string) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					out, err := n.Host.Host.Run("ip", "route", "get", "10.60.0.5")
					if err != nil || !strings.Contains(out, "via "+want+" ") {
						return fmt.Errorf("the route is not by %s: %v, %s", want, err, out)
					}
					return nil
				})
			}
			rule := func(want int) {
				t.Helper()
				testnet.Eventually(t, patience, func() error {
					if got := strings.Count(n.Run("ip", "rule", "show"), "from 10.60.0.1"); got != want {
						return fmt.Errorf("the rule stands %d times, want %d", got, want)
					}
					return nil
				})
			}
			n.Down("eth1")
			p := start(n)
			gateway("10.9.0.7")
			for range 2 {
				n.Up("eth1")
				gateway("10.9.0.8")
				rule(1)
				n.Down("eth1")
				gateway("10.9.0.7")
				rule(1)
			}
			n.Up("eth1")
			gateway("10.9.0.8")
			n.Down("eth0") // with which VI_1 goes, and VI_2 stays
			if name == "keepalived" {
				rule(0) // it went with the instance that had added it
				return
			}
			says(t, p, "(VI_1) Entering FAULT STATE", patience)
			n.Up("eth0")
			gateway("10.9.0.7") // VI_1 became master last
			rule(1)
			file := n.dir + "/keepalived.conf"
			for _, want := range []string{
				"the kernel cannot keep this route to 10.60.0.0/16 apart from that of " + file + ":9:",
				"the same rule stands at " + file + ":12:",
			} {
				if !strings.Contains(p.Output(), want) || !strings.Contains(p.Output(), file+":23:") || !strings.Contains(p.Output(), file+":26:") {
					t.Errorf("the start does not say %q:\n%s", want, p.Output())
				}
			}
			if err := p.Stop(patience); err != nil {
				t.Error(err)
			}
			if out := n.Run("ip", "route", "show") + n.Run("ip", "rule", "show"); strings.Contains(out, "10.60.0.") {
				t.Errorf("left after the stop:\n%s", out)
			}
		})
	}
}
