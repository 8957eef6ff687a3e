package test

import (
	"fmt"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
)

const vip6 = "2001:db8::100"

// conf6 is one node of an IPv6 pair: a link-local address first, as the
// protocol wants it (RFC 9568 section 5.2.9).
func conf6(priority int, interval string) string {
	return fmt.Sprintf(`vrrp_instance VI_6 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority %d
    advert_int %s
    virtual_ipaddress {
        fe80::100/64
        %s/64
    }
}
`, priority, interval, vip6)
}

// IPv6 in both roles beside keepalived, and behind a firewall with itself.
func TestIPv6(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b func(*node, string)
		wall bool
	}{
		{"xvrrp pair behind a firewall", (*node).startXVRRP, (*node).startXVRRP, true},
		{"xvrrp before keepalived", (*node).startXVRRP, (*node).startKeepalived, false},
		{"keepalived before xvrrp", (*node).startKeepalived, (*node).startXVRRP, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t, "10.9.0.%d/24")
			for _, n := range l.nodes {
				if c.wall {
					n.Firewall(lab.EstablishedOnly)
				}
			}
			c.b(l.b, conf6(100, "0.2"))
			l.owned(vip6, "b", patience)
			c.a(l.a, conf6(200, "0.2"))
			l.owned(vip6, "a", patience)
			l.stays(vip6, "a", 2*time.Second)
			if err := l.a.last.Stop(patience); err != nil {
				t.Error(err)
			}
			l.owned(vip6, "b", patience)
		})
	}
}

func (n *node) startXVRRP(conf string)      { n.last = n.xvrrp(conf) }
func (n *node) startKeepalived(conf string) { n.last = n.keepalived(conf) }
