package test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/xvrrp/xvrrp/internal/lab"
	"github.com/xvrrp/xvrrp/internal/testnet"
)

// TestIPv6UsableAtOnce: on a host that does duplicate address detection, a virtual address is never tentative at a takeover, not even with
// slow detection, nor is one on a virtual MAC, and it answers to a neighbour that asks. An address that somebody else adds beside is.
func TestIPv6UsableAtOnce(t *testing.T) {
	t.Parallel()
	for name, conf := range map[string]string{
		"on the interface": conf6(200, "0.1"),
		"on a virtual MAC": strings.Replace(conf6(200, "0.1"), "state BACKUP", "use_vmac", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &lan{t: t, Net: testnet.New(t, lab.DAD())}
			l.sw = l.Switch("lan")
			a := l.node("a", peersNetwork, 1)
			l.c, l.nodes = l.node("c", peersNetwork, 9), []*node{a}
			l.c.AddAddress("eth0", "2001:db8::9/64")
			for _, of := range []string{"eth0", "default"} {
				a.Sysctl("net/ipv6/conf/"+of+"/dad_transmits", "3")
			}
			witness := a.Start("stdbuf", "-oL", "ip", "-o", "-6", "monitor", "address")
			testnet.Eventually(t, patience, func() error {
				a.Run("ip", "address", "add", "2001:db8:9::1/64", "dev", "eth0")
				a.Run("ip", "address", "del", "2001:db8:9::1/64", "dev", "eth0")
				if !strings.Contains(witness.Output(), "tentative") {
					return fmt.Errorf("the witness has seen no tentative address")
				}
				return nil
			})
			p := a.xvrrp(conf)
			l.owned(vip6, "a", patience)
			ping := l.c.Ping(vip6, 5e6)
			testnet.Eventually(t, patience, func() error {
				for _, e := range ping.Echoes() {
					if !e.Answered.IsZero() {
						return nil
					}
				}
				return fmt.Errorf("%s does not answer", vip6)
			})
			for _, vip := range []string{vip6, "fe80::100"} {
				says(t, witness, net.ParseIP(vip).String()+"/64", patience)
				for line := range strings.Lines(witness.Output()) {
					if strings.Contains(line, " "+vip+"/") && strings.Contains(line, "tentative") {
						t.Errorf("tentative: %s", line)
					}
				}
			}
			if err := p.Stop(patience); err != nil {
				t.Error(err)
			}
		})
	}
}
