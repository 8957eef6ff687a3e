package test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// Two that took over while nothing crossed, and whose adverts never will (each has another peer): under hold the one with the
// lower MAC hears the other's answers and stands back, and goes on waiting as long as it is answered.
func TestGuardRace(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	unicast := func(n *node) string {
		return strings.Replace(conf(3, "BACKUP", 150, "4"), "    virtual_ipaddress {", fmt.Sprintf(
			"    garp_master_refresh 1\n    unicast_src_ip %s\n    unicast_peer {\n        10.9.0.77\n    }\n    virtual_ipaddress {", n.ip), 1)
	}
	for _, n := range l.nodes {
		l.sw.Drop(n.port, nil, lab.Everything)
		n.serving(withOwn(unicast(n), "split_brain_guard hold\nguard_hold_limit 1h"))
	}
	l.owned(peersVIP, "a b", patience)
	l.sw.Forward()
	stays, leaves := l.a, l.b
	if bytes.Compare(l.b.Link("eth0").Attrs().HardwareAddr, l.a.Link("eth0").Attrs().HardwareAddr) > 0 {
		stays, leaves = l.b, l.a
	}
	l.owned(peersVIP, stays.Name, patience)
	testnet.Eventually(t, patience, func() error {
		if s := leaves.instance(); s.State != "BACKUP" || s.Reason != "answered" || s.Held == nil {
			return fmt.Errorf("%s is %+v, want BACKUP because it was answered, and held", leaves.Name, s)
		}
		return nil
	})
	l.answers(peersVIP, stays, patience)
}
