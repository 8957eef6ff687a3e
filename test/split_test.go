package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// A network that carries ARP and no adverts makes two masters (field case 4).
// Both say so at once, and it is over when the network heals.
func TestTwoMastersAreSeen(t *testing.T) {
	t.Parallel()
	l := newLAN(t, peersNetwork)
	l.sw.Drop(l.a.port, l.b.port, lab.VRRP)
	l.sw.Drop(l.b.port, l.a.port, lab.VRRP)
	quick := strings.Replace(conf(3, "BACKUP", 200, "0.1"), "    virtual_ipaddress {", "    garp_master_delay 1\n    virtual_ipaddress {", 1)
	l.a.serving(quick)
	l.owned(peersVIP, "a", patience)
	l.b.serving(strings.Replace(quick, "priority 200", "priority 100", 1))
	l.owned(peersVIP, "a b", patience)
	const url = "http://127.0.0.1:9112/metrics"
	testnet.Eventually(t, 5*time.Second, func() error {
		if got := sample(l.a.get(url), "xvrrp_split_brain"); got != 1 {
			return fmt.Errorf("xvrrp_split_brain of the first master is %v", got)
		}
		return nil
	})
	if text := l.a.Run(binary, "--runtime-dir", l.a.runtimeDir(), "events"); !strings.Contains(text, "claims "+peersVIP) {
		t.Errorf("no event names who claims the address:\n%s", text)
	}
	l.sw.Forward()
	l.owned(peersVIP, "a", patience)
	testnet.Eventually(t, 15*time.Second, func() error {
		for _, n := range l.nodes {
			if got := sample(n.get(url), "xvrrp_split_brain"); got != 0 {
				return fmt.Errorf("xvrrp_split_brain of %s is still %v", n.Name, got)
			}
		}
		return nil
	})
}
